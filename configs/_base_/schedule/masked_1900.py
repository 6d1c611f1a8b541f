"""Masked pre-training, then the source, then the adaptation.

Many small steps: two steps of 16 images teach more than one of 32. 1900 take minutes on
two CPU cores; more are better.
"""

phases = [
    # Both domains teach the backbone what bodies and backgrounds look like.
    dict(name='pretrain', iters=100, parts=['reconstruction', 'foreground', 'attention']),
    # The head learns to read poses off the source.
    dict(name='source', iters=600, parts=['supervised', 'foreground']),
    # The teacher labels the target. BatchNorm keeps the statistics of the source: a batch
    # of one camera's images is much alike, and normalised by itself loses what it has in
    # common (docs/experiments.md).
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
    # bf16 takes less time than fp32, also on a CPU that has instructions for it
    # (docs/performance.md); one that has not trains in fp32.
    type='GuardedOptimWrapper',
    dtype='bfloat16',
    optimizer=dict(type='AdamW', lr=3e-3, betas=(0.9, 0.95), weight_decay=0.05),
    clip_grad=dict(max_norm=1.0),
)
# One without `end` lasts to the end of the run, however many phases there are.
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=120),
    dict(type='CosineAnnealingLR', by_epoch=False, begin=120, eta_min_ratio=0.02),
]
