"""The source, then the adaptation: 2500 steps, minutes on a CPU."""

phases = [
    # The paper's first 40 of 70 epochs: the source, half of it in the target's style.
    dict(name='source', iters=1000, parts=['supervised']),
    dict(
        name='adapt',
        iters=1500,
        parts=['supervised', 'mean_teacher', 'occlusion', 'adversarial', 'information'],
    ),
]
train_cfg = dict(type='PhasedTrainLoop', phases=phases)
val_cfg = dict(type='TeacherStudentValLoop', beside=['student'])
test_cfg = dict()

optim_wrapper = dict(
    # bf16 takes two thirds of fp32's time, also on a CPU with bf16 instructions
    # (docs/performance.md); a CPU without them trains in fp32.
    type='GuardedOptimWrapper',
    dtype='bfloat16',
    optimizer=dict(type='AdamW', lr=4e-3, weight_decay=0.01),
    # The discriminator keeps up with a student that learns from scratch.
    paramwise_cfg=dict(custom_keys={'alignments.adversarial': dict(lr_mult=0.5)}),
    clip_grad=dict(max_norm=1.0),
)
# A scheduler without `end` lasts until the end of the run, whatever the phases.
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=60),
    dict(type='CosineAnnealingLR', by_epoch=False, begin=60, eta_min_ratio=0.02),
]
