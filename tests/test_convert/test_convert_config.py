"""Configs that are written from stock ones."""

import json
import runpy
import shutil
import sys
from pathlib import Path

import pytest
import torch
from config_factory import read_summary, run
from data_factory import write_pose_dataset
from mmengine.config import Config
from mmpose.datasets.datasets import MpiiDataset
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import MODELS
from stock_factory import EPOCHS, NUM_IMAGES, drop_pretrained, shrink, write_coco

from mmpose_uda.convert.convert_config import convert_config
from mmpose_uda.convert.own_metrics import SUBSTITUTE, own_metrics
from mmpose_uda.errors import UserError

TOOL = Path(__file__).parents[2] / 'tools' / 'misc' / 'convert_config.py'
COCO = 'mmpose::body_2d_keypoint/{}/coco/{}_8xb64-210e_coco-256x192.py'
HEATMAP = COCO.format('topdown_heatmap', 'td-hm_res50')
VITPOSE = COCO.format('topdown_heatmap', 'td-hm_ViTPose-small')
REGRESSION = COCO.format('topdown_regression', 'td-reg_res50')
RTMPOSE = 'mmpose::body_2d_keypoint/rtmpose/coco/rtmpose-m_8xb256-420e_coco-256x192.py'
BODY8 = 'mmpose::body_2d_keypoint/rtmpose/body8/rtmpose-m_8xb256-420e_body8-256x192.py'
MPII = (
    'mmpose::body_2d_keypoint/topdown_heatmap/mpii/td-hm_res50_8xb64-210e_mpii-256x256.py'
)
MSPN = (
    'mmpose::body_2d_keypoint/topdown_heatmap/coco/td-hm_mspn50_8xb32-210e_coco-256x192.py'
)
DSNT = (
    'mmpose::body_2d_keypoint/integral_regression/coco/'
    'ipr_res50_dsnt-8xb64-210e_coco-256x256.py'
)
BOTTOM_UP = 'mmpose::body_2d_keypoint/dekr/coco/dekr_hrnet-w32_8xb10-140e_coco-512x512.py'


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
    assert 'coco/AP' in summary['source']
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
    # tests, and the export, have the only labelled data that there are
    exported = Config.fromfile(Path(summary['export'], 'config.py'))
    for cfg in (Config.fromfile(path), exported):
        assert cfg.test_dataloader.dataset.data_root == folders['source']
        assert cfg.test_dataloader.dataset.ann_file == 'annotations/train.json'
        assert [metric.type for metric in cfg.test_evaluator] == ['CocoMetric']
        assert 'ann_file' not in cfg.test_evaluator[0]


def test_few_images_have_a_schedule_that_fits(folders, out):
    """RTMPose warms up for 1000 steps, and 420 epochs of less than a batch are 420."""
    path = convert_config(RTMPOSE, **folders, out=out)
    cfg = Config.fromfile(path)
    warm_up, annealing = cfg.param_scheduler
    assert (warm_up.end, annealing.end) == (42, 420)
    assert warm_up.start_factor == 1.0e-5 and '_scope_' not in warm_up
    assert cfg.model.alignments.mean_teacher.ramp_iters == 84
    assert f'{NUM_IMAGES} labelled samples in batches of 256' in path.read_text()


def test_the_data_of_the_stock_config(folders, out):
    path = convert_config(RTMPOSE, folders['target'], out=out)
    cfg = Config.fromfile(path)
    dataset = cfg.train_dataloader.dataset
    assert dataset.source.ann_file.endswith('person_keypoints_train2017.json')
    assert dataset.target.data_root == folders['target']
    assert cfg.val_dataloader.dataset.type == 'CocoDataset'
    # hooks of the base that do not go with a teacher are left out, and it is said why
    kinds = [hook.type for hook in cfg.custom_hooks]
    expected = ['EMATeacherHook', 'AdaptationMonitorHook', 'StepStateHook', 'SummaryHook']
    assert kinds == expected
    text = path.read_text()
    assert 'Left out: EMAHook' in text and 'Left out: PipelineSwitchHook' in text


def test_a_base_in_a_file(folders, tmp_path, monkeypatch):
    (tmp_path / 'mine').mkdir()
    base = tmp_path / 'mine' / 'res50.py'
    base.write_text(f'_base_ = {HEATMAP!r}\nmodel = dict(test_cfg=dict(flip_test=False))')
    monkeypatch.chdir(tmp_path)
    path = convert_config('mine/res50.py', 'target', 'source')
    assert path == Path('res50_adapted.py')
    assert "_base_ = 'mine/res50.py'" in path.read_text()
    monkeypatch.chdir('/')
    cfg = Config.fromfile(tmp_path / path)
    assert cfg.model.estimator.test_cfg.flip_test is False


