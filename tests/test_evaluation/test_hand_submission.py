"""Predictions that equal the labels give the labels back, as the servers have them."""

import json
import zipfile

import numpy as np
import pytest
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData
from mmpose.registry import DATASETS
from published_3d_factory import write_ho3d
from published_factory import write_freihand_evaluation

import mmpose_uda.datasets  # noqa: F401
from mmpose_uda.errors import UserError
from mmpose_uda.evaluation import HandSubmission

MIRROR = [dict(type='MirrorRightHand')]
TURN = [dict(type='RandomAffineBox', rotation=40)]


def freihand(root):
    """Joints of the server of FreiHAND: m, along the camera's axes."""
    return 'FreiHAND', write_freihand_evaluation(root)[1]


def ho3d(root):
    """Joints of the server of HO-3D: m, MANO's order, OpenGL's camera."""
    frames = write_ho3d(root)['evaluation']
    return 'HO3D', np.array([frame['joints'] for frame in frames])


def predicted(root, name, mirrored=(), turned=()):
    """Samples with the labels as predictions, as an evaluator gives them."""
    init_default_scope('mmpose')
    dataset = DATASETS.build(
        dict(
            type=name,
            data_root=str(root),
            split='evaluation',
            pipeline=[
                dict(type='LoadPoseImage'),
                *mirrored,
                dict(type='GetBBoxCenterScale', padding=1.0),
                *turned,
                dict(type='TopdownAffine3D', input_size=(64, 64)),
                dict(type='PackPoseView'),
            ],
        )
    )
    samples = []
    for item in dataset:
        sample = item['data_samples']
        truth = sample.gt_instances
        size, center, scale = sample.input_size, sample.input_center, sample.input_scale
        crop = sample.gt_instances.keypoints_3d[0]
        crop = crop[:, :2] / crop[:, 2:] * sample.camera['focal']
        crop = crop + sample.camera['principal_point']
        sample.pred_instances = InstanceData(
            # as mmpose takes a decoded crop to the image
            keypoints=(crop / size * scale + center - 0.5 * scale)[None],
            keypoints_3d=truth.keypoints_3d - truth.keypoints_3d[:, :1],
        )
        samples.append(sample.to_dict())
    return samples


def collected(out, name, samples):
    metric = HandSubmission(str(out), name)
    metric.process([], samples)
    return metric.evaluate(len(samples))


def read(out):
    with zipfile.ZipFile(out) as archive:
        assert archive.namelist() == ['pred.json']
        return json.loads(archive.read('pred.json'))


@pytest.mark.parametrize('write', [freihand, ho3d])
@pytest.mark.parametrize('steps', [{}, dict(mirrored=MIRROR), dict(turned=TURN)])
def test_labels_come_back(tmp_path, write, steps):
    name, joints = write(tmp_path)
    samples = predicted(tmp_path, name, **steps)
    out = tmp_path / 'out.zip'
    assert collected(out, name, samples[::-1]) == {}
    xyz, vertices = read(out)
    assert np.shape(xyz) == joints.shape
    np.testing.assert_allclose(xyz, joints, atol=2e-5)
    assert np.shape(vertices) == (len(joints), 778, 3) and not np.any(vertices)


def test_a_file_is_of_all_frames(tmp_path):
    name, _ = freihand(tmp_path)
    samples = predicted(tmp_path, name)
    out = tmp_path / 'out.zip'
    for some in (samples[1:], samples[:2] + samples[3:], samples + samples[:1]):
        with pytest.raises(UserError, match='must hold every frame once, but these are'):
            collected(out, name, some)
    with pytest.raises(UserError, match='got no sample'):
        HandSubmission(str(out), name).compute_metrics([])
    assert not out.exists()


def test_what_a_pose_needs(tmp_path):
    name, _ = freihand(tmp_path)
    (sample, *_) = predicted(tmp_path, name)
    out = tmp_path / 'out.zip'
    for key, message in (
        ('camera', 'camera is missing for .*00000000.jpg'),
        ('warp_mat', 'warp_mat is missing'),
    ):
        without = {k: value for k, value in sample.items() if k != key}
        with pytest.raises(UserError, match=message):
            collected(out, name, [without])
    flat = dict(sample, pred_instances=dict(keypoints=np.zeros((1, 21, 2))))
    with pytest.raises(UserError, match='keypoints_3d is missing.*choose a head'):
        collected(out, name, [flat])
    pose = np.full((1, 21, 3), np.nan)
    lost = dict(sample['pred_instances'], keypoints_3d=pose)
    with pytest.raises(UserError, match='holds NaN or infinite values'):
        collected(out, name, [dict(sample, pred_instances=lost)])
