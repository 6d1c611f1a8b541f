"""How far a training is."""

from collections.abc import Iterable
from typing import Optional

import torch
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.utils import uncompiled

_UNKNOWN = -1


class Progress(nn.Module):
    """Counts the optimizer steps of a phase; a run without phases is one phase.

    Whether a forward pass begins a step is seen from the weights and gradients that it
    finds: with gradient accumulation gradients are waiting and no weight was written to.
    So the count is right in every training loop, and nobody has to tell it.

    Attributes:
        begun (Tensor): Steps that have begun, a scalar. It is saved with the model; -1 is
            that of a checkpoint which does not say.
    """

    def __init__(self):
        super().__init__()
        self.register_buffer('begun', torch.zeros((), dtype=torch.long))
        # of the last forward pass; on the host, and worth nothing in a resumed run
        self._writes: Optional[int] = None

    @property
    def steps(self) -> Tensor:
        """Steps of the phase that are done before this one, a scalar."""
        return (self.begun - 1).clamp_min(0)

    def begin_phase(self) -> None:
        """Count from 0 again."""
        self.begun.zero_()
        self._writes = None

    def require_known(self) -> None:
        """Refuse to go on in the middle of a phase that nobody counted the steps of.

        Raises:
            UserError: The checkpoint of an earlier version was resumed.
        """
        if self.begun == _UNKNOWN:
            raise UserError(
                'The checkpoint is of an earlier version, which did not save how far the '
                'ramps of the losses are, so its training cannot be resumed: test or '
                'export it, or begin a new training from it by `load_from`.'
            )

    def forward(self, trained: Iterable[nn.Parameter]) -> None:
        """Note a forward pass of training, before anything is computed."""
        uncompiled(self._note)(list(trained))

    def _note(self, trained: list[nn.Parameter]) -> None:
        if self.is_between_steps(trained):
            self.begun += 1
        self._writes = _writes_to(trained)

    def is_between_steps(self, trained: Iterable[nn.Parameter]) -> bool:
        """Whether the optimizer has stepped since the last forward pass, or there is none.

        Args:
            trained (Iterable[nn.Parameter]): What it trains.
        """
        trained = list(trained)
        accumulates = any(parameter.grad is not None for parameter in trained)
        # the fused optimizers of torch write unseen, but leave no gradients
        return not accumulates or self._writes != _writes_to(trained)

    def _load_from_state_dict(self, state_dict, prefix, *args, **kwargs) -> None:
        state_dict.setdefault(f'{prefix}begun', torch.tensor(_UNKNOWN))
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)


def _writes_to(parameters: Iterable[nn.Parameter]) -> int:
    """How often autograd has seen parameters being written to."""
    return sum(parameter._version for parameter in parameters)
