"""docs/extend.md: what it adds trains, reads and loads, from files as it names them."""

import csv
import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from config_factory import read_summary, run, tiny_config
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS

import mmpose_uda
from mmpose_uda.models.readers import READERS, find_reader

PAGE = Path(__file__).parents[2] / 'docs' / 'extend.md'
BLOCKS = dict(
    re.findall(r'^```python\n# (\S+)\.py\n(.*?)^```', PAGE.read_text(), re.M | re.S)
)
MODULES = ('coral', 'logit_head', 'csv_people')


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """Where the user is: the blocks as files; nothing stays registered."""
    init_default_scope('mmpose')
    for name, text in BLOCKS.items():
        (tmp_path / f'{name}.py').write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    for registry in (MODELS, DATASETS, READERS):
        monkeypatch.setattr(registry, '_module_dict', dict(registry._module_dict))
    yield tmp_path
    for name in MODULES:
        sys.modules.pop(name, None)


def test_an_alignment_is_as_long_as_is_said():
    assert len(BLOCKS['coral'].splitlines()) <= 40


def test_an_alignment_trains(folder):
    cfg = tiny_config(folder / 'with_coral.py', folder / 'data', folder / 'run')
    runner = run(cfg)
    scalars = runner.message_hub.log_scalars
    assert scalars['train/coral/loss'].data[0].shape == (2,)  # of the second phase alone
    assert scalars['train/coral/largest_difference'].current() > 0
    assert [phase['iters'] for phase in read_summary(folder / 'run')['phases']] == [2, 2]


def test_the_config_imports_what_is_beside_it(folder, monkeypatch):
    """As a user starts it, from elsewhere and with nothing on the path."""
    monkeypatch.delenv('PYTHONPATH', raising=False)
    # the package, which may not be installed here
    start = 'import sys; sys.path.insert(0, sys.argv[1]); import mmpose_uda.config as c; '
    read = "c.load_config(sys.argv[2]); assert 'coral' in sys.modules"
    root = Path(mmpose_uda.__file__).parents[1]
    command = [sys.executable, '-c', start + read, str(root), 'there/with_coral.py']
    elsewhere = folder / 'elsewhere'
    elsewhere.mkdir()
    (elsewhere / 'there').symlink_to(folder)
    done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_covariance_is_that_of_the_cells(folder):
    from coral import CoralAlignment

    features = torch.randn(2, 3, 4, 5)
    seen = type('Seen', (), dict(features=(features,)))
    cells = features.permute(1, 0, 2, 3).reshape(3, -1).numpy()
    found = CoralAlignment.covariance(seen).numpy()
    np.testing.assert_allclose(found, np.cov(cells), rtol=1e-5)


def test_a_head_is_read_by_its_reader(folder):
    cfg = Config.fromfile('with_logits.py')
    cfg.model.estimator.backbone.pretrained = False
    model = MODELS.build(cfg.model)  # every part has found it fitting
    head = model.student.head
    reader = find_reader(head)
    assert type(reader).__module__ == 'logit_head'

    width, height = head.decoder.heatmap_size
    points = torch.rand(1, 16, 2) * torch.tensor(cfg.input_size) * 0.6 + 10
    heatmaps = reader.render_targets(points)
    outputs = torch.logit(heatmaps, eps=1e-6).requires_grad_()
    assert outputs.shape == (1, 16, height, width)
    found = reader.distributions(outputs)
    torch.testing.assert_close(found.points(), points, atol=0.5, rtol=0)
    assert (found.confidence() > 0.8).all()
    (pose,) = head.decode(outputs.detach())
    np.testing.assert_allclose(pose.keypoints[0], points[0].numpy(), atol=2)
    reader.loss(outputs, heatmaps, torch.zeros(1, 16)).backward()
    assert not outputs.grad.any()


def write_people(root, count=3):
    (root / 'images').mkdir(parents=True)
    rng = np.random.default_rng(0)
    with open(root / 'people.csv', 'w', newline='') as file:
        for i in range(count):
            image = rng.integers(0, 256, (48, 64, 3), np.uint8)
            cv2.imwrite(str(root / 'images' / f'{i}.png'), image)
            points = [[10 + k, 5 + 2 * k, k % 3 and 1] for k in range(16)]
            csv.writer(file).writerow([f'{i}.png', 8, 4, 40, 40, *sum(points, [])])


def test_a_data_set_is_loaded(folder):
    for name in ('my_people', 'my_tests'):
        write_people(folder / name)
    (folder / 'my_people/images').rename(folder / 'my_photos')
    (folder / 'my_tests/images').rename(folder / 'my_people/images')
    (folder / 'my_tests/images').symlink_to(folder / 'my_people/images')
    cfg = Config.fromfile('with_csv.py')
    assert cfg.get('builtin_data') is None
    pair = DATASETS.build(cfg.train_dataloader.dataset)[0]
    assert set(pair['inputs']) == {'source', 'target_teacher', 'target_student'}
    assert pair['data_samples']['source'].gt_fields.heatmaps.shape[0] == 16
    people = DATASETS.build(cfg.val_dataloader.dataset)
    assert len(people) == 3
    person = people.get_data_info(1)
    np.testing.assert_allclose(person['bbox'], [[8, 4, 48, 44]])
    np.testing.assert_allclose(person['keypoints'][0, 5], [15, 15])
    assert person['keypoints_visible'][0, :4].tolist() == [0, 1, 1, 0]