def test_boxes_of_the_target(folders, out):
    path = convert_config(HEATMAP, **folders, out=out)
    assert 'boxes' not in Config.fromfile(path).train_dataloader.dataset.target
    path.unlink()
    boxes = Path(folders['target'], 'boxes.json')
    boxes.write_text(json.dumps({'train/000000.png': [1, 2, 30, 40]}))
    path = convert_config(HEATMAP, **folders, out=out)
    assert Config.fromfile(path).train_dataloader.dataset.target.boxes == 'boxes.json'
    path.unlink()
    boxes.write_text(json.dumps({'gone.png': [1, 2, 30, 40]}))
    with pytest.raises(UserError, match='names `gone.png`'):
        convert_config(HEATMAP, **folders, out=out)


@pytest.mark.parametrize('imports', ["'own_part'", "['own_part']"])
def test_the_modules_of_the_base_are_imported(folders, out, tmp_path, monkeypatch, imports):
    (tmp_path / 'own_part.py').write_text('')
    monkeypatch.syspath_prepend(tmp_path)
    base = tmp_path / 'base.py'
    base.write_text(f'_base_ = {HEATMAP!r}\ncustom_imports = dict(imports={imports})')
    path = convert_config(str(base), **folders, out=out)
    sys.modules.pop('own_part')
    assert Config.fromfile(path).custom_imports.imports == ['mmpose_uda', 'own_part']
    assert sys.modules.pop('own_part')


def test_a_list_of_evaluators(folders, out):
    cfg = Config.fromfile(convert_config(BODY8, **folders, out=out))
    for (metric,) in (cfg.val_evaluator, cfg.test_evaluator):
        assert metric.type == 'CocoMetric' and 'ann_file' not in metric
    # nothing is left of the stock data
    assert cfg.test_dataloader.dataset == cfg.val_dataloader.dataset
    assert cfg.test_dataloader.dataset.type == 'PoseDataset'
    assert 'datasets' not in cfg.test_dataloader.dataset


def test_metrics_that_need_what_own_data_lack(folders, out, tmp_path):
    points = parse_pose_metainfo(dict(MpiiDataset.METAINFO))['keypoint_id2name']
    for split in ('train', 'val'):
        names = list(points.values())
        write_pose_dataset(tmp_path / 'mpii', 1, split, names=names)
    path = convert_config(MPII, folders['target'], str(tmp_path / 'mpii'), out=out)
    assert '# MpiiPCKAccuracy reads the size of the head' in path.read_text()
    cfg = Config.fromfile(path)
    assert cfg.val_evaluator == cfg.test_evaluator == [SUBSTITUTE]
    assert cfg.default_hooks.checkpoint.save_best is None


@pytest.mark.parametrize(
    'metric, fits',
    [
        (dict(type='CocoMetric', ann_file='stock.json'), True),
        (dict(type='CocoMetric', ann_file='a', iou_type='keypoints_crowd'), False),
        (dict(type='mmpose.CocoWholeBodyMetric', ann_file='stock.json'), False),
        (dict(type='PCKAccuracy', thr=0.2), True),
        (dict(type='PCKAccuracy', norm_item=['bbox', 'head']), False),
        (dict(type='JhmdbPCKAccuracy', norm_item=['bbox', 'torso']), True),
        (dict(type='NME', norm_mode='use_norm_item', norm_item='bbox_size'), True),
    ],
)
def test_metrics_of_own_data(metric, fits):
    metrics, reasons = own_metrics([dict(metric), dict(type='AUC')])
    # what the file would say comes with the samples
    own = {key: value for key, value in metric.items() if key != 'ann_file'}
    auc = dict(type='AUC')
    assert metrics == ([own, auc] if fits else [auc, SUBSTITUTE])
    assert bool(reasons) is not fits


def test_features_of_several_stages_are_aligned_by_the_last(folders, out):
    text = convert_config(MSPN, folders['target'], out=out).read_text()
    assert 'No distributions of keypoints can be read from MSPNHead' in text
    cfg = Config.fromfile(out)
    drop_pretrained(cfg.model)
    model = MODELS.build(cfg.model)
    last = model.student.backbone(torch.zeros(1, 3, 64, 48))[-1][-1]
    discriminator = model.alignments['adversarial'].discriminator
    assert discriminator.layers[0].in_channels == last.shape[1] == 256


# ---- what does not fit ---------------------------------------------------------------


