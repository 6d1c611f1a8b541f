import copy
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from config_factory import Killed, run, tiny_config
from mmengine.dataset import pseudo_collate

from mmpose_uda.config import drop_missing_backends
from mmpose_uda.engine.hooks import AdaptationPictureHook
from mmpose_uda.engine.runner.phased_train_loop import make_phases
from mmpose_uda.evenly import evenly
from mmpose_uda.models.alignments import AttentionRegularization, MaskedReconstruction
from mmpose_uda.visualization.tested_samples import (
    crop_picture,
    crop_points,
    poses_of,
    rooted_poses,
)


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
    found = crop_points(predicted, owner)
    assert found.shape == (len(predicted), 21, 2)
    for points, sample in zip(found, predicted):
        in_image = np.insert(sample.get(owner).keypoints[0], 2, 1, axis=1)
        expected = in_image @ sample.metainfo['warp_mat'].T
        np.testing.assert_allclose(points, expected, atol=1e-2)


def test_poses_are_relative_to_the_first_keypoint(predicted):
    truth = rooted_poses(predicted, 'gt_instances')
    for pose, sample in zip(truth, predicted):
        expected = sample.gt_instances.keypoints_3d[0]
        np.testing.assert_allclose(pose, expected - expected[0], atol=1e-4)


@pytest.mark.parametrize('hidden', [[3, 8, 20], [0, 8], list(range(21))])
def test_keypoints_without_a_label_are_not_drawn(finished, predicted, hidden):
    runner = finished.runner
    images = [runner.val_dataloader.dataset[i]['inputs'] for i in range(2)]
    images = [image.permute(1, 2, 0).numpy() for image in images]
    shown = {'adapted': dict(poses_of(predicted[:2], 'pred_instances'))}

    def draw(place, visible):
        samples = copy.deepcopy(predicted[:2])
        for sample in samples:
            truth = sample.gt_instances
            truth.keypoints[0, hidden] = place
            truth.keypoints_3d[0, hidden] = place
            truth.keypoints_visible[0, hidden] = visible
        return AdaptationPictureHook.draw_predictions(runner, images, samples, shown)

    np.testing.assert_array_equal(draw(0, 0), draw(500, 0))
    assert (draw(0, 0) != draw(0, 1)).any()


def test_pictures_have_the_resolution_of_the_image(finished, predicted):
    sample = copy.deepcopy(predicted[0])
    image = cv2.imread(sample.metainfo['img_path'])
    meta = sample.metainfo
    picture = crop_picture(sample, 176)
    assert picture.shape[1] == 176 > meta['input_size'][0]
    # where a pixel of the picture comes from
    for x, y in [(30, 40), (88, 88), (120, 60)]:
        at = np.array([x, y]) / 176 * meta['input_scale'][0]
        at += meta['input_center'] - 0.5 * meta['input_scale']
        column, row = np.round(at).astype(int)
        if 1 < column < image.shape[1] - 2 and 1 < row < image.shape[0] - 2:
            near = image[row - 1 : row + 2, column - 1 : column + 2].astype(int)
            low, high = near.min((0, 1)) - 1, near.max((0, 1)) + 1
            assert (low <= picture[y, x]).all() and (picture[y, x] <= high).all()


def test_pictures_of_mirrored_samples_are_mirrored(predicted):
    """As their keypoints are: transforms that load a sample may exchange its sides."""
    upright, mirrored = copy.deepcopy(predicted[0]), copy.deepcopy(predicted[0])
    matrix = upright.metainfo['warp_mat']
    picture = crop_picture(upright, 176)
    enlarged = 176 / upright.metainfo['input_size'][0]
    mirror = np.array([[-1, 0, 175 / enlarged], [0, 1, 0]])
    mirrored.set_metainfo(dict(warp_mat=mirror @ np.vstack([matrix, [0, 0, 1]])))
    found = crop_picture(mirrored, 176).astype(int)
    # OpenCV takes positions to 1/32 px
    assert np.abs(found[:, ::-1] - picture).mean() < 0.5
    assert np.abs(found - picture).mean() > 5


