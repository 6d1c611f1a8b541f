"""README.md: what it shows of Python runs, in a folder that looks as it says."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from data_factory import write_pose_dataset
from infer_factory import TrainedRun
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS

PAGE = Path(__file__).parents[2] / 'README.md'
BLOCKS = re.findall(r'^```python\n(.*?)^```', PAGE.read_text(), re.M | re.S)


@pytest.fixture
def adapted(tmp_path, monkeypatch):
    """A folder with an export and a photograph, where the README has them."""
    work_dir = tmp_path / 'work_dirs/my_adaptation'
    work_dir.mkdir(parents=True)
    TrainedRun(work_dir, '2d')  # with its export
    photo = tmp_path / 'my_photos/a.jpg'
    photo.parent.mkdir()
    cv2.imwrite(str(photo), np.full((48, 64, 3), 128, np.uint8))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_stock_mmpose_infers_with_an_export(adapted):
    (block,) = (text for text in BLOCKS if 'MMPoseInferencer' in text)
    found = {}
    exec(block, found)
    ((person,),) = found['result']['predictions']
    assert len(person['keypoints']) == 21
    assert (adapted / 'predictions/visualizations/a.jpg').is_file()


def test_the_call_for_inference(adapted):
    (call,) = re.findall(r'`mmpose_uda\.apis\.(infer\(.*?)`', PAGE.read_text(), re.S)
    call = call.replace('work_dirs/hand_3d', 'work_dirs/my_adaptation')
    found = {}
    exec(f'from mmpose_uda.apis import infer\nfound = {call}', found)
    assert list(found['found']) == ['a.jpg']


def test_a_recipe_with_data_of_ones_own(tmp_path, monkeypatch):
    """A copy of hand_3d.py whose section on data is the README's."""
    (block,) = (text for text in BLOCKS if '_base_.source_data' in text)
    recipe = PAGE.parent / 'configs/uda/hand_3d.py'
    text = recipe.read_text()
    start, end = (text.index(f'# ---- {section}') for section in ('data', 'model'))
    bases = (recipe.parents[1] / '_base_').as_posix()
    text = (text[:start] + block + text[end:]).replace('../_base_', bases)
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
