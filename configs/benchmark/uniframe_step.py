"""A training step of UniFrame's size and parts, for timing only, not for training.

ResNet-50, 4 + 4 images of 256 px, mean teacher with occlusion, style in both directions,
each on half of the batches, and nothing else:

    python tools/analysis_tools/benchmark_step.py configs/benchmark/uniframe_step.py \
        --random-vgg

docs/performance.md has the figures, next to those of UniFrame's own code.
"""

_base_ = ['../uda/human_2d_r101.py']

model = dict(
    estimator=dict(backbone=dict(depth=50)),
    alignments=dict(
        _delete_=True,
        mean_teacher=_base_.alignments['mean_teacher'],
        occlusion=_base_.alignments['occlusion'],
    ),
)
phases = [dict(name='adapt', iters=1000, parts=['supervised', 'mean_teacher', 'occlusion'])]
train_cfg = dict(phases=phases)
train_dataloader = dict(batch_size=4)
ablation_parts = ablation_extras = None
half = dict(prob=0.5, alpha=(0.0, 1.0))
custom_hooks = [
    dict(type='EMATeacherHook'),
    dict(
        type='AdaINStyleHook',
        source_to_target=half,
        target_to_source=half,
        per_batch=True,
    ),
]
