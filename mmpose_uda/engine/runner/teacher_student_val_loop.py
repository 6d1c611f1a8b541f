"""Validation of both networks."""

from typing import Sequence, Union

import torch
from mmengine.evaluator import Evaluator
from mmengine.runner import ValLoop
from mmpose.registry import LOOPS
from torch.utils.data import DataLoader

from mmpose_uda.engine.unwrap import unwrapped_model


@LOOPS.register_module()
class TeacherStudentValLoop(ValLoop):
    """Evaluates the tested network, and optionally other networks of the model.

    Metrics of the model's ``test_network`` keep their names; those of another network are
    prefixed with its name, as in ``student/target/MPJPE``.

    Args:
        runner (Runner): The runner.
        dataloader (DataLoader | dict): Validation data.
        evaluator (Evaluator | dict | list): Metrics.
        fp16 (bool): Whether to predict in half precision.
        beside (Sequence[str]): Other networks to evaluate: 'teacher', 'student'.
    """

    def __init__(
        self,
        runner,
        dataloader: Union[DataLoader, dict],
        evaluator: Union[Evaluator, dict, list],
        fp16: bool = False,
        beside: Sequence[str] = (),
    ):
        super().__init__(runner, dataloader, evaluator, fp16)
        self.beside = tuple(beside)

    @torch.no_grad()
    def run(self) -> dict[str, float]:
        """Evaluate; the hooks see one validation."""
        self.runner.call_hook('before_val')
        self.runner.call_hook('before_val_epoch')
        self.runner.model.eval()
        metrics = self.evaluate()
        model = unwrapped_model(self.runner)
        tested = model.test_network
        for network in self.beside:
            model.use_for_test(network)
            metrics.update({f'{network}/{k}': v for k, v in self.evaluate().items()})
        model.use_for_test(tested)
        self.runner.call_hook('after_val_epoch', metrics=metrics)
        self.runner.call_hook('after_val')
        return metrics

    def evaluate(self) -> dict[str, float]:
        """Return the metrics of the network that is currently tested."""
        self.val_loss: dict = {}
        for idx, data_batch in enumerate(self.dataloader):
            self.run_iter(idx, data_batch)
        return self.evaluator.evaluate(len(self.dataloader.dataset))
