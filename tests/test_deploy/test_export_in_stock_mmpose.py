"""Exported models in an mmpose that has never heard of this package."""

import json
import subprocess
import sys
from pathlib import Path
from unittest.mock import patch

import cv2
import mmpose
import numpy as np
import pytest
import torch
from config_factory import CONFIG_DIR, tiny_config
from data_factory import write_pose_dataset
from mmengine import load
from mmengine.config import Config
from mmengine.evaluator import DumpResults
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.apis import inference_topdown, init_model
from mmpose.registry import DATASETS, MODELS
from published_animal_factory import write_animal_pose
from published_factory import write_lsp
from stock_factory import coco_names

from mmpose_uda.deploy.export import export_estimator

SCRIPT = Path(__file__).with_name('stock_mmpose.py')
STOCK = Path(
    mmpose.__path__[0],
    '.mim/configs/body_2d_keypoint/topdown_heatmap/coco/'
    'td-hm_res50_8xb64-210e_coco-256x192.py',
)
METRICS = [
    dict(type='PCKAccuracy', thr=0.2, norm_item='bbox'),
    dict(type='EPE'),
    dict(type='AUC'),
]


def builtin_config(root, name):
    """A built-in benchmark whose predictions average over mirror images."""
    cfg = tiny_config(CONFIG_DIR / name, root / 'human', root / 'run')
    cfg.test_evaluator = METRICS
    cfg.model.estimator.test_cfg = dict(flip_test=True, flip_mode='heatmap')
    return cfg


def heatmap_config(root):
    return builtin_config(root, 'human_2d.py')


def simcc_config(root):
    return builtin_config(root, 'human_2d_rtmcc.py')


def vit_config(root):
    """This package's transformer, from weights that are absent, a neck and no flips."""
    cfg = builtin_config(root, 'human_2d.py')
    width, height = cfg.input_size
    cfg.model.alignments = {}
    estimator = cfg.model.estimator
    estimator.backbone = dict(
        type='MaskedVisionTransformer',
        arch=dict(embed_dims=32, num_layers=2, num_heads=4, feedforward_channels=64),
        img_size=(height, width),
        patch_size=16,
        patch_cfg=dict(padding=2),
        with_cls_token=False,
        out_type='featmap',
        init_cfg=dict(type='Pretrained', checkpoint='nowhere/mae.pth'),
    )
    estimator.neck = dict(type='GlobalAveragePooling')
    estimator.head = dict(
        type='RegressionHead',
        in_channels=32,
        num_joints=16,
        loss=dict(type='SmoothL1Loss', use_target_weight=True),
        decoder=dict(type='RegressionLabel', input_size=cfg.input_size),
    )
    estimator.test_cfg = dict(flip_test=False)
    return cfg


def published_config(root, data, count):
    """Trained on a public data set, which is in no format of mmpose."""
    cfg = builtin_config(root, 'human_2d.py')
    cfg.model.estimator.head.out_channels = count
    cfg.model.source_statistics = None  # its bones are of other keypoints
    # the box may be the whole image
    pipeline = [dict(type='LoadPoseImage'), *cfg.test_dataloader.dataset.pipeline[1:]]
    cfg.test_dataloader.dataset = dict(
        data, data_root=str(root / data['type']), pipeline=pipeline, test_mode=True
    )
    return cfg


def person_config(root):
    (root / 'LSP').mkdir()
    write_lsp(root / 'LSP')
    return published_config(root, dict(type='LSP', split='test'), 16)


def animal_config(root):
    """Somebody has written the data's annotations as mmpose reads them."""
    write_animal_pose(root / 'AnimalPose14')
    cfg = published_config(root, dict(type='AnimalPose14', split='valid'), 14)
    write_as_coco(DATASETS.build(dict(cfg.test_dataloader.dataset, pipeline=[])))
    return cfg


def write_as_coco(dataset):
    """``annotations/test.json`` in the folder of a data set."""
    images, annotations = [], []
    for i, item in enumerate(dataset):
        height, width = cv2.imread(item['img_path']).shape[:2]
        name = str(Path(item['img_path']).relative_to(dataset.data_root))
        images.append(dict(id=i, file_name=name, width=width, height=height))
        x1, y1, x2, y2 = item['bbox'][0].tolist()
        points = np.insert(item['keypoints'][0], 2, 2 * item['keypoints_visible'][0], 1)
        annotations.append(
            dict(
                id=i,
                image_id=i,
                category_id=1,
                iscrowd=0,
                bbox=[x1, y1, x2 - x1, y2 - y1],
                area=(x2 - x1) * (y2 - y1),
                num_keypoints=item['num_keypoints'],
                keypoints=points.ravel().tolist(),
            )
        )
    path = Path(dataset.data_root, 'annotations/test.json')
    path.parent.mkdir()
    categories = [dict(id=1, name='one')]
    path.write_text(
        json.dumps(dict(images=images, annotations=annotations, categories=categories))
    )


