"""How far a training has come."""

from collections.abc import Iterable
from typing import Optional

import torch
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.utils import uncompiled

_UNKNOWN = -1


class Progress(nn.Module):
    """Counts the optimizer steps of a phase; a run without phases is one phase.

    Whether a forward pass begins a step is inferred from the weights and gradients: while
    gradients accumulate, there are gradients and no weight was written to. So the count is
    right in every training loop, without being notified.

    Attributes:
        begun (Tensor): Steps that have begun, a scalar, saved with the model; -1 if a
            checkpoint did not contain it.
    """

    def __init__(self):
        super().__init__()
        self.register_buffer('begun', torch.zeros((), dtype=torch.long))
        # at the last forward pass; on the host, and meaningless in a resumed run
        self._writes: Optional[int] = None

    @property
    def steps(self) -> Tensor:
        """Steps of the phase completed before this one, a scalar."""
        return (self.begun - 1).clamp_min(0)

    def begin_phase(self) -> None:
        """Count from 0 again."""
        self.begun.zero_()
        self._writes = None

    def require_known(self) -> None:
        """Refuse to continue a phase whose steps were not counted.

        Raises:
            UserError: The checkpoint of an earlier version was resumed.
        """
        if self.begun == _UNKNOWN:
            raise UserError(
                'The checkpoint is from an earlier version, which did not save how far '
                'the ramps of the losses had come, so its training cannot be resumed: test '
                'or export it, or begin a new training from it with `load_from`.'
            )

    def forward(self, trained: Iterable[nn.Parameter]) -> None:
        """Note a forward pass of training, before anything is computed."""
        uncompiled(self._note)(list(trained))

    def _note(self, trained: list[nn.Parameter]) -> None:
        if self.is_between_steps(trained):
            self.begun += 1
        self._writes = _writes_to(trained)

    def is_between_steps(self, trained: Iterable[nn.Parameter]) -> bool:
        """Whether the optimizer has stepped since the last forward pass, or there was none.

        Args:
            trained (Iterable[nn.Parameter]): The parameters that it trains.
        """
        trained = list(trained)
        accumulates = any(parameter.grad is not None for parameter in trained)
        # autograd misses writes of torch's fused optimizers, but no gradients are left then
        return not accumulates or self._writes != _writes_to(trained)

    def _load_from_state_dict(self, state_dict, prefix, *args, **kwargs) -> None:
        state_dict.setdefault(f'{prefix}begun', torch.tensor(_UNKNOWN))
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)


def _writes_to(parameters: Iterable[nn.Parameter]) -> int:
    """How many writes to the parameters autograd has seen."""
    return sum(parameter._version for parameter in parameters)
