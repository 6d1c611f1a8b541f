"""Which iterations step."""

from mmengine.optim import OptimWrapper


def has_stepped(runner) -> bool:
    """Whether the optimizer stepped in the iteration that has just ended.

    An iteration that only accumulates gradients is no step. Several optimizers
    (``OptimWrapperDict``) are stepped by the model itself, and count as one that steps in
    every iteration.
    """
    wrapper = runner.optim_wrapper
    return not isinstance(wrapper, OptimWrapper) or wrapper.should_update()
