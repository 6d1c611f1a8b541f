"""Pre-processing of a batch that holds several views."""

from mmengine.model import BaseDataPreprocessor
from mmpose.registry import MODELS

from mmpose_uda.models.utils import uncompiled


@MODELS.register_module()
class ViewDataPreprocessor(BaseDataPreprocessor):
    """Applies an estimator's own pre-processing to every view of a batch.

    Batches without views (validation, test, inference) go through it as they are.

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
            training (bool): Passed on.

        Returns:
            dict: The same keys; images are float tensors [B, 3, H, W] on the device.
        """
        # the copying of metainfo cannot be compiled
        return uncompiled(self._process)(data, training)

    def _process(self, data: dict, training: bool) -> dict:
        if not isinstance(data['inputs'], dict):
            return self.preprocessor(data, training)
        inputs, data_samples = {}, {}
        for view, images in data['inputs'].items():
            samples = data['data_samples'][view]
            batch = dict(inputs=images, data_samples=samples)
            batch = self.preprocessor(batch, training)
            inputs[view], data_samples[view] = batch['inputs'], batch['data_samples']
        return dict(inputs=inputs, data_samples=data_samples)
