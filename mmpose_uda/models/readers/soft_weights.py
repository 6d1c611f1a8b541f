"""Weights between 0 and 1 for losses that were made for weights of 0 or 1.

Some losses of mmpose multiply both prediction and target by the weight, so in a squared
loss a weight of 0.1 acts as 0.01. Here a label of weight w contributes w times its loss at
weight 1.
"""

from dataclasses import dataclass
from typing import Any, Callable, NamedTuple, Optional, Sequence

import torch
from torch import Tensor
from torch.utils._pytree import tree_map

_TOLERANCE = 1e-3


class LossTerm(NamedTuple):
    """A part of a head's loss.

    Args:
        loss (Callable): Loss of (outputs, targets, weights [B, K]), a scalar.
        outputs (Any): Tensors [B, K, ...], perhaps in tuples.
        targets (Any): Tensors [B, K, ...], perhaps in tuples.
    """

    loss: Callable[[Any, Any, Tensor], Tensor]
    outputs: Any
    targets: Any

    def __call__(self, weights: Tensor) -> Tensor:
        return self.loss(self.outputs, self.targets, weights)


@dataclass(frozen=True)
class Weighing:
    """How a term takes weights between 0 and 1.

    Args:
        is_linear (bool): Whether the term takes them as it is. Otherwise the loss of every
            keypoint is computed separately.
        images_are_averaged (bool): Whether those losses are averaged over images, not
            summed.
        keypoints_are_averaged (bool): Whether they are averaged over keypoints, not summed.
    """

    is_linear: bool
    images_are_averaged: bool = True
    keypoints_are_averaged: bool = True

    def __call__(self, term: LossTerm, weights: Tensor) -> Tensor:
        """The loss in which a label of weight w has w times its loss at weight 1.

        Args:
            term (LossTerm): The term that this weighing was found for.
            weights (Tensor): [B, K] in [0, 1].

        Returns:
            Tensor: Scalar.
        """
        if self.is_linear:
            return term(weights)
        total = (weights * by_keypoint(term)).sum()
        images, keypoints = weights.shape
        divisor = images if self.images_are_averaged else 1
        return total / (divisor * (keypoints if self.keypoints_are_averaged else 1))


def by_keypoint(term: LossTerm) -> Tensor:
    """The loss of each keypoint on its own at weight 1, [B, K]."""

    def alone(outputs: Any, targets: Any) -> Tensor:
        single = [tree_map(lambda x: x[None, None], tree) for tree in (outputs, targets)]
        return term.loss(*single, torch.ones(1, 1, device=_first(outputs).device))

    return torch.func.vmap(torch.func.vmap(alone))(term.outputs, term.targets)


@torch.no_grad()
def find_weighings(terms: Sequence[LossTerm]) -> Optional[list[Weighing]]:
    """Find out by trial how terms take weights; slow, so done when a model is built.

    Args:
        terms (Sequence[LossTerm]): Of any images, with targets that differ from outputs.

    Returns:
        list[Weighing]: One per term; None if a term takes no weights between 0 and 1.
    """
    found = [_find_weighing(term) for term in terms]
    return None if None in found else found


def _find_weighing(term: LossTerm) -> Optional[Weighing]:
    term = _twice(term, axis=0)  # two images
    images, keypoints = _shape(term.outputs)
    weights = torch.linspace(0.1, 0.9, images * keypoints).view(images, keypoints)
    hard = (weights < 0.4).to(weights)
    whole = term(torch.ones_like(weights))
    if _same(term(weights) + term(1 - weights), whole) and _same(
        2 * term(weights / 2), term(weights)
    ):
        return Weighing(is_linear=True)
    try:
        averaged = [_same(_of_ones(_twice(term, axis)), whole) for axis in (0, 1)]
        weighing = Weighing(False, *averaged)
        agrees = _same(weighing(term, hard), term(hard))
    except Exception:  # a third-party loss may fail on one keypoint in any way
        return None
    return weighing if agrees else None


def _of_ones(term: LossTerm) -> Tensor:
    return term(torch.ones(_shape(term.outputs)))


def _twice(term: LossTerm, axis: int) -> LossTerm:
    """The same images, or keypoints, twice."""
    trees = (term.outputs, term.targets)
    doubled = [tree_map(lambda x: torch.cat([x, x], dim=axis), tree) for tree in trees]
    return LossTerm(term.loss, *doubled)


def _same(first: Tensor, second: Tensor) -> bool:
    return bool(torch.isclose(first, second, rtol=_TOLERANCE, atol=0))


def _shape(outputs: Any) -> torch.Size:
    return _first(outputs).shape[:2]


def _first(outputs: Any) -> Tensor:
    return outputs if isinstance(outputs, Tensor) else outputs[0]
