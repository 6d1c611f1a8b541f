"""What every alignment offers to the estimator."""

from abc import ABCMeta, abstractmethod
from contextlib import AbstractContextManager
from typing import Optional, Protocol, Sequence, Union

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmpose_uda.errors import UserError
from mmpose_uda.models.observation import Observations, ViewObservation
from mmpose_uda.models.readers import find_reader, fitting_heads
from mmpose_uda.views import TARGET_TEACHER, view_of


class AdaptiveEstimator(Protocol):
    """What alignments ask of the estimator that builds them."""

    student: nn.Module
    foreground_head: Optional[nn.Module]
    target_has_masks: bool

    def trial(
        self, part: str, captured_features: Sequence[str] = ()
    ) -> AbstractContextManager[ViewObservation]:
        """The student looking at one blank image, to find out what it gives."""


class Alignment(BaseModule, metaclass=ABCMeta):
    """One method of adaptation: takes what the networks observed, returns named losses.

    Args:
        loss_weight (float): Weight of all its losses.
        ramp_iters (int): Optimizer steps over which the weight grows linearly from 0 at
            the start of a phase, or of a run without phases.
    """

    views: tuple[str, ...] = ()
    """The views it looks at; the data pipeline of a phase makes no others."""

    @property
    def featured_views(self) -> tuple[str, ...]:
        """Those of :attr:`views` whose features it asks for, not the images alone."""
        return self.views

    attention_layers: tuple[int, ...] = ()
    """The backbone layers whose attention it looks at."""

    captured_features: tuple[str, ...] = ()
    """Dotted names of the estimator's modules whose output it looks at."""

    def __init__(self, loss_weight: float = 1.0, ramp_iters: int = 0):
        super().__init__()
        self.loss_weight = loss_weight
        self.ramp_iters = ramp_iters

    def weight_at(self, steps: Tensor) -> Union[float, Tensor]:
        """Weight after ``steps`` of a phase, a scalar."""
        return self.loss_weight * ramp(steps, self.ramp_iters)

    def check(self, name: str, estimator: AdaptiveEstimator) -> None:
        """Refuse an estimator that this alignment cannot work with.

        Args:
            name (str): Name of this alignment in the config.
            estimator (AdaptiveEstimator): The model being built.

        Raises:
            UserError: They do not fit; the message says what would.
        """

    def begin_run(self) -> None:
        """Forget what an earlier training left behind; its weights are kept."""

    def disturb(self, observed: Observations) -> None:
        """Change what the student is about to look at; called before any loss."""

    def settle(
        self, observed: Observations, losses: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        """Further losses, told by those of all parts; called after them.

        Args:
            observed (Observations): All views.
            losses (dict[str, Tensor]): What the step has so far, at its weight:
                ``loss_...`` of the source's labels, ``<part>/loss...`` of each part.

        Returns:
            dict[str, Tensor]: As of :meth:`forward`.
        """
        return {}

    @abstractmethod
    def forward(self, observed: Observations) -> dict[str, Tensor]:
        """Losses of one step, keys with 'loss'; other keys are only logged.

        A part that trains nothing here gives an empty dict.
        """


def ramp(steps: Tensor, length: int) -> Union[float, Tensor]:
    """What grows linearly from 0 to 1 in ``length`` steps; 1 without any.

    Args:
        steps (Tensor): Steps that are done, a scalar; it never leaves the device.
        length (int): Of the ramp, in steps.
    """
    return (steps / length).clamp_max(1) if length else 1.0


def views_of_foreground(
    name: str, estimator: AdaptiveEstimator, views: Sequence[str]
) -> tuple[str, ...]:
    """The views that are needed to tell the foreground of others.

    Args:
        name (str): Name of the part that asks.
        estimator (AdaptiveEstimator): The model being built.
        views (Sequence[str]): Where the part needs the foreground.

    Returns:
        tuple[str, ...]: None where masks tell it; the teacher reads it off its own view.

    Raises:
        UserError: Nothing tells the foreground of target images.
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
        with_maps (bool): Whether the part works on maps of positions, not on points with a
            confidence alone.

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
