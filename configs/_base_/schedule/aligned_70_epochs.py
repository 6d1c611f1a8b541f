"""The schedule of arXiv 2404.14885: 40 + 30 epochs of 500 steps, Adam with 1e-4, a tenth of
it after 45 and 60 epochs."""

_base_ = ['../default_runtime.py']

epoch = 500
phases = [
    dict(name='source', iters=40 * epoch, parts=['supervised']),
    dict(
        name='adapt',
        iters=30 * epoch,
        parts=['supervised', 'mean_teacher', 'occlusion', 'adversarial', 'information'],
    ),
]
train_cfg = dict(type='PhasedTrainLoop', phases=phases)
val_cfg = dict(type='TeacherStudentValLoop', beside=['student'])
test_cfg = dict()

optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-4))
param_scheduler = [
    dict(type='MultiStepLR', by_epoch=False, milestones=[45 * epoch, 60 * epoch])
]
default_hooks = dict(checkpoint=dict(interval=5 * epoch), logger=dict(interval=50))
