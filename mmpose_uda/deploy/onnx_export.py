"""An exported estimator as an ONNX file."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmpose.models import heads
from torch import Tensor, nn

from mmpose_uda.config import load_config
from mmpose_uda.datasets.keypoint_names import keypoint_names
from mmpose_uda.deploy.export import CONFIG_FILE, ONNX_FILE, WEIGHTS_FILE
from mmpose_uda.deploy.load_estimator import build_estimator
from mmpose_uda.errors import UserError
from mmpose_uda.models.heads import (
    BasePose3DHead,
    RegressionPose3DHead,
    VolumetricPose3DHead,
)
from mmpose_uda.models.readers import RegressedPoses, crop_size
from mmpose_uda.whole_files import whole_file

TOLERANCE = 1e-4

_INPUT = 'input'
_OPSET = 17  # newest of the TorchScript exporter in all supported versions of torch
_OUTPUTS = (
    (heads.SimCCHead, ['simcc_x', 'simcc_y']),
    (heads.RTMCCHead, ['simcc_x', 'simcc_y']),
    (heads.IntegralRegressionHead, ['keypoints', 'heatmaps']),
    (heads.RegressionHead, ['keypoints']),
    (heads.HeatmapHead, ['heatmaps']),
    (VolumetricPose3DHead, ['keypoints_3d', 'scores']),
    (RegressionPose3DHead, ['keypoints_3d', 'scores', 'mm_per_px']),
)


def export_onnx(folder: str) -> Path:
    """Write the model of an exported folder as ``model.onnx``, and compare the two.

    Input: ``input`` [N, 3, H, W] float32, any number N of crops as ``config.py``'s test
    pipeline makes them, minus ``mean`` and divided by ``std``. Output is what the head
    computes in one forward pass, without flip test and before decoding, by the kind of
    head:

    - ``heatmaps`` [N, K, h, w];
    - ``simcc_x`` [N, K, W'] and ``simcc_y`` [N, K, H'], also for RTMPose's head;
    - ``keypoints`` [N, K, 2], as a share of the crop, for regression heads, and the
      ``heatmaps`` of integral regression;
    - ``keypoints_3d`` [N, K, 3] for this package's 3D heads: x and y in px of the crop and
      the depth in mm relative to the root; and ``scores`` [N, K];
    - for the 3D regression head also ``mm_per_px`` [N]: x and y relative to the root, times
      this, are in mm.

    The file's metadata holds, as JSON: ``input_size`` [W, H] px, ``mean`` and ``std`` per
    channel, ``color_order`` 'RGB' or 'BGR', ``codec`` (the decoder's config),
    ``keypoints`` (their names), and for the volumetric head the ``shrinkage`` of the bones
    (:meth:`Pose3DLabel.decode`).

    Args:
        folder (str): Written by :func:`~mmpose_uda.deploy.export.export_estimator`.

    Returns:
        Path: The file.

    Raises:
        UserError: onnx or onnxruntime is not installed, the head is of another kind,
            torch cannot write an operator of the model as ONNX, or results of onnxruntime
            differ from torch's (by more than 1e-4 of the largest value, or of 1).
    """
    require_onnx()
    path = Path(folder, ONNX_FILE)
    cfg = load_config(str(Path(folder, CONFIG_FILE)))
    model = build_estimator(cfg, str(Path(folder, WEIGHTS_FILE)))
    outputs = output_names(model.head)
    network = RawOutputs(model).eval()
    width, height = crop_size(model.head)
    with whole_file(path) as partial:  # a file that computes other values is not kept
        _write(network, partial, (height, width), outputs)
        _describe(partial, metadata(cfg, model))
        for batch_size in (1, 3):
            _compare(network, partial, (batch_size, 3, height, width))
    return path


def require_onnx() -> None:
    """Raise a :class:`UserError` if onnx or onnxruntime is not installed."""
    try:
        import onnx  # noqa: F401
        import onnxruntime  # noqa: F401
    except ImportError as error:
        raise UserError(
            f'ONNX export needs {error.name}: `pip install onnx onnxruntime`.'
        ) from error


def output_names(head: nn.Module) -> list[str]:
    """Return the names of the tensors that a head computes.

    Raises:
        UserError: The kind of head is not supported.
    """
    for kind, names in _OUTPUTS:
        if isinstance(head, kind):
            return names
    known = ', '.join(kind.__name__ for kind, _ in _OUTPUTS)
    raise UserError(
        f'There is no ONNX export of a {type(head).__name__}, only of {known} and '
        'their subclasses: leave out --onnx.'
    )


def metadata(cfg: Config, model: nn.Module) -> dict[str, Any]:
    """Everything needed to prepare the network's input and read its output."""
    preprocessor = cfg.model.data_preprocessor
    codec = cfg.model.head.decoder
    entries = dict(
        input_size=codec.input_size,
        mean=preprocessor.get('mean', [0.0] * 3),
        std=preprocessor.get('std', [1.0] * 3),
        # mmpose loads BGR
        color_order='RGB' if preprocessor.get('bgr_to_rgb') else 'BGR',
        codec=codec.to_dict(),
        keypoints=keypoint_names(model.dataset_meta),
    )
    if isinstance(model.head, VolumetricPose3DHead):
        entries['shrinkage'] = model.head.shrinkage.ratio.item()
    return entries


class RawOutputs(nn.Module):
    """An estimator as a function of only images, with 3D poses as points.

    Args:
        estimator (nn.Module): A top-down estimator.
    """

    def __init__(self, estimator: nn.Module):
        super().__init__()
        self.estimator = estimator

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """[N, 3, H, W], normalised -> the tensors named by :func:`output_names`."""
        outputs = self.estimator(images, None, mode='tensor')
        if isinstance(self.estimator.head, BasePose3DHead):
            poses = self.estimator.head.distributions(outputs)
            scales = (poses.mm_per_px,) if isinstance(poses, RegressedPoses) else ()
            return (poses.points(), poses.confidence(), *scales)
        return outputs if isinstance(outputs, tuple) else (outputs,)


def _write(
    network: nn.Module, path: Path, size: tuple[int, int], outputs: list[str]
) -> None:
    try:
        with warnings.catch_warnings():
            # The comparison finds what does not hold for every batch size.
            warnings.simplefilter('ignore', torch.jit.TracerWarning)
            warnings.simplefilter('ignore', DeprecationWarning)
            torch.onnx.export(
                network,
                (torch.zeros(1, 3, *size),),
                str(path),
                input_names=[_INPUT],
                output_names=outputs,
                dynamic_axes={name: {0: 'batch'} for name in (_INPUT, *outputs)},
                opset_version=_OPSET,
                dynamo=False,  # the newer exporter needs a further package
            )
    except torch.onnx.errors.OnnxExporterError as error:
        reason = str(error).strip().splitlines()[0]
        raise UserError(
            f'torch cannot write this model as ONNX ({reason}): leave out --onnx.'
        ) from error


def _describe(partial: Path, entries: dict[str, Any]) -> None:
    import onnx

    model = onnx.load(partial)
    onnx.helper.set_model_props(model, {k: json.dumps(v) for k, v in entries.items()})
    onnx.save(model, partial)


@torch.no_grad()
def _compare(network: nn.Module, path: Path, shape: tuple[int, ...]) -> None:
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    generator = np.random.default_rng(0)
    images = generator.standard_normal(shape, dtype=np.float32)
    names = [output.name for output in session.get_outputs()]
    found = session.run(names, {_INPUT: images})
    for name, ours, theirs in zip(names, network(torch.from_numpy(images)), found):
        error = np.abs(ours.numpy() - theirs).max()
        allowed = TOLERANCE * max(1.0, ours.abs().max().item())
        if not error <= allowed:
            raise UserError(
                f'onnxruntime and torch compute different `{name}` (by {error:.2g}, '
                f'{allowed:.2g} is allowed), so {ONNX_FILE} is not written: leave out '
                '--onnx, or try another version of torch.'
            )
