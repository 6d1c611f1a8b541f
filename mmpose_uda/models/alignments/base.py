"""The base class of alignments, and what they have in common."""

from abc import ABCMeta, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Optional, Protocol, Sequence, Union

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.observation import Observations, ViewObservation
from mmpose_uda.models.readers import find_reader, fitting_heads
from mmpose_uda.views import TARGET_TEACHER, view_of


class AdaptiveEstimator(Protocol):
    """What alignments need of the estimator that builds them."""

    student: nn.Module
    alignments: Mapping[str, nn.Module]
    foreground_head: Optional[nn.Module]
    target_has_masks: bool

    def trial(
        self, part: str, captured_features: Sequence[str] = ()
    ) -> AbstractContextManager[ViewObservation]:
        """Observe the student on one blank image, to find out what it outputs."""


class Alignment(BaseModule, metaclass=ABCMeta):
    """One adaptation method: takes what the networks observed, returns named losses.

    Args:
        loss_weight (float): Weight of all its losses.
        ramp_iters (int): Optimizer steps over which the weight grows linearly from 0 at
            the start of a phase, or of a run without phases.
    """

    views: tuple[str, ...] = ()
    """The views it uses; a phase makes only those that its parts use."""

    @property
    def featured_views(self) -> tuple[str, ...]:
        """Those of :attr:`views` whose features it uses, not only the images."""
        return self.views

    attention_layers: tuple[int, ...] = ()
    """The backbone layers whose attention it uses."""

    captured_features: tuple[str, ...] = ()
    """Dotted names of the estimator's modules whose output it uses."""

    def __init__(self, loss_weight: float = 1.0, ramp_iters: int = 0):
        super().__init__()
        self.loss_weight = loss_weight
        self.ramp_iters = ramp_iters

    def weight_at(self, steps: Tensor) -> Union[float, Tensor]:
        """The weight after ``steps`` steps of a phase, a scalar."""
        return self.loss_weight * ramp(steps, self.ramp_iters)

    def check(self, name: str, estimator: AdaptiveEstimator) -> None:
        """Refuse an estimator that this alignment cannot work with.

        Args:
            name (str): Name of this alignment in the config.
            estimator (AdaptiveEstimator): The model being built.

        Raises:
            UserError: It does not fit; the message says what would.
        """

    def begin_run(self) -> None:
        """Discard the state of an earlier training, but keep the learned weights."""

    def disturb(self, observed: Observations) -> None:
        """Change the images that the student is about to see; called before any loss."""

    def settle(
        self, observed: Observations, losses: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        """Further losses that depend on those of all parts; called after them.

        Args:
            observed (Observations): All views.
            losses (dict[str, Tensor]): Values of the step so far, losses weighted:
                ``loss_...`` from the source's labels, ``<part>/loss...`` from each part.

        Returns:
            dict[str, Tensor]: As :meth:`forward` returns them.
        """
        return {}

    @abstractmethod
    def forward(self, observed: Observations) -> dict[str, Tensor]:
        """Losses of one step, under keys with 'loss'; other keys are only logged.

        A part that trains nothing here returns an empty dict.
        """


def ramp(steps: Tensor, length: int) -> Union[float, Tensor]:
    """A factor that grows linearly from 0 to 1 over ``length`` steps; 1 if that is 0.

    Args:
        steps (Tensor): Steps completed, a scalar; it never leaves the device.
        length (int): Length of the ramp, in steps.
    """
    return (steps / length).clamp_max(1) if length else 1.0


def views_of_foreground(
    name: str, estimator: AdaptiveEstimator, views: Sequence[str]
) -> tuple[str, ...]:
    """The further views that the foreground of ``views`` is predicted from.

    Args:
        name (str): Name of the part that asks.
        estimator (AdaptiveEstimator): The model being built.
        views (Sequence[str]): Views whose foreground the part needs.

    Returns:
        tuple[str, ...]: The teacher's view if the foreground is predicted, else empty.

    Raises:
        UserError: Nothing provides the foreground of target images.
    """
    if not any(view_of(view).domain == 'target' for view in views):
        return ()
    if estimator.foreground_head is not None:
        return (TARGET_TEACHER,)
    if not estimator.target_has_masks:
        raise UserError(
            f'The part {name!r} needs the foreground of target images: give the model a '
            "`foreground_head` (and a 'ForegroundSegmentation' part to train it), or "
            '`target_has_masks=True` if the target data set comes with masks.'
        )
    return ()


def require_masked_encoder(name: str, estimator: AdaptiveEstimator) -> None:
    """Refuse a backbone that is not a vision transformer."""
    if not hasattr(estimator.student.backbone, 'forward_visible'):
        backbone = type(estimator.student.backbone).__name__
        raise UserError(
            f'The part {name!r} needs a masked vision transformer, but the backbone is '
            f"{backbone}: use type='MaskedVisionTransformer'."
        )


def require_reader(
    name: str, estimator: AdaptiveEstimator, with_maps: bool = False
) -> None:
    """Refuse a head that no reader reads.

    Args:
        name (str): Name of the part that asks.
        estimator (AdaptiveEstimator): The model being built.
        with_maps (bool): Whether the part needs maps of positions, not only points with a
            confidence.

    Raises:
        UserError: The head has no reader, or no such maps.
    """
    head = estimator.student.head
    reader = find_reader(head)
    if reader is None:
        codec = type(getattr(head, 'decoder', None)).__name__
        raise UserError(
            f'The part {name!r} works on keypoint distributions, which '
            f'{type(head).__name__} with the codec {codec} does not have: use a '
            f'{fitting_heads(with_maps)}.'
        )
    if with_maps and not reader.has_maps:
        raise UserError(
            f'The part {name!r} works on maps of positions, which {type(head).__name__} '
            'does not have, because it regresses points: leave the part out, or use a '
            f'{fitting_heads(with_maps)}.'
        )
