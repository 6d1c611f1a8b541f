"""README.md: what it shows of Python runs, in a folder that looks as it says."""

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from infer_factory import TrainedRun

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