def stock_config(root):
    """mmpose's own config for COCO, narrowed, with COCO's own metric."""
    cfg = Config.fromfile(STOCK)
    cfg.model.backbone.update(depth=18, stem_channels=8, base_channels=8, init_cfg=None)
    cfg.model.head.update(in_channels=64, deconv_out_channels=(8, 8, 8))
    cfg.model = dict(type='DomainAdaptivePoseEstimator', estimator=cfg.model)
    ann_file = write_pose_dataset(root / 'coco', 3, names=coco_names(), size=(64, 64))
    content = json.loads(ann_file.read_text())
    for annotation in content['annotations']:
        annotation['area'] *= 100  # COCO's tolerance grows with it
    ann_file.write_text(json.dumps(dict(content, info={})))
    cfg.test_dataloader.update(num_workers=0, persistent_workers=False)
    cfg.test_dataloader.dataset.update(
        data_root=str(root / 'coco'),
        ann_file='annotations/train.json',
        data_prefix=dict(img='images/'),
        bbox_file=None,
    )
    cfg.test_evaluator.ann_file = str(ann_file)
    cfg.work_dir = str(root / 'run')
    return cfg


# A training lays out the weights of CNNs otherwise, and their sums round otherwise.
ROUNDING = 1e-4
CONFIGS = dict(
    heatmap=heatmap_config,
    simcc=simcc_config,
    vit=vit_config,
    stock=stock_config,
    person=person_config,
    animal=animal_config,
)
# Without annotations in COCO's format stock mmpose infers all the same.
TESTED = [name for name in CONFIGS if name != 'person']


class Exported:
    """A model, what it predicts here, and the folder that it was exported to."""

    def __init__(self, root, name):
        self.folder = root / name
        cfg = CONFIGS[name](root)
        self.model = MODELS.build(cfg.model)
        self.model.update_teacher()
        self._disturb()
        cfg.experiment_name = f'here_{name}'
        cfg.load_from = str(root / f'{name}.pth')
        runner = Runner.from_cfg(cfg.copy())
        runner.test_evaluator.metrics.append(DumpResults(str(root / f'{name}.pkl')))
        meta = dict(dataset_meta=runner.test_dataloader.dataset.metainfo)
        checkpoint = dict(state_dict=self.model.state_dict(), meta=meta)
        torch.save(checkpoint, cfg.load_from)
        self.metrics = runner.test()
        self.predictions = load(root / f'{name}.pkl')
        export_estimator(cfg, checkpoint, str(self.folder))

    def _disturb(self):
        """Teacher and student differ, in weights and in statistics."""
        torch.manual_seed(0)
        for network in (self.model.teacher, self.model.student):
            for key, value in network.state_dict().items():
                if 'running_var' in key:
                    value.uniform_(0.5, 2.0)
                elif value.is_floating_point():
                    value.add_(0.05 * torch.randn_like(value))


@pytest.fixture(scope='module')
def exported(tmp_path_factory):
    """All exported models, tested by a process that has no package of this name."""
    init_default_scope('mmpose')
    root = tmp_path_factory.mktemp('exported')
    # mmengine formats every config that it writes, which takes seconds
    with patch('mmengine.config.config.FormatCode', lambda text, **_: (text, True)):
        models = {name: Exported(root, name) for name in CONFIGS}
    folders = [str(model.folder) for model in models.values()]
    command = [sys.executable, '-I', str(SCRIPT), str(image_of(root)), *folders]
    elsewhere = tmp_path_factory.mktemp('elsewhere')
    done = subprocess.run(command, cwd=elsewhere, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return models


def image_of(root):
    return next((root / 'coco').rglob('*.png'))


def read(model, name):
    return json.loads((model.folder / name).read_text())


@pytest.mark.parametrize('name', TESTED)
def test_the_same_numbers(exported, name):
    model = exported[name]
    metrics = read(model, 'metrics.json')
    assert set(metrics) == set(model.metrics)
    assert any(0.01 < value for value in metrics.values())
    for key, value in model.metrics.items():
        assert metrics[key] == pytest.approx(value, rel=ROUNDING)


@pytest.mark.parametrize('name', TESTED)
def test_the_same_predictions(exported, name):
    model = exported[name]
    found = load(model.folder / 'predictions.pkl')
    assert len(found) == len(model.predictions) > 2
    for theirs, ours in zip(found, model.predictions):
        theirs, ours = theirs['pred_instances'], ours['pred_instances']
        assert ours['keypoints'].std() > 0
        for key, px in (('keypoints', 0.01), ('keypoint_scores', 0)):
            np.testing.assert_allclose(theirs[key], ours[key], rtol=ROUNDING, atol=px)


@pytest.mark.parametrize('name', CONFIGS)
def test_the_inferencer_predicts(exported, name, tmp_path):
    model = exported[name]
    image = image_of(model.folder.parent)
    network = init_model(
        str(model.folder / 'config.py'), str(model.folder / 'model.pth'), device='cpu'
    )
    (expected,) = inference_topdown(network, str(image))
    np.testing.assert_allclose(
        read(model, 'inferred.json'), expected.pred_instances.keypoints[0], atol=1e-6
    )
    assert (model.folder / 'pictures' / image.name).is_file()


def test_a_test_without_annotations_names_them(exported):
    config = Config.fromfile(exported['person'].folder / 'config.py')
    dataset = config.test_dataloader.dataset
    with pytest.raises(AssertionError, match='LSP/annotations/test.json`'):
        DATASETS.build(dataset)
