"""Log lines that name the phase."""

from mmengine.runner import LogProcessor
from mmpose.registry import LOG_PROCESSORS

from mmpose_uda.engine.runner.phased_train_loop import PhasedTrainLoop


@LOG_PROCESSORS.register_module()
class PhaseLogProcessor(LogProcessor):
    """mmengine's log processor with the phase in front of training lines."""

    def get_log_after_iter(self, runner, batch_idx: int, mode: str) -> tuple[dict, str]:
        """Scalars and text of the latest iteration."""
        scalars, text = super().get_log_after_iter(runner, batch_idx, mode)
        loop = runner.train_loop if mode == 'train' else None
        if isinstance(loop, PhasedTrainLoop):
            number = loop.phases.index(loop.phase) + 1
            text = f'[{loop.phase.name} {number}/{len(loop.phases)}] {text}'
        return scalars, text
