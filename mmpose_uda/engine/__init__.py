from . import hooks, inverse_time_lr, runner

__all__ = ['hooks', 'inverse_time_lr', 'runner']
