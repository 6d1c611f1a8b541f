"""Batches of views."""

import io
import pickle
from collections.abc import Sequence
from typing import Any

import torch
from mmengine.dataset import default_collate
from mmengine.registry import FUNCTIONS


@FUNCTIONS.register_module()
def collate_views(items: Sequence[dict]) -> dict:
    """Make a batch of :class:`SourceTargetDataset` items.

    It is mmengine's ``default_collate``, with data samples that a worker sends by
    value. torch passes each tensor of each sample through a file descriptor of its own
    instead, which for small tensors costs more than making the sample, and exhausts the
    descriptors of a process when the batch is large.

    Args:
        items (Sequence[dict]): What the dataset returned for each draw.

    Returns:
        dict: ``inputs``, a dict by view of tensors [B, 3, h, w], and ``data_samples``,
        a dict by view of lists of B :class:`PoseDataSample`.
    """
    batch = default_collate(items)
    samples = batch['data_samples']
    batch['data_samples'] = {view: _ByValue(samples[view]) for view in samples}
    return batch


class _ByValue(list):
    """A list that arrives in another process as a plain list, tensors by value."""

    def __reduce__(self) -> tuple:
        buffer = io.BytesIO()
        _TensorPickler(buffer, protocol=pickle.HIGHEST_PROTOCOL).dump(list(self))
        return pickle.loads, (buffer.getvalue(),)


class _TensorPickler(pickle.Pickler):
    """Pickles CPU tensors as NumPy arrays, the rest as ever."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return torch.from_numpy, (value.numpy(),)
        return NotImplemented
