"""The results of a run, for machines and in plain words."""

import json
import time
from pathlib import Path
from typing import Any, Optional

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from mmpose_uda.deploy.export import export_estimator, export_folder
from mmpose_uda.engine.unwrap import unwrapped_model
from mmpose_uda.errors import check_writable
from mmpose_uda.evaluation.metric_values import enough_decimals, lower_is_better
from mmpose_uda.whole_files import write_whole

_SUMMARY, _EXPORT = 'summary.json', 'export'
_SECONDS = 'seconds_before_checkpoint'
_START = 'weights_at_start'
_TIMES = ('val/time', 'val/data_time')  # mmengine logs them among the metrics


@HOOKS.register_module()
class SummaryHook(Hook):
    """Exports the estimator and writes ``summary.json`` after training.

    The last message says what adaptation changed, by one metric of the evaluators: its
    value after the last phase without adaptation (``before``) and at the end.

    Args:
        prefix (str, optional): Prefix of the evaluators' metrics that are written,
            including those of another protocol on the same data: 'target' also matches
            'target_regda'. None matches all of them.
        domain (str): The domain of the validation data, under which metrics are written:
            'target', or 'source' if there are no labelled target images to validate on.
        before (str): Name of the phase to compare with.
        headline (str): The metric of the last message, such as 'MPJPE'.
        unit (str): Its unit, such as ' mm'.
    """

    priority = 'VERY_LOW'  # after the checkpoint and the pictures

    def __init__(
        self,
        prefix: Optional[str] = 'target',
        domain: str = 'target',
        before: str = 'source',
        headline: str = 'MPJPE',
        unit: str = ' mm',
    ):
        self.prefix = prefix
        self.domain = domain
        self.before = before
        self.headline = headline
        self.unit = unit
        self._started = time.monotonic()

    def before_train(self, runner) -> None:
        """Start the clock, at 0 for a new run, and record what a new run starts from.

        Raises:
            UserError: The results could not be written at the end.
        """
        if is_main_process():
            check_writable(Path(runner.work_dir, _SUMMARY))
            export_folder(Path(runner.work_dir, _EXPORT))
        self._started = time.monotonic()
        if runner.iter == 0:
            runner.message_hub.update_info(_SECONDS, 0.0, resumed=False)
            start = runner.cfg.get('load_from') or unwrapped_model(runner).start
            runner.message_hub.update_info(_START, str(start))

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Save the seconds so far, so that a resumed run continues from them."""
        checkpoint['meta'][_SECONDS] = self._seconds(runner)

    def after_load_checkpoint(self, runner, checkpoint: dict) -> None:
        """Read the seconds of the run that is resumed."""
        seconds = checkpoint.get('meta', {}).get(_SECONDS, 0.0)
        # not resumed with the message hub, which would restore an older value
        runner.message_hub.update_info(_SECONDS, seconds, resumed=False)

    def after_train(self, runner) -> None:
        """Export, write the summary and log it."""
        if not is_main_process():
            return
        exported = self.export(runner)
        summary = self.summarize(runner, exported)
        path = Path(runner.work_dir, _SUMMARY)
        # this file marks a run as done
        write_whole(path, json.dumps(summary, indent=2) + '\n')
        runner.logger.info(self.plain_words(runner, summary))

    def export(self, runner) -> Path:
        """Write the tested network as a plain mmpose model."""
        model = unwrapped_model(runner)
        checkpoint = dict(
            state_dict=model.state_dict(),
            meta=dict(dataset_meta=runner.train_dataloader.dataset.metainfo),
        )
        out_dir = Path(runner.work_dir, _EXPORT)
        return export_estimator(runner.cfg, checkpoint, str(out_dir), model.test_network)

    def summarize(self, runner, exported: Path) -> dict[str, Any]:
        """The contents of ``summary.json``."""
        results = self.results(runner)
        phases = [
            {
                'name': result['name'],
                'iters': result['iters'],
                self.domain: self._metrics(result['metrics']),
            }
            for result in results
        ]
        last = results[-1]['metrics']
        return {
            'config': str(runner.cfg.filename),
            'seed': runner.seed,
            'start': runner.message_hub.get_info(_START, 'unknown'),
            'seconds': round(self._seconds(runner), 1),
            'phases': phases,
            self.domain: self._metrics(last),
            'student': self._metrics(last, 'student/'),
            'export': str(exported),
        }

    @staticmethod
    def results(runner) -> list[dict[str, Any]]:
        """The results of every phase; a run in one of mmengine's own loops is one phase."""
        if hasattr(runner.train_loop, 'results'):
            return runner.train_loop.results
        scalars = runner.message_hub.log_scalars
        metrics = {
            key.removeprefix('val/'): float(scalars[key].current())
            for key in scalars
            if key.startswith('val/') and key not in _TIMES
        }
        return [dict(name='training', iters=runner.iter, metrics=metrics)]

    def plain_words(self, runner, summary: dict[str, Any]) -> str:
        """The last message of a run."""
        key = '/'.join(filter(None, (self.prefix, self.headline)))
        by_phase = {phase['name']: phase[self.domain] for phase in summary['phases']}
        lines = ['Training is done.']
        if key in by_phase.get(self.before, {}) and key in summary[self.domain]:
            first, last = by_phase[self.before][key], summary[self.domain][key]
            change = self._change(first, last)
            first, last = (
                f'{value:.{enough_decimals(value)}f}{self.unit}' for value in (first, last)
            )
            lines.append(
                f'{self.headline} on the {self.domain}: {first} after the phase '
                f"'{self.before}', {last} at the end{change}."
            )
        pictures = Path(runner.work_dir) / 'pictures'
        if pictures.is_dir():
            lines.append(f'Pictures: {pictures}')
        lines.append(f'The adapted model for mmpose: {summary["export"]}')
        return '\n'.join(lines)

    def _change(self, first: float, last: float) -> str:
        """The change: percent of an error, or points of a share, which may begin near 0."""
        if not lower_is_better(self.headline):
            decimals = enough_decimals(max(first, last))
            return f' ({last - first:+.{decimals}f})'
        return f' ({100 * (last - first) / first:+.0f} %)' if first else ''

    def _metrics(self, metrics: dict[str, float], network: str = '') -> dict[str, float]:
        """The metrics with the prefix, of 'student/' or, for '', the tested network."""
        starts = [''] if self.prefix is None else [f'{self.prefix}/', f'{self.prefix}_']
        starts = tuple(network + start for start in starts)
        others = () if network else ('student/', 'teacher/')
        return {
            key.removeprefix(network): value
            for key, value in metrics.items()
            if key.startswith(starts) and not key.startswith(others)
        }

    def _seconds(self, runner) -> float:
        earlier = runner.message_hub.get_info(_SECONDS, 0.0)
        return earlier + time.monotonic() - self._started
