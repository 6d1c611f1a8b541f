"""docs/own_data.md and get_started.md: their Python runs, in folders as they say."""

import re
from pathlib import Path

import cv2
import mmpose
import numpy as np
import pytest
from data_factory import write_pose_dataset
from infer_factory import TrainedRun
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS

from mmpose_uda.models.readers import find_reader

ROOT = Path(__file__).parents[2]


def blocks_of(page):
    text = (ROOT / 'docs' / page).read_text()
    return re.findall(r'^```python\n(.*?)^```', text, re.M | re.S)


TO_EXPORT, TO_RECIPE = blocks_of('own_data.md')
(TO_INFER,) = blocks_of('get_started.md')


@pytest.fixture
def adapted(tmp_path, monkeypatch):
    """A folder with an export and a photograph, where the pages have them."""
    for name in ('my_adaptation', 'hand_3d'):
        work_dir = tmp_path / 'work_dirs' / name
        work_dir.mkdir(parents=True)
        TrainedRun(work_dir, '2d')  # with its export
    photo = tmp_path / 'my_photos/a.jpg'
    photo.parent.mkdir()
    cv2.imwrite(str(photo), np.full((48, 64, 3), 128, np.uint8))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_stock_mmpose_infers_with_an_export(adapted):
    found = {}
    exec(TO_EXPORT, found)
    ((person,),) = found['result']['predictions']
    assert len(person['keypoints']) == 21
    assert (adapted / 'predictions/visualizations/a.jpg').is_file()


def test_the_call_for_inference(adapted):
    found = {}
    exec(TO_INFER, found)
    assert list(found['found']) == ['a.jpg']


def test_a_recipe_with_data_of_ones_own(tmp_path, monkeypatch):
    """A copy of hand_3d.py whose section on data is the page's."""
    recipe = ROOT / 'configs/uda/hand_3d.py'
    text = recipe.read_text()
    start, end = (text.index(f'# ---- {section}') for section in ('data', 'model'))
    bases = (recipe.parents[1] / '_base_').as_posix()
    text = (text[:start] + TO_RECIPE + text[end:]).replace('../_base_', bases)
    (tmp_path / 'mine.py').write_text(text)
    for split in ('train', 'test'):
        write_pose_dataset(tmp_path / 'my_hands', 2, split)
    write_pose_dataset(tmp_path / 'photos', 2)
    (tmp_path / 'photos/images/train').rename(tmp_path / 'my_photos')
    (tmp_path / 'my_photos/boxes.json').write_text('{"000000.png": [5, 5, 30, 30]}')
    monkeypatch.chdir(tmp_path)
    init_default_scope('mmpose')
    cfg = Config.fromfile('mine.py')
    pair = DATASETS.build(cfg.train_dataloader.dataset)[0]
    assert set(pair['inputs']) == {'source', 'target_teacher', 'target_student'}
    sample = pair['data_samples']['source']
    assert sample.gt_instances.keypoints_3d.shape == (1, 21, 3)
    assert len(DATASETS.build(cfg.val_dataloader.dataset)) == 2


STOCK = Path(mmpose.__file__).parent / '.mim/configs/body_2d_keypoint'
READ = [
    'topdown_heatmap/coco/td-hm_res50_8xb64-210e_coco-256x192.py',
    'topdown_heatmap/coco/td-hm_vipnas-res50_8xb64-210e_coco-256x192.py',
    'topdown_heatmap/coco/td-hm_hrnet-w32_udp-8xb64-210e_coco-256x192.py',
    'simcc/coco/simcc_res50_8xb64-210e_coco-256x192.py',
    'rtmpose/coco/rtmpose-s_8xb256-420e_coco-256x192.py',
    'integral_regression/coco/ipr_res50_dsnt-8xb64-210e_coco-256x256.py',
    'topdown_regression/coco/td-reg_res50_rle-8xb64-210e_coco-256x192.py',
]
NOT_READ = [
    'topdown_regression/coco/td-reg_res50_8xb64-210e_coco-256x192.py',
    'topdown_heatmap/coco/td-hm_mspn50_8xb32-210e_coco-256x192.py',
    'topdown_heatmap/coco/td-hm_cpm_8xb64-210e_coco-256x192.py',
    'topdown_heatmap/coco/td-hm-vis_res50_8xb64-210e_coco-aic-256x192-merge.py',
    'topdown_heatmap/coco/td-hm_hrnet-w32_udp-regress-8xb64-210e_coco-256x192.py',
]


@pytest.mark.parametrize('path', [*READ, *NOT_READ])
def test_heads_of_stock_configs_are_read_as_the_page_says(path):
    init_default_scope('mmpose')
    head = MODELS.build(Config.fromfile(STOCK / path).model.head)
    reader = find_reader(head)
    assert (reader is not None) == (path in READ)
    page = (ROOT / 'docs/own_data.md').read_text()
    (line,) = [x for x in page.splitlines() if f'`{type(head).__name__}`' in x]
    assert ('are not read' in line) == (reader is None) or 'udp-regress' in path
    if reader is not None:
        assert ('| fits |' in line) == reader.has_maps
        assert f'`{type(head.decoder).__name__}`' in line
