"""Public data sets as source and target of a training."""

import numpy as np
from mmpose.registry import DATASETS
from published_3d_factory import write_ho3d, write_stb
from published_body_factory import write_mpi_inf_3dhp, write_surreal_full
from published_factory import write_freihand, write_rendered_hand_pose

from mmpose_uda.datasets.transforms import MirrorRightHand

LOAD = [dict(type='LoadPoseImage'), dict(type='LoadPoseMask'), dict(type='MirrorRightHand')]
VIEW = [
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='TopdownAffine3D', input_size=(64, 64)),
    dict(type='PackPoseView'),
]
LAST_COLUMN = 319  # of the images that are mirrored


def first_draw(source, target):
    """What the views of a source and a target show."""
    config = dict(
        type='SourceTargetDataset',
        source=source,
        target=target,
        views=dict(source=VIEW, target_teacher=VIEW),
    )
    samples = DATASETS.build(config)[0]['data_samples']
    return samples['source'], samples['target_teacher']


def projected(sample):
    """3D keypoints in px of the crop, through the camera."""
    points, camera = sample.gt_instances.keypoints_3d[0], sample.camera
    return camera['focal'] * points[:, :2] / points[:, 2:] + camera['principal_point']


def warped(sample):
    """2D keypoints in px of the crop, through the matrix from the file's image."""
    on_disk = sample.gt_instances.keypoints[0].copy()  # those of the mirrored image
    if np.linalg.det(sample.warp_mat[:, :2]) < 0:
        on_disk[:, 0] = LAST_COLUMN - on_disk[:, 0]
    return on_disk @ sample.warp_mat[:, :2].T + sample.warp_mat[:, 2]


def test_hands_of_two_sets_become_left_ones(tmp_path, monkeypatch):
    write_rendered_hand_pose(tmp_path)
    write_freihand(tmp_path)
    mirrored = []
    transform = MirrorRightHand.transform

    def spy(self, results):
        mirrored.append((results['hand_side'], 'mask' in results))
        return transform(self, results)

    monkeypatch.setattr(MirrorRightHand, 'transform', spy)
    shared = dict(data_root=str(tmp_path), split='train', pipeline=LOAD)
    source, target = first_draw(
        dict(type='RenderedHandPose', **shared),
        dict(type='FreiHAND', labels=False, masks=True, **shared),
    )
    assert sorted(mirrored)[-1] == ('right', True) and len(mirrored) == 2
    points = projected(source)
    np.testing.assert_allclose(points, warped(source), atol=1e-3)
    inside = (points > 0) & (points < 64)
    assert inside.all() and np.ptp(points, 0).max() > 64 / 1.5 - 2
    assert source.gt_foreground.mean() > 0.2
    assert 'keypoints' not in target.gt_instances and 'gt_foreground' in target
    assert np.linalg.det(target.warp_mat[:, :2]) < 0


def test_3d_of_one_set_and_frames_of_another_without_labels(tmp_path):
    write_stb(tmp_path / 'STB')
    write_ho3d(tmp_path / 'HO3D')
    (tmp_path / 'HO3D/evaluation_xyz.json').unlink()
    source = dict(type='STB', data_root=str(tmp_path / 'STB'), split='train')
    target = dict(type='HO3D', data_root=str(tmp_path / 'HO3D'), split='evaluation')
    source, target = first_draw(
        dict(source, pipeline=LOAD), dict(target, labels=False, pipeline=LOAD)
    )
    assert np.linalg.det(source.warp_mat[:, :2]) > 0
    np.testing.assert_allclose(projected(source), warped(source), atol=1e-3)
    assert 'keypoints' not in target.gt_instances
    assert np.linalg.det(target.warp_mat[:, :2]) < 0  # a right hand, as STB's left ones


def test_people_in_3d_with_masks_and_images_of_others(tmp_path):
    write_surreal_full(tmp_path / 'SURREAL')
    write_mpi_inf_3dhp(tmp_path / 'MPI')
    load = [*LOAD[:2], dict(type='RandomFlip3D', prob=1.0)]
    source = dict(type='SURREAL3D', data_root=str(tmp_path / 'SURREAL'), split='train')
    target = dict(type='MPIINF3DHP', data_root=str(tmp_path / 'MPI'), split='train')
    source, target = first_draw(
        dict(source, pipeline=load), dict(target, labels=False, pipeline=load)
    )
    assert np.linalg.det(source.warp_mat[:, :2]) < 0
    np.testing.assert_allclose(projected(source), warped(source), atol=1e-2)
    assert (source.gt_instances.keypoints_visible[0] == 0).nonzero()[0].tolist() == [9, 10]
    assert 0.1 < source.gt_foreground.mean() < 0.9
    assert 'keypoints' not in target.gt_instances