@pytest.mark.parametrize(
    'base, message',
    [
        ('none.py', 'no config file none.py'),
        ('mmpose::body_2d_keypoint/none.py', 'no config mmpose::.*none.py: give the path'),
        (HEATMAP.replace('res50', 'res_50'), f'res_50.*: use .*{HEATMAP}'),
        ('nopackage::a.py', 'no config nopackage::a.py'),
        (BOTTOM_UP, "model.type='BottomupPoseEstimator'"),
        ('mmpose::_base_/default_runtime.py', 'model.type=None'),
    ],
)
def test_bases_that_cannot_be_adapted(folders, out, base, message):
    with pytest.raises(UserError, match=message):
        convert_config(base, **folders, out=out)
    assert not Path(out).exists()


@pytest.mark.parametrize(
    'text, message',
    [
        ('model = dict(', 'base.py, line 1, is not Python'),
        ('a = 1\nb = 1 / 0', 'base.py, line 2, fails with ZeroDivisionError'),
        ("_base_ = 'gone.py'", 'base.py cannot be read: .*gone.py'),
        ("custom_imports = dict(imports='no_such_part')", 'no_such_part'),
    ],
)
def test_broken_bases(folders, out, tmp_path, text, message):
    (tmp_path / 'base.py').write_text(text)
    with pytest.raises(UserError, match=message):
        convert_config(str(tmp_path / 'base.py'), **folders, out=out)


def test_what_is_written_can_be_read(folders, out, monkeypatch):
    monkeypatch.setattr(
        'mmpose_uda.convert.convert_config.adapted_text', lambda *_: 'model = dict('
    )
    with pytest.raises(UserError, match='adapted.py, line 1, is not Python'):
        convert_config(HEATMAP, **folders, out=out)
    assert not Path(out).exists()


def test_a_scope_before_a_transform(folders, out, tmp_path):
    base = tmp_path / 'base.py'
    base.write_text(
        f'_base_ = {HEATMAP!r}\n'
        "pipeline = [dict(s, type='mmpose.' + s['type'])\n"
        '            for s in _base_.train_pipeline]\n'
        'train_dataloader = dict(dataset=dict(pipeline=pipeline))\n'
    )
    text = convert_config(str(base), **folders, out=out).read_text()
    assert 'in_channels=2048' in text


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
    with pytest.raises(UserError, match='--out adapted is not the name of a config'):
        convert_config(HEATMAP, folders['target'], out='adapted')


def test_a_file_is_never_overwritten(folders, out):
    Path(out).write_text('edited')
    with pytest.raises(UserError, match='already exists'):
        convert_config(HEATMAP, **folders, out=out)
    assert Path(out).read_text() == 'edited'


def edit(path, change):
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def remove_categories(content):
    del content['categories']


def remove_names(content):
    del content['categories'][0]['keypoints']


def remove_names_and_a_point(content):
    remove_names(content)
    for annotation in content['annotations']:
        del annotation['keypoints'][-3:]


def swap_names(content):
    names = content['categories'][0]['keypoints']
    names[1], names[2] = names[2], names[1]


def rename_image(content):
    content['images'][0]['file_name'] = 'gone.png'


@pytest.mark.parametrize(
    'change, message',
    [
        (remove_names_and_a_point, 'have 16 keypoints and the config has 17'),
        (swap_names, r'17 keypoints of .*train.json. \(nose, right_eye.*\(nose, left_eye'),
        (rename_image, 'names the image gone.png, which is not in .*images'),
    ],
)
def test_sources_that_do_not_fit(folders, out, change, message):
    edit(Path(folders['source'], 'annotations', 'train.json'), change)
    with pytest.raises(UserError, match=message):
        convert_config(HEATMAP, **folders, out=out)


def add_a_category(content):
    content['categories'].insert(0, dict(id=7, name='face', keypoints=[]))


def nest_keypoints(content):
    remove_names(content)
    for annotation in content['annotations']:
        values = annotation['keypoints']
        annotation['keypoints'] = [values[i : i + 3] for i in range(0, len(values), 3)]


@pytest.mark.parametrize(
    'change', [remove_categories, remove_names, add_a_category, nest_keypoints]
)
def test_sources_that_say_it_in_another_way(folders, out, change):
    edit(Path(folders['source'], 'annotations', 'train.json'), change)
    assert convert_config(HEATMAP, **folders, out=out).is_file()


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
    assert f'mmpose_uda train {out}' in capsys.readouterr().out
    assert Config.fromfile(out).model.type == 'DomainAdaptivePoseEstimator'
    with pytest.raises(SystemExit) as caught:
        runpy.run_path(str(TOOL), run_name='__main__')
    assert caught.value.code == 2
    assert 'already exists' in capsys.readouterr().err
