from . import (
    guarded_optim_wrapper,
    hooks,
    inverse_time_lr,
    layer_decay,
    runner,
    student_parameters,
)

__all__ = [
    'guarded_optim_wrapper',
    'hooks',
    'inverse_time_lr',
    'layer_decay',
    'runner',
    'student_parameters',
]