def test_pictures_of_stock_samples_are_the_same(predicted):
    """Those of mmpose's transforms have no matrix."""
    sample = copy.deepcopy(predicted[0])
    expected = crop_picture(sample, 176).astype(int)
    del sample.warp_mat
    assert np.abs(crop_picture(sample, 176) - expected).max() <= 2


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
    samples = [predicted[i] for i in evenly(len(predicted), hook.num_images)]
    expected = crop_points(samples, 'pred_instances')
    # in batches of another size, so equal but for rounding
    np.testing.assert_allclose(points, expected, atol=1e-2)
    np.testing.assert_allclose(poses, rooted_poses(samples, 'pred_instances'), atol=0.1)


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


# ---- pictures within a phase ---------------------------------------------------------


@pytest.fixture(scope='module')
def every_iteration(hand_config, data_root, tmp_path_factory):
    """A run with a picture an iteration, killed and resumed within its last phase."""
    work_dir = tmp_path_factory.mktemp('every_iteration')
    for kill in (5, None):
        cfg = tiny_config(hand_config, data_root, work_dir)
        (hook,) = (h for h in cfg.custom_hooks if h.type == 'AdaptationPictureHook')
        hook.update(interval=1, num_images=2)
        cfg.visualizer.vis_backends.append(dict(type='TensorboardVisBackend'))
        drop_missing_backends(cfg)
        if kill is None:
            last = Path(work_dir, 'last_checkpoint').read_text()
            cfg.update(resume=True, load_from=last)
            return run(cfg)
        cfg.custom_hooks.append(dict(type='KillHook', at=kill))
        with pytest.raises(Killed):
            run(cfg)


def test_pictures_within_phases_are_apart_in_order_and_none_is_made_twice(every_iteration):
    folder = Path(every_iteration.work_dir, 'pictures')
    # Phases end after 2, 4 and 6 iterations; the first has no predictions worth a look,
    # and the second no parts that draw.
    assert sorted(path.name for path in folder.glob('*.jpg')) == [
        'masked_modelling_000001.jpg',
        'masked_modelling_000005.jpg',
        'masked_modelling_adapt.jpg',
        'masked_modelling_pretrain.jpg',
        'predictions.jpg',
        'predictions_000003.jpg',
        'predictions_000005.jpg',
    ]
    early, late, last = (
        cv2.imread(str(folder / f'predictions{name}.jpg'))
        for name in ('_000003', '_000005', '')
    )
    # now and the truth; before, now and the truth; before, after and the truth
    assert early.shape[1] < late.shape[1] == last.shape[1]


def test_pictures_within_phases_change_no_weights(every_iteration, finished):
    expected = finished.runner.model.state_dict()
    for key, value in every_iteration.model.state_dict().items():
        assert torch.equal(value, expected[key]), key


def test_tensorboard_has_the_same_pictures(every_iteration):
    events = pytest.importorskip('tensorboard.backend.event_processing.event_accumulator')
    steps = {'predictions': set(), 'masked_modelling': set()}
    for file in Path(every_iteration.work_dir).rglob('events.out.tfevents*'):
        found = events.EventAccumulator(str(file)).Reload()
        for tag in steps.keys() & set(found.Tags()['images']):
            steps[tag].update(event.step for event in found.Images(tag))
    assert steps == {'predictions': {3, 4, 5, 6}, 'masked_modelling': {1, 2, 5, 6}}


def test_predictions_of_an_earlier_run_are_not_shown(tmp_path):
    folder = tmp_path / 'pictures'
    folder.mkdir()
    for phase in ('source', 'adapt'):
        np.savez(folder / f'predictions_{phase}.npz', keypoints=np.zeros((1, 21, 2)))
    phases = make_phases(
        [dict(name=n, iters=3, parts=['supervised']) for n in ('source', 'adapt')]
    )
    loop = SimpleNamespace(phases=phases)
    for done, shown in ((2, []), (3, ['before adaptation']), (5, ['before adaptation'])):
        runner = SimpleNamespace(work_dir=tmp_path, iter=done, train_loop=loop)
        assert list(AdaptationPictureHook().stored(runner)) == shown
