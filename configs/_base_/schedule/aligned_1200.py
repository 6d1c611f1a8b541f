"""The source, then the adaptation: 1200 steps, minutes on a CPU."""

phases = [
    # The paper's first 40 of 70 epochs: the source, half of it in the target's style.
    dict(name='source', iters=500, parts=['supervised']),
    dict(
        name='adapt',
        iters=700,
        parts=['supervised', 'mean_teacher', 'occlusion', 'adversarial', 'information'],
    ),
]
train_cfg = dict(type='PhasedTrainLoop', phases=phases)
val_cfg = dict(type='TeacherStudentValLoop', beside=['student'])
test_cfg = dict()

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=4e-3, weight_decay=0.01),
    # The discriminator keeps up with a student that learns from scratch.
    paramwise_cfg=dict(custom_keys={'alignments.adversarial': dict(lr_mult=0.5)}),
    clip_grad=dict(max_norm=1.0),
)
# One without `end` lasts to the end of the run, however many phases there are.
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=60),
    dict(type='CosineAnnealingLR', by_epoch=False, begin=60, eta_min_ratio=0.02),
]
