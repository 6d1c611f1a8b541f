"""Warnings if a mean teacher has nothing left to teach."""

import logging
from typing import Iterator, Optional

import numpy as np
from mmengine.hooks import Hook
from mmengine.logging import print_log
from mmpose.registry import HOOKS

_SHARE = 'pseudo_label_share'


@HOOKS.register_module()
class AdaptationMonitorHook(Hook):
    """Warns once of each way in which an adaptation degenerates.

    It reads what :class:`MeanTeacherConsistency` logs from the message hub, and so never
    waits for the device. It compares means over the last ``window`` steps of a phase.

    Args:
        window (int): Steps that are averaged, and between two checks.
        min_share (float): Share of pseudo labels in use below which they teach nothing.
        min_spread (float): Spread of the keypoints over a batch, in sides of the crop,
            below which they count as the same in all images. (On the targets of the
            built-in benchmarks it is 0.1 to 0.2.)
        max_lead (float): Factor by which a student must be more confident than its teacher
            to be ahead of it.
        patience (int): Number of successive windows for which it must be ahead.
    """

    priority = 'LOW'

    def __init__(
        self,
        window: int = 100,
        min_share: float = 0.01,
        min_spread: float = 0.02,
        max_lead: float = 1.1,
        patience: int = 3,
    ):
        self.window = window
        self.min_share = min_share
        self.min_spread = min_spread
        self.max_lead = max_lead
        self.patience = patience
        self.warned: set[str] = set()

    def after_train_iter(
        self,
        runner,
        batch_idx: int,
        data_batch: Optional[dict] = None,
        outputs: Optional[dict] = None,
    ) -> None:
        """Check every ``window`` steps."""
        if not self.every_n_train_iters(runner, self.window):
            return
        scalars = runner.message_hub.log_scalars
        names = [k.removesuffix(_SHARE) for k in scalars if k.endswith(f'/{_SHARE}')]
        for name in names:
            for kind, sentence in self.warnings(_Monitors(scalars, name)):
                if kind not in self.warned:
                    self.warned.add(kind)
                    print_log(sentence, 'current', logging.WARNING)

    def warnings(self, monitors: '_Monitors') -> Iterator[tuple[str, str]]:
        """Yield the name of each problem, and a sentence that says what to change."""
        share = monitors.last(_SHARE, self.window)
        if len(share) < self.window:
            return
        if share.mean() < self.min_share:
            confidence = monitors.last('pseudo_label_confidence', self.window).mean()
            yield (
                'nothing passes',
                f'Almost no pseudo labels are used ({100 * share.mean():.1f} % in the last '
                f'{self.window} steps, the mean confidence is {confidence:.2f}), so '
                'nothing is learned from the target: lower the threshold of the '
                '`selection`, or begin with a model that is more confident on them.',
            )
        spread = monitors.last('keypoint_spread', self.window).mean()
        if spread < self.min_spread:
            yield (
                'all alike',
                f'The teacher predicts much the same pose for all images (its keypoints '
                f'spread by {spread:.3f} of the crop in the last {self.window} steps): '
                'start again with a lower learning rate, a lower weight of information '
                'maximisation, or a stronger StartingModelPull.',
            )
        steps = self.window * self.patience
        taught = monitors.last('pseudo_label_confidence', steps)
        learned = monitors.last('student_confidence', steps)
        if len(learned) == steps and self._leads(learned, taught):
            yield (
                'teacher behind',
                f'For {steps} steps the student has been more confident on its hard views '
                f'({learned.mean():.2f}) than the teacher on its easy ones '
                f'({taught.mean():.2f}), so the teacher holds it back: let the teacher '
                'follow faster, with a larger `momentum` or, if it has them, fewer '
                '`start_steps`.',
            )

    def _leads(self, learned: np.ndarray, taught: np.ndarray) -> bool:
        """Whether the student is ahead in every window."""
        means = (values.reshape(self.patience, -1).mean(1) for values in (learned, taught))
        student, teacher = means
        return bool((student > self.max_lead * teacher).all())


class _Monitors:
    """The scalars of one part in a message hub."""

    def __init__(self, scalars: dict, name: str):
        self.scalars = scalars
        self.name = name

    def last(self, key: str, steps: int) -> np.ndarray:
        """Return the last values of a scalar, at most ``steps`` of them."""
        buffer = self.scalars.get(self.name + key)
        return np.array([]) if buffer is None else np.asarray(buffer.data[0][-steps:])
