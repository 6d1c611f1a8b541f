"""A pull towards the model that an adaptation began with."""

from typing import Iterator

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn

from mmpose_uda.models.alignments.base import Alignment
from mmpose_uda.models.alignments.taken_once import TakenOnce
from mmpose_uda.models.observation import Observations


class StartingWeights(TakenOnce):
    """The weights of a network at one moment.

    Args:
        network (nn.Module): Any network of the architecture.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        for name, weight in network.named_parameters():
            self.register_buffer(_key(name), weight.detach().clone())

    def take(self, network: nn.Module) -> None:
        """Copy the weights."""
        for kept, weight in self._pairs(network):
            kept.copy_(weight)

    def squared_distance(self, network: nn.Module) -> Tensor:
        """Sum of the squared differences of all weights that are trained, a scalar."""
        pairs = [(k, w) for k, w in self._pairs(network) if w.requires_grad]
        kept, weights = zip(*pairs)
        differences = torch._foreach_sub(list(weights), list(kept))
        return torch.stack([difference.square().sum() for difference in differences]).sum()

    def _pairs(self, network: nn.Module) -> Iterator[tuple[Tensor, nn.Parameter]]:
        for name, weight in network.named_parameters():
            yield getattr(self, _key(name)), weight


def _key(name: str) -> str:
    """Name of a buffer, which must not contain dots."""
    return name.replace('.', '/')


@MODELS.register_module()
class StartingModelPull(Alignment):
    """Keeps the student near the weights that it had when the part was first used.

    The L2-SP penalty (Li et al. 2018, arXiv 1802.01483), half the squared distance of all
    weights. A mean teacher without a source follows its own mistakes; this limits how far.
    What the target does not correct stays as it was learned.

    Args:
        loss_weight (float): Strength of the pull. 0.1 is the paper's largest, for SGD.
        ramp_iters (int): Steps over which the weight grows.
    """

    views = ('target_student',)

    def __init__(self, loss_weight: float = 0.01, ramp_iters: int = 0):
        super().__init__(loss_weight, ramp_iters)

    @property
    def featured_views(self) -> tuple[str, ...]:
        """None: it uses only the network's weights."""
        return ()

    def check(self, name, estimator) -> None:
        """See the base class; also make room for the weights."""
        self.start = StartingWeights(estimator.student)

    def begin_run(self) -> None:
        """See the base class."""
        self.start.forget()

    def forward(self, observed: Observations) -> dict[str, Tensor]:
        student = observed['target_student'].network
        self.start.take_once(student)
        squared = self.start.squared_distance(student)
        return dict(loss=0.5 * squared, distance=squared.detach().sqrt())
