"""Pre-processing of a batch that holds several views."""

from itertools import islice

from mmengine.model import BaseDataPreprocessor
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.models.data_preprocessors.one_copy import move_together
from mmpose_uda.models.utils import uncompiled


@MODELS.register_module()
class ViewDataPreprocessor(BaseDataPreprocessor):
    """Applies an estimator's own pre-processing to every view of a batch.

    Batches without views (validation, test, inference) are passed to it whole.

    Args:
        preprocessor (dict): The estimator's ``data_preprocessor``.
    """

    def __init__(self, preprocessor: dict):
        super().__init__()
        self.preprocessor = MODELS.build(preprocessor)

    def forward(self, data: dict, training: bool = False) -> dict:
        """Normalise a batch.

        Args:
            data (dict): ``inputs`` and ``data_samples``, each a dict by view name or in
                mmpose's usual form.
            training (bool): Passed on to the estimator's pre-processing.

        Returns:
            dict: The same keys; images are float tensors [B, 3, H, W] on the device.
        """
        # copying metainfo cannot be compiled
        return uncompiled(self._process)(data, training)

    def _process(self, data: dict, training: bool) -> dict:
        if not isinstance(data['inputs'], dict):
            return self.preprocessor(data, training)
        inputs, data_samples = {}, {}
        moved = self._move(data['data_samples'])
        for view, images in data['inputs'].items():
            batch = self._preprocess(images, moved[view], training)
            inputs[view], data_samples[view] = batch['inputs'], batch['data_samples']
        return dict(inputs=inputs, data_samples=data_samples)

    def _preprocess(self, images: Tensor, samples: list, training: bool) -> dict:
        """Pre-process one view, whose samples are on the device already."""
        if getattr(self.preprocessor, 'batch_augments', None) is not None:
            batch = dict(inputs=images, data_samples=samples)
            return self.preprocessor(batch, training)
        # mmengine would copy every tensor of every sample once more
        images = self.preprocessor(dict(inputs=images, data_samples=[]), training)['inputs']
        size = tuple(images.shape[-2:])
        for sample in samples:
            sample.set_metainfo(dict(batch_input_shape=size, pad_shape=size))
        return dict(inputs=images, data_samples=samples)

    def _move(self, data_samples: dict[str, list]) -> dict[str, list]:
        """Move the labels of the samples of all views to the device."""
        if self.device.type == 'cpu':
            return data_samples
        samples = [sample for view in data_samples.values() for sample in view]
        moved = iter(move_together(samples, self.device))
        return {view: list(islice(moved, len(s))) for view, s in data_samples.items()}
