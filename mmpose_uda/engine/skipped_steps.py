"""Report steps that were not finite, and stop a run that has too many of them."""

import logging
from typing import Any

import torch
from mmengine.logging import print_log
from torch import Tensor

from mmpose_uda.engine.unwrap import unwrapped_model
from mmpose_uda.errors import UserError

_SKIPPED = 'skipped'  # of GuardedOptimWrapper
_SHOWN = 5
Row = tuple[int, dict[str, float]]
"""An iteration and its scalars."""


class SkippedSteps:
    """Counts the steps of :class:`GuardedOptimWrapper` that were not finite.

    It learns of them when something is logged. After the first one it asks for every step
    to be checked, until one is caught while its images are still at hand.

    Args:
        most (int): The number of such steps at which the run stops.

    Attributes:
        is_watching (bool): Whether every step has to be checked.
    """

    def __init__(self, most: int):
        self.most = most
        self.rows: list[Row] = []
        self.is_watching = False
        self.ends_in_one = False

    def note(self, runner, rows: list[Row], data_batch: Any) -> None:
        """Count the skipped steps among the latest ones, and warn about them.

        Args:
            runner (Runner): The runner of the training.
            rows (list[Row]): The steps since the last call; the last is of ``data_batch``.
            data_batch (dict): The batch as it went into the model.

        Raises:
            UserError: There are ``most`` of them.
        """
        skipped = [row for row in rows if row[1].get(_SKIPPED)]
        self.ends_in_one = bool(rows) and rows[-1][1].get(_SKIPPED, 0) > 0
        if not skipped:
            return
        is_first = not self.rows
        self.rows += skipped
        if self.ends_in_one and (is_first or self.is_watching):
            self.is_watching = False
            self._warn(f'{self._told()} {_whose_fault(runner, data_batch)}')
        elif is_first:
            self.is_watching = True
            self._warn(
                f'{self._told()} From now on every step is checked until it happens again.'
            )
        if len(self.rows) >= self.most:
            raise UserError(self._told())

    def require_finite_end(self) -> None:
        """Refuse a training that ended in such steps, and so did not learn.

        Raises:
            UserError: The last step was one of them.
        """
        if self.ends_in_one:
            raise UserError(self._told())

    def _told(self) -> str:
        table = '\n'.join(
            f'  iteration {iteration + 1}: '
            + ', '.join(f'{k} {v:.4g}' for k, v in values.items() if k != _SKIPPED)
            for iteration, values in self.rows[-_SHOWN:]
        )
        return (
            f'{len(self.rows)} training steps were skipped, or led to weights that are not '
            'finite, because loss, gradient or weights were not finite; the last of them:\n'
            f'{table}\n'
            'Lower the learning rate, or clip gradients with `optim_wrapper.clip_grad`; at '
            f'{self.most} the run stops (`default_hooks.runtime_info.max_skipped`).'
        )

    @staticmethod
    def _warn(text: str) -> None:
        print_log(text, 'current', logging.WARNING)


@torch.no_grad()
def _whose_fault(runner, data_batch: dict) -> str:
    """Return a sentence on the images for which the student's output is not finite."""
    model = unwrapped_model(runner)
    if not isinstance(data_batch.get('inputs'), dict) or not hasattr(model, 'student'):
        return ''
    network, at_fault, count = model.student, [], 0
    modules = [module for module in network.modules() if module.training]
    network.eval()  # so that images of a batch do not mix
    try:
        batch = model.data_preprocessor(data_batch, True)
        for view, images in batch['inputs'].items():
            is_finite = _finite_by_image(network(images, None, mode='tensor'))
            count += len(images)
            at_fault += [
                f'{sample.metainfo.get("img_path", "?")} ({view})'
                for sample, good in zip(data_batch['data_samples'][view], is_finite)
                if not good
            ]
    finally:
        for module in modules:
            module.training = True
    if not at_fault:
        return "The network's output is finite for all of its images: the loss is at fault."
    if len(at_fault) == count:
        return "The network's output is not finite for any image: its weights diverged."
    return f"The network's output is not finite for {', '.join(at_fault[:_SHOWN])}."


def _finite_by_image(outputs: Any) -> list[bool]:
    outputs = [outputs] if isinstance(outputs, Tensor) else list(outputs)
    return torch.stack([x.flatten(1).isfinite().all(1) for x in outputs]).all(0).tolist()
