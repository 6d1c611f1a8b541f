"""``check_data.py`` as a user calls it: what is printed where, and its status."""

import os
import subprocess
import sys
from pathlib import Path

from data_factory import write_pose_dataset

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
default_scope = 'mmpose'
custom_imports = dict(imports=['mmpose_uda'])
train_dataloader = dict(dataset=dict(
    type='PoseDataset', data_root='hands', ann_file='annotations/train.json',
    pipeline=[dict(type='LoadPoseImage'), dict(type='LoadPoseMask')],
))
load_from = 'start.pth'
"""


def test_problems_are_sentences_and_status_2(tmp_path):
    write_pose_dataset(tmp_path / 'hands', 3)
    (tmp_path / 'hands/images/train/000001.png').unlink()
    (tmp_path / 'config.py').write_text(CONFIG)
    done = subprocess.run(
        [sys.executable, str(ROOT / 'tools/misc/check_data.py'), 'config.py'],
        cwd=tmp_path,
        env=dict(os.environ, PYTHONPATH=str(ROOT), OMP_NUM_THREADS='1'),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 2
    weights, images = done.stderr.splitlines()[-2:]
    assert weights.startswith('error: `load_from` names `start.pth` (weights), and there')
    assert images.startswith('error: 1 of 3 images of the train data cannot be used')
    assert 'Traceback' not in done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ['load_from', 'weights', 'start.pth', 'missing'] in lines
    assert ['missing', 'or', 'unreadable', '1'] in lines
    assert lines[-1] == ['2', 'problems:']
