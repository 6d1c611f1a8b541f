from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.dataset import pseudo_collate

from mmpose_uda.engine.hooks.picture_hook import _crop_points, _rooted
from mmpose_uda.models.alignments import AttentionRegularization, MaskedReconstruction


@pytest.fixture(scope='module')
def predicted(finished):
    """Samples of the test data with predictions of the tested network."""
    runner = finished.runner
    dataset = runner.val_dataloader.dataset
    runner.model.eval()
    batch = pseudo_collate([dataset[i] for i in range(len(dataset))])
    with torch.no_grad():
        return runner.model.test_step(batch)


@pytest.mark.parametrize('owner', ['pred_instances', 'gt_instances'])
def test_points_of_the_image_become_points_of_the_crop(predicted, owner):
    found = _crop_points(predicted, owner)
    assert found.shape == (len(predicted), 21, 2)
    for points, sample in zip(found, predicted):
        in_image = np.insert(sample.get(owner).keypoints[0], 2, 1, axis=1)
        expected = in_image @ sample.metainfo['warp_mat'].T
        np.testing.assert_allclose(points, expected, atol=1e-2)


def test_poses_are_relative_to_the_first_keypoint(predicted):
    truth = _rooted(predicted, 'gt_instances')
    for pose, sample in zip(truth, predicted):
        expected = sample.gt_instances.keypoints_3d[0]
        np.testing.assert_allclose(pose, expected - expected[0], atol=1e-4)


def test_one_picture_of_the_predictions(finished, predicted):
    folder = Path(finished.work_dir, 'pictures')
    picture = cv2.imread(str(folder / 'predictions.jpg'))
    assert picture.shape[0] > 100 and picture.std() > 10
    (hook,) = (h for h in finished.runner.hooks if hasattr(h, 'titles'))
    phases = [phase['name'] for phase in finished.summary['phases']]
    shown = [name for name in phases if name in hook.titles]
    assert shown
    stored = sorted(path.name for path in folder.glob('*.npz'))
    assert stored == sorted(f'predictions_{name}.npz' for name in shown)


def test_the_last_predictions_are_those_of_the_final_teacher(finished, predicted):
    folder = Path(finished.work_dir, 'pictures')
    last = finished.summary['phases'][-1]['name']
    (hook,) = (h for h in finished.runner.hooks if hasattr(h, 'titles'))
    if last not in hook.titles:
        pytest.skip('the config does not show its last phase')
    with np.load(folder / f'predictions_{last}.npz') as stored:
        points, poses = stored['keypoints'], stored['keypoints_3d']
    chosen = np.linspace(0, len(predicted) - 1, hook.num_images).astype(int)
    samples = [predicted[i] for i in chosen]
    expected = _crop_points(samples, 'pred_instances')
    # in batches of another size, so equal but for rounding
    np.testing.assert_allclose(points, expected, atol=1e-2)
    np.testing.assert_allclose(poses, _rooted(samples, 'pred_instances'), atol=0.1)


def test_pictures_of_the_parts_of_each_phase(finished):
    folder = Path(finished.work_dir, 'pictures')
    model = finished.runner.model
    expected = set()
    for phase in finished.runner.train_loop.phases:
        model.set_phase(phase.parts)
        for part in model.active_alignments.values():
            if isinstance(part, (MaskedReconstruction, AttentionRegularization)):
                expected.add(f'masked_modelling_{phase.name}.jpg')
    assert expected
    found = {path.name for path in folder.glob('*.jpg')} - {'predictions.jpg'}
    assert found == expected
    for name in found:
        assert cv2.imread(str(folder / name)).std() > 5
