from . import hooks, runner

__all__ = ['hooks', 'runner']
