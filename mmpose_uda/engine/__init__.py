from . import hooks, inverse_time_lr, layer_decay, runner

__all__ = ['hooks', 'inverse_time_lr', 'layer_decay', 'runner']
