"""Strips of what a training changed, drawn of what it stored."""

import cv2
import numpy as np
import pytest
from config_factory import CONFIG_DIR
from data_factory import write_pose_dataset
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS

from mmpose_uda.analysis import prediction_strip as module
from mmpose_uda.apis import draw_strip
from mmpose_uda.config import load_config
from mmpose_uda.errors import UserError
from mmpose_uda.evenly import evenly
from mmpose_uda.visualization.tested_samples import poses_of

STORED = 5
CONFIG = """
_base_ = {base!r}
builtin_data = None
val_dataloader = dict(dataset=dict(data_root={data!r}))
"""


@pytest.fixture
def work_dir(tmp_path):
    """Of a training whose last predictions are the labels, and whose first are not."""
    write_pose_dataset(tmp_path / 'photo', 9, 'test')
    folder = tmp_path / 'run'
    (folder / 'pictures').mkdir(parents=True)
    base, data = str(CONFIG_DIR / 'hand_3d.py'), str(tmp_path / 'photo')
    (folder / 'hand_3d.py').write_text(CONFIG.format(base=base, data=data))
    init_default_scope('mmpose')
    dataset = DATASETS.build(load_config(str(folder / 'hand_3d.py')).val_dataloader.dataset)
    samples = [dataset[i]['data_samples'] for i in evenly(len(dataset), STORED)]
    labels = poses_of(samples, 'gt_instances')
    np.savez(folder / 'pictures/predictions_adapt.npz', **labels)
    before = {key: values + 5 for key, values in labels.items()}
    np.savez(folder / 'pictures/predictions_source.npz', **before)
    return folder


@pytest.fixture
def tiles(monkeypatch):
    """What the rows of the last strip are made of."""
    shown = {}
    draw = module.strip
    monkeypatch.setattr(module, 'strip', lambda rows: shown.update(rows) or draw(rows))
    return shown


def test_a_row_each_of_before_adapted_and_label(work_dir, tiles):
    path = draw_strip(work_dir, images=[1, 4, 0], width=64)
    assert path == work_dir / 'pictures/strip.jpg'
    assert list(tiles) == ['before adaptation', 'adapted', 'label']
    before, adapted, label = (np.stack(tiles[title])[:, :, :64] for title in tiles)
    assert before.shape == (3, 64, 64, 3)
    np.testing.assert_array_equal(adapted, label)
    assert (before != label).any((1, 2, 3)).all()
    picture = cv2.imread(str(path))
    # three images of 64 px with a pose in space beside each
    assert picture.shape[1] == 3 * 2 * 64 + 4 * 4 and picture.shape[0] > 3 * 64


def test_images_are_the_chosen_rows(work_dir, tiles):
    draw_strip(work_dir, width=64)
    first = tiles['label']
    assert len(first) == 3
    draw_strip(work_dir, images=[2], width=64)
    np.testing.assert_array_equal(tiles['label'][0], first[2])


@pytest.mark.parametrize(
    'images, width, message',
    [
        ([STORED], 64, 'images 0 to 4: let --images name'),
        ([-1], 64, 'images 0 to 4'),
        ([0], 8, 'let --width be 16 or more'),
    ],
)
def test_what_cannot_be_drawn_is_refused(work_dir, images, width, message):
    with pytest.raises(UserError, match=message):
        draw_strip(work_dir, images=images, width=width)


def test_a_folder_of_no_finished_training_is_refused(work_dir, tmp_path):
    with pytest.raises(UserError, match='There is no folder .*none'):
        draw_strip(tmp_path / 'none')
    (work_dir / 'pictures/predictions_adapt.npz').unlink()
    with pytest.raises(UserError, match='no .*predictions_adapt.npz: name a training'):
        draw_strip(work_dir)
    (work_dir / 'other.py').touch()
    with pytest.raises(UserError, match='has hand_3d.py, other.py: name'):
        draw_strip(work_dir)
