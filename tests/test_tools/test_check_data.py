"""``check_data.py`` as a user calls it: what is printed where, and its status."""

from data_factory import write_pose_dataset
from tool_process import run_tool

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
    done = run_tool('misc/check_data.py', 'config.py', folder=tmp_path)
    assert done.returncode == 2
    weights, images = done.stderr.splitlines()[-2:]
    assert weights.startswith('error: `load_from` names `start.pth` (weights), but there')
    assert images.startswith('error: 1 of 3 images of the train data cannot be used')
    assert 'Traceback' not in done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ['load_from', 'weights', 'start.pth', 'missing'] in lines
    assert ['missing', 'or', 'unreadable', '1'] in lines
    assert lines[-1] == ['2', 'problems:']
