"""Batches of views."""

import io
import pickle
from collections.abc import Sequence
from typing import Any

import torch
from mmengine.dataset import default_collate
from mmengine.registry import FUNCTIONS

_ALIGNMENT = 64  # bytes, as for torch's own tensors


@FUNCTIONS.register_module()
def collate_views(items: Sequence[dict]) -> dict:
    """Make a batch of :class:`SourceTargetDataset` items.

    It is mmengine's ``default_collate``, but a worker sends the batch in one piece of
    shared memory. torch passes each tensor of each sample through its own file descriptor,
    for which the worker must stop: that takes longer than making the sample, and a large
    batch exhausts the descriptors of a process.

    Args:
        items (Sequence[dict]): What the dataset returned for each draw.

    Returns:
        dict: ``inputs``, a tensor [B, 3, h, w] for each view, and ``data_samples``, a list
        of B :class:`PoseDataSample` for each view.
    """
    return _InOnePiece(default_collate(items))


class _InOnePiece(dict):
    """A dict that reaches another process as a plain dict, all its arrays in one piece."""

    def __reduce__(self) -> tuple:
        arrays: list[pickle.PickleBuffer] = []
        rest = io.BytesIO()
        _TensorPickler(rest, protocol=5, buffer_callback=arrays.append).dump(dict(self))
        parts = [array.raw() for array in arrays]
        places, size = [], 0
        for part in parts:
            places.append((size, size + part.nbytes))
            size += -(-part.nbytes // _ALIGNMENT) * _ALIGNMENT
        piece = torch.empty(size, dtype=torch.uint8)
        memory = memoryview(piece.numpy())
        for (begin, end), part in zip(places, parts):
            memory[begin:end] = part
        return _unpack, (rest.getvalue(), places, piece)


def _unpack(rest: bytes, places: list[tuple[int, int]], piece: torch.Tensor) -> dict:
    """Rebuild the dict, whose arrays lie in the piece."""
    memory = memoryview(piece.numpy())
    return pickle.loads(rest, buffers=[memory[begin:end] for begin, end in places])


class _TensorPickler(pickle.Pickler):
    """Pickles CPU tensors as NumPy arrays, and the rest as usual."""

    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return torch.from_numpy, (value.numpy(),)
        return NotImplemented
