"""Masked pre-training, then the source, then the adaptation.

Many small steps: two steps of 16 images teach more than one of 32. 1900 steps take minutes
on two CPU cores; more are better.
"""

phases = [
    # Both domains teach the backbone what bodies and backgrounds look like.
    dict(name='pretrain', iters=100, parts=['reconstruction', 'foreground', 'attention']),
    # The head learns to read poses off the source.
    dict(name='source', iters=600, parts=['supervised', 'foreground']),
    # The teacher labels the target. BatchNorm keeps the statistics of the source: images
    # of one camera are much alike, and a batch of them that is normalised on its own loses
    # what they have in common (docs/experiments.md).
    dict(
        name='adapt',
        iters=1200,
        norm_eval=True,
        parts=['supervised', 'mean_teacher', 'reconstruction', 'foreground', 'attention'],
    ),
]
train_cfg = dict(type='PhasedTrainLoop', phases=phases)
val_cfg = dict(type='TeacherStudentValLoop', beside=['student'])
test_cfg = dict()

optim_wrapper = dict(
    # bf16 takes less time than fp32, also on a CPU with bf16 instructions
    # (docs/performance.md); a CPU without them trains in fp32.
    type='GuardedOptimWrapper',
    dtype='bfloat16',
    optimizer=dict(type='AdamW', lr=3e-3, betas=(0.9, 0.95), weight_decay=0.05),
    clip_grad=dict(max_norm=1.0),
)
# A scheduler without `end` lasts until the end of the run, whatever the phases.
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=120),
    dict(type='CosineAnnealingLR', by_epoch=False, begin=120, eta_min_ratio=0.02),
]
