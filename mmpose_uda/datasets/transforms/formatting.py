"""Packing of a view for the model."""

import torch
from mmpose.datasets.transforms import PackPoseInputs
from mmpose.registry import TRANSFORMS


@TRANSFORMS.register_module()
class PackPoseView(PackPoseInputs):
    """mmpose's ``PackPoseInputs`` plus what views and 3D need, if present.

    It adds ``warp_mat`` [2, 3], ``camera`` of the crop and ``draw_key`` to the metainfo,
    ``keypoints_3d`` [1, K, 3] (mm, the camera's axes) to ``gt_instances``, and the mask as
    ``gt_foreground`` [1, h, w], float32 in 0..1. (Its size is that of the crop; fields
    of ``gt_fields`` have that of the heatmaps.)

    Args:
        extra_meta_keys (tuple[str]): Metainfo in addition to that of ``PackPoseInputs``.
        **kwargs: As for mmpose's ``PackPoseInputs``.
    """

    def __init__(
        self,
        extra_meta_keys: tuple[str, ...] = ('warp_mat', 'camera', 'draw_key'),
        **kwargs,
    ):
        super().__init__(**kwargs)
        # withheld from the base class, whose deep copy of it takes an eighth of a draw
        self.packed_meta_keys = (*self.meta_keys, *extra_meta_keys)
        self.meta_keys = ()

    def transform(self, results: dict) -> dict:
        packed = super().transform(results)
        sample = packed['data_samples']
        for key in self.packed_meta_keys:
            if key in results:
                sample.set_field(results[key], key, field_type='metainfo')
        if 'keypoints_3d' in results:
            sample.gt_instances.set_field(results['keypoints_3d'], 'keypoints_3d')
        if 'mask' in results:
            sample.gt_foreground = torch.from_numpy(results['mask'])[None].float() / 255
        return packed
