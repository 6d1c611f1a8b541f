"""Configs that are written from stock ones."""

import json
import os
import runpy
import shutil
import sys
from pathlib import Path

import pytest
from config_factory import read_summary, run
from mmengine.config import Config
from mmengine.utils import get_installed_path
from stock_factory import EPOCHS, NUM_IMAGES, shrink, write_coco

from mmpose_uda.apis.convert_config import convert_config
from mmpose_uda.errors import UserError

TOOL = Path(__file__).parents[2] / 'tools' / 'misc' / 'convert_config.py'
COCO = 'mmpose::body_2d_keypoint/{}/coco/{}_8xb64-210e_coco-256x192.py'
HEATMAP = COCO.format('topdown_heatmap', 'td-hm_res50')
VITPOSE = COCO.format('topdown_heatmap', 'td-hm_ViTPose-small')
REGRESSION = COCO.format('topdown_regression', 'td-reg_res50')
RTMPOSE = (
    'mmpose::body_2d_keypoint/rtmpose/coco/rtmpose-m_8xb256-420e_coco-256x192.py'
)
BOTTOM_UP = (
    'mmpose::body_2d_keypoint/dekr/coco/dekr_hrnet-w32_8xb10-140e_coco-512x512.py'
)


@pytest.fixture
def folders(tmp_path):
    """A labelled and an unlabelled folder."""
    write_coco(tmp_path / 'source')
    images = write_coco(tmp_path / 'other', seed=1) / 'images'
    shutil.move(images, tmp_path / 'target')
    return dict(source=str(tmp_path / 'source'), target=str(tmp_path / 'target'))


@pytest.fixture
def out(tmp_path):
    return str(tmp_path / 'adapted.py')


def trained(path, work_dir):
    runner = run(shrink(Config.fromfile(path), work_dir))
    assert runner.iter == EPOCHS * NUM_IMAGES // 2
    return runner, read_summary(work_dir)


def test_a_converted_config_trains_and_validates(folders, out, tmp_path):
    path = convert_config(VITPOSE, **folders, out=out)
    runner, summary = trained(path, tmp_path / 'run')
    assert set(runner.model.alignments) == {'mean_teacher', 'occlusion'}
    assert 'coco/AP' in summary['target']
    # the student's layers have rates of their own
    assert len({group['lr'] for group in runner.optim_wrapper.param_groups}) > 5
    text = path.read_text()
    assert 'StudentLayerDecay' in text and 'BatchNorm' in text
    assert "type='EpochDrawSampler'" in text and '*_base_.custom_hooks' in text
    assert 'in_channels=384' in text  # of the discriminator that is proposed


def test_a_head_without_distributions_has_parts_that_fit(folders, out, tmp_path):
    Path(folders['source'], 'annotations', 'val.json').unlink()
    path = convert_config(REGRESSION, **folders, out=out)
    runner, summary = trained(path, tmp_path / 'run')
    assert set(runner.model.alignments) == {'adversarial'}
    assert Path(summary['export'], 'model.pth').is_file()
    text = path.read_text()
    assert 'No distributions of keypoints can be read from RegressionHead' in text
    assert 'MeanTeacher' not in text and 'StudentLayerDecay' not in text
    assert 'val_dataloader = None' in text


def test_the_data_of_the_stock_config(folders, out):
    path = convert_config(RTMPOSE, folders['target'], out=out)
    cfg = Config.fromfile(path)
    dataset = cfg.train_dataloader.dataset
    assert dataset.source.ann_file.endswith('person_keypoints_train2017.json')
    assert dataset.target.data_root == folders['target']
    assert cfg.val_dataloader.dataset.type == 'CocoDataset'
    # hooks of the base that do not go with a teacher are left out, and it is said why
    kinds = [hook.type for hook in cfg.custom_hooks]
    assert kinds == ['EMATeacherHook', 'StepStateHook', 'SummaryHook']
    text = path.read_text()
    assert 'Left out: EMAHook' in text and 'Left out: PipelineSwitchHook' in text


