from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from config_factory import CONFIG_DIR, run, tiny_config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from model_factory import PREPROCESSOR, build_adaptive, make_batch

from mmpose_uda import UserError
from mmpose_uda.analysis import visualize_mim as tool
from mmpose_uda.visualization.canvas import GUTTER
from mmpose_uda.visualization.masked_modelling import _Denormalize, draw_masked_modelling


@pytest.fixture(autouse=True)
def mmpose_scope():
    init_default_scope('mmpose')


@pytest.mark.parametrize('bgr_to_rgb', [True, False])
def test_denormalize_undoes_the_preprocessor(bgr_to_rgb):
    preprocessor = MODELS.build(dict(PREPROCESSOR, bgr_to_rgb=bgr_to_rgb))
    images = torch.randint(0, 256, (2, 3, 8, 6), dtype=torch.uint8)
    samples = [PoseDataSample(), PoseDataSample()]
    batch = dict(inputs=images.clone(), data_samples=samples)
    normalised = preprocessor(batch)['inputs']
    pictures = _Denormalize(preprocessor)(normalised)
    for picture, image in zip(pictures, images):
        expected = image.permute(1, 2, 0).numpy()
        np.testing.assert_allclose(picture, expected, atol=1e-3)


def observed_by(model):
    return model.observe(**model.data_preprocessor(make_batch(), training=False))


@pytest.mark.parametrize(
    'parts, columns',
    [
        (('reconstruction', 'attention'), 6),  # of two layers
        (('reconstruction',), 4),
        (('attention',), 4),
    ],
)
def test_one_picture_shows_the_active_parts(parts, columns):
    model = build_adaptive().eval()
    model.set_phase(parts)
    sheet = draw_masked_modelling(model, observed_by(model), 'target_student')
    assert sheet.shape[1] == columns * (176 + GUTTER) + GUTTER


def test_nothing_to_show():
    model = build_adaptive().eval()
    model.set_phase(('supervised', 'mean_teacher'))
    assert draw_masked_modelling(model, observed_by(model), 'target_student') is None


def test_a_view_that_no_part_looks_at_has_nothing_to_show():
    model = build_adaptive().eval()
    model.set_phase(('reconstruction', 'attention'))
    assert draw_masked_modelling(model, observed_by(model), 'target_teacher') is None


def test_the_tool_draws_a_checkpoint(tmp_path, monkeypatch):
    config = CONFIG_DIR / 'hand_3d.py'
    run(tiny_config(config, tmp_path / 'data', tmp_path / 'run'))
    (checkpoint,) = (tmp_path / 'run').glob('iter_*.pth')
    monkeypatch.setattr(
        tool,
        'load_config',
        lambda *_: tiny_config(config, tmp_path / 'data', tmp_path / 'again'),
    )

    def draw(name, **kwargs):
        kwargs = dict(view='target_student', num_images=3) | kwargs
        return cv2.imread(
            str(tool.visualize_mim('any', str(checkpoint), str(tmp_path / name), **kwargs))
        )

    first = draw('first.png')
    assert first.std() > 10
    np.testing.assert_array_equal(first, draw('second.png'))
    assert (first != draw('third.png', seed=1)).any()
    assert draw('source.png', view='source').shape[0] > 100
    with pytest.raises(UserError, match="no view 'target': choose from source"):
        draw('none.png', view='target')
    assert not Path(tmp_path / 'none.png').exists()
