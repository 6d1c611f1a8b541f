"""Masked pre-training, the source, the adaptation: 40 + 40 + 30 epochs of 500 steps.

The paper's own schedule (arXiv 2501.08408) is not public. The last two phases are as long
as in arXiv 2404.14885, and the pre-training is as long as the source phase: 1.28 million
images, as many as ImageNet has; MAE itself took 800 or 1600 times as many from scratch.
Other lengths are untested.
"""

_base_ = ['../default_runtime.py']

epoch = 500
phases = [
    dict(
        name='pretrain',
        iters=40 * epoch,
        parts=['reconstruction', 'foreground', 'attention'],
    ),
    dict(name='source', iters=40 * epoch, parts=['supervised', 'foreground']),
    dict(
        name='adapt',
        iters=30 * epoch,
        parts=['supervised', 'mean_teacher', 'reconstruction', 'foreground', 'attention'],
    ),
]
train_cfg = dict(type='PhasedTrainLoop', phases=phases)
val_cfg = dict(type='TeacherStudentValLoop', beside=['student'])
test_cfg = dict()

optim_wrapper = dict(
    type='OptimWrapper',
    # MAE pre-trains with 1.5e-4 per 256 images, which is 3.75e-5 for the 64 of a step, and
    # fine-tunes with 5e-4, which is 6.25e-5 for 32 labelled ones; this is in between.
    optimizer=dict(type='AdamW', lr=5e-5, betas=(0.9, 0.95), weight_decay=0.05),
    # ViTPose's decay; MAE's fine-tuning has 0.65. It is for MAE's weights, which are good
    # already: without them, set it to 1.
    constructor='StudentLayerDecayOptimWrapperConstructor',
    paramwise_cfg=dict(num_layers=12, layer_decay_rate=0.75),
    clip_grad=dict(max_norm=1.0),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=2 * epoch),
    # After the pre-training the pose head is still random.
    dict(
        type='LinearLR',
        start_factor=0.01,
        by_epoch=False,
        begin=40 * epoch,
        end=42 * epoch,
    ),
    # A scheduler without `end` lasts until the end of the run, whatever the phases.
    dict(type='CosineAnnealingLR', by_epoch=False, begin=42 * epoch, eta_min_ratio=0.02),
]
default_hooks = dict(checkpoint=dict(interval=10 * epoch), logger=dict(interval=50))