def test_a_base_in_a_file(folders, tmp_path, monkeypatch):
    (tmp_path / 'mine').mkdir()
    stock = HEATMAP.partition('::')[2]
    base = tmp_path / 'mine' / 'res50.py'
    base.write_text(f'_base_ = {HEATMAP!r}\nmodel = dict(test_cfg=dict(flip_test=False))')
    monkeypatch.chdir(tmp_path)
    path = convert_config('mine/res50.py', 'target', 'source')
    assert path == Path('res50_adapted.py')
    assert "_base_ = 'mine/res50.py'" in path.read_text()
    monkeypatch.chdir('/')
    cfg = Config.fromfile(tmp_path / path)
    assert cfg.model.estimator.test_cfg.flip_test is False
    assert os.path.isdir(get_installed_path('mmpose')) and stock  # what it inherits from


# ---- what does not fit ---------------------------------------------------------------


@pytest.mark.parametrize(
    'base, message',
    [
        ('none.py', 'no config none.py'),
        ('mmpose::body_2d_keypoint/none.py', 'no config mmpose::.*none.py'),
        ('nopackage::a.py', 'no config nopackage::a.py'),
        (BOTTOM_UP, "model.type='BottomupPoseEstimator'"),
        ('mmpose::_base_/default_runtime.py', 'model.type=None'),
    ],
)
def test_bases_that_cannot_be_adapted(folders, out, base, message):
    with pytest.raises(UserError, match=message):
        convert_config(base, **folders, out=out)
    assert not Path(out).exists()


def test_folders_that_are_not_there(folders, out, tmp_path):
    with pytest.raises(UserError, match='no folder gone: correct --target'):
        convert_config(HEATMAP, 'gone', out=out)
    with pytest.raises(UserError, match='no folder gone: correct --source'):
        convert_config(HEATMAP, folders['target'], 'gone', out=out)
    (tmp_path / 'empty').mkdir()
    with pytest.raises(UserError, match='empty` holds no images'):
        convert_config(HEATMAP, str(tmp_path / 'empty'), out=out)
    with pytest.raises(UserError, match='no folder gone for --out'):
        convert_config(HEATMAP, folders['target'], out='gone/a.py')


def test_a_file_is_never_overwritten(folders, out):
    Path(out).write_text('edited')
    with pytest.raises(UserError, match='is there already'):
        convert_config(HEATMAP, **folders, out=out)
    assert Path(out).read_text() == 'edited'


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def remove_names(content):
    del content['categories'][0]['keypoints']


def swap_names(content):
    names = content['categories'][0]['keypoints']
    names[1], names[2] = names[2], names[1]


def rename_image(content):
    content['images'][0]['file_name'] = 'gone.png'


@pytest.mark.parametrize(
    'change, message',
    [
        (remove_names, 'is not a COCO-style file'),
        (swap_names, r'17 keypoints of .*train.json \(nose, right_eye.*\(nose, left_eye'),
        (rename_image, 'names the image gone.png, which is not in .*images'),
    ],
)
def test_sources_that_do_not_fit(folders, out, change, message):
    edit(Path(folders['source'], 'annotations', 'train.json'), change)
    with pytest.raises(UserError, match=message):
        convert_config(HEATMAP, **folders, out=out)


def test_which_annotations_are_meant(folders, out):
    annotations = Path(folders['source'], 'annotations')
    (annotations / 'train.json').rename(annotations / 'people.json')
    path = convert_config(HEATMAP, **folders, out=out)
    assert "ann_file='annotations/people.json'" in path.read_text()
    path.unlink()
    shutil.copy(annotations / 'people.json', annotations / 'more.json')
    with pytest.raises(UserError, match='2 other JSON files: .* train.json'):
        convert_config(HEATMAP, **folders, out=out)


# ---- the tool ------------------------------------------------------------------------


def test_tool(folders, out, monkeypatch, capsys):
    arguments = [HEATMAP, '--target', folders['target'], '--out', out]
    monkeypatch.setattr(sys, 'argv', [str(TOOL), *arguments])
    runpy.run_path(str(TOOL), run_name='__main__')
    assert f'python tools/train.py {out}' in capsys.readouterr().out
    assert Config.fromfile(out).model.type == 'DomainAdaptivePoseEstimator'
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(TOOL), run_name='__main__')
    assert caught.value.code == 2
    assert 'is there already' in capsys.readouterr().err
