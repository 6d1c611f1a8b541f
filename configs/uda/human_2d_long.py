"""`human_2d.py` for an hour on two CPU cores."""

_base_ = ['human_2d.py', '../_base_/schedule/long.py']

train_cfg = dict(
    phases=[dict(phase, iters=_base_.times * phase['iters']) for phase in _base_.phases]
)
# With the target's statistics, a teacher drifts over so many steps (docs/experiments.md).
model = dict(teacher=_base_.long_teacher, test_statistics='source')
custom_hooks = [*_base_.custom_hooks, dict(type='TargetStatisticsHook', at='end')]
