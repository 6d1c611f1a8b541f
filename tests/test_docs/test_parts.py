"""docs/parts.md: every block of it is run, on tiny data at the places that it names."""

import copy
import itertools
import json
import re
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
from config_factory import run
from data_factory import write_pose_dataset
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.hooks import Hook
from mmengine.registry import FUNCTIONS, init_default_scope
from mmengine.runner.checkpoint import save_checkpoint
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import (
    DATA_SAMPLERS,
    DATASETS,
    HOOKS,
    KEYPOINT_CODECS,
    LOOPS,
    METRICS,
    MODELS,
    TRANSFORMS,
)
from torch.utils.data import DataLoader, Subset

from mmpose_uda.models.losses import InfoMaxLoss

PAGE = Path(__file__).parents[2] / 'docs' / 'parts.md'
BLOCKS = dict(
    re.findall(r'^```python\n# (\S+)\.py\n(.*?)^```', PAGE.read_text(), re.M | re.S)
)
BATCH_SIZE = 2
ITERS = 2
# What brings batches of two domains, or of unlabelled images, to a part.
CARRIERS = {
    'DomainAdaptivePoseEstimator', 'SourceTargetDataset', 'InfiniteDrawSampler',
    'UnlabelledImageFolder', 'LoadPoseImage', 'collate_views',
}  # fmt: skip
PHOTO_COLOUR = (0, 40, 230)  # BGR

_count = itertools.count()


@HOOKS.register_module(force=True)
class NoteHook(Hook):
    """Keeps what a training is given, gives back and looks like after each step."""

    priority = 'LOWEST'

    def __init__(self):
        NoteHook.losses, NoteHook.images, NoteHook.weights = [], [], []
        NoteHook.tested = None

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        NoteHook.images.append(data_batch['inputs'])

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        NoteHook.losses.append({key: value.item() for key, value in outputs.items()})
        NoteHook.weights.append(copy.deepcopy(runner.model.state_dict()))

    def before_val_iter(self, runner, batch_idx, data_batch=None):
        NoteHook.tested = copy.deepcopy(runner.model.state_dict())


@HOOKS.register_module(force=True)
class NoteRawHook(Hook):
    """Keeps the images of each step as the data set made them."""

    priority = 'VERY_HIGH'

    def __init__(self):
        NoteRawHook.images = []

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        NoteRawHook.images.append(data_batch['inputs'])


@pytest.fixture(scope='module', autouse=True)
def folder(tmp_path_factory):
    """Where the user is: the blocks as files, and the data that they name."""
    init_default_scope('mmpose')  # as a Runner does
    root = tmp_path_factory.mktemp('user')
    for name, text in BLOCKS.items():
        (root / f'{name}.py').write_text(text)
    write_coco(root / 'data' / 'coco')
    write_pose_dataset(root / 'data' / 'my_hands', ITERS * BATCH_SIZE, masks=False)
    write_photos(root / 'data' / 'my_photos')
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.syspath_prepend(root)
        yield root


def write_coco(root):
    """What a stock config of COCO reads, detections included."""
    metainfo = parse_pose_metainfo(DATASETS.get('CocoDataset').METAINFO)
    names = list(metainfo['keypoint_id2name'].values())
    for split in ('train2017', 'val2017'):
        ann_file = write_pose_dataset(
            root, ITERS * BATCH_SIZE, f'person_keypoints_{split}', names=names
        )
        (root / split).symlink_to('images')
    content = json.loads(ann_file.read_text())
    detections = [
        {key: ann[key] for key in ('image_id', 'category_id', 'bbox')} | dict(score=1.0)
        for ann in content['annotations']
    ]
    name = 'person_detection_results/COCO_val2017_detections_AP_H_56_person.json'
    (root / name).parent.mkdir()
    (root / name).write_text(json.dumps(detections))


def write_photos(root):
    """Images of one colour and little noise, and boxes as a COCO file without labels."""
    rng = np.random.default_rng(0)
    (root / 'images').mkdir(parents=True)
    content = dict(images=[], annotations=[], categories=[dict(id=1, name='person')])
    for i in range(ITERS * BATCH_SIZE):
        image = np.clip(rng.normal(PHOTO_COLOUR, 10, (48, 64, 3)), 0, 255)
        name = f'{i}.png'
        cv2.imwrite(str(root / 'images' / name), image.astype(np.uint8))
        content['images'].append(dict(id=i, file_name=name, width=64, height=48))
        content['annotations'].append(
            dict(
                id=i, image_id=i, category_id=1, iscrowd=0, area=1200,
                bbox=[10, 5, 40, 30], keypoints=[1, 1, 0] * 17,
            )
        )  # fmt: skip
    (root / 'boxes.json').write_text(json.dumps(content))


def tiny(name, validate=False):
    """A config of the page, for a few steps with few samples and without a download."""
    cfg = Config.fromfile(f'{name}.py')
    cfg.work_dir = f'work_dirs/{name}'
    estimator = cfg.model.get('estimator', cfg.model)
    estimator.backbone.update(init_cfg=None)
    if 'VisionTransformer' in estimator.backbone.type:
        estimator.backbone.arch.num_layers = 2
    else:
        estimator.backbone.depth = 18
        estimator.head.in_channels = 512
    for loader in filter(None, (cfg.train_dataloader, cfg.val_dataloader)):
        loader.update(batch_size=BATCH_SIZE, num_workers=0, persistent_workers=False)
    for key in ('max_epochs', 'max_iters'):
        if key in cfg.train_cfg:
            cfg.train_cfg.update({key: 1 if key == 'max_epochs' else ITERS})
    for phase in cfg.train_cfg.get('phases', ()):
        phase.iters = ITERS
    if not validate:
        cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    cfg.test_cfg = cfg.test_dataloader = cfg.test_evaluator = None
    cfg.default_hooks.checkpoint.update(interval=100, save_last=False, save_best=None)
    notes = [dict(type='NoteRawHook'), dict(type='NoteHook')]
    cfg.custom_hooks = [*cfg.custom_hooks, *notes]
    cfg.randomness = dict(seed=0)
    cfg.experiment_name = cfg.visualizer.name = f'parts{next(_count)}'
    return cfg


def namespace(name):
    """What a block of Python defines."""
    found = {}
    exec(compile(BLOCKS[name], f'{name}.py', 'exec'), found)
    return SimpleNamespace(**found)


def losses_of_a_step(runner):
    """The losses of a batch, with gradient."""
    model = runner.model
    batch = next(iter(runner.train_dataloader))
    return model.loss(**model.data_preprocessor(batch, True))


def moved(before, after):
    """Names of the weights that changed."""
    return {key for key in after if not torch.equal(before[key], after[key])}


def has_gradient(module):
    return any(p.grad is not None and p.grad.abs().sum() > 0 for p in module.parameters())


def test_information_maximisation():
    runner = run(tiny('information'))
    assert len(NoteHook.losses) == 2 * ITERS  # images of both domains
    combined = runner.model.head.loss_module
    assert type(combined).__module__ == 'sum_of_losses'
    supervised, information = combined.losses
    assert isinstance(information, InfoMaxLoss)

    batch = next(iter(photos_only(runner)))
    batch = runner.model.data_preprocessor(batch, True)
    weights = [s.gt_instance_labels.keypoint_weights for s in batch['data_samples']]
    assert torch.cat(weights).abs().sum() == 0
    features = runner.model.extract_feat(batch['inputs'])
    outputs = runner.model.head(features)
    loss = runner.model.head.loss(features, batch['data_samples'])['loss_kpt']
    # the labelled term is silent on them, the other is not, and reaches the network
    torch.testing.assert_close(loss, information(outputs))
    runner.optim_wrapper.zero_grad()
    loss.backward()
    assert has_gradient(runner.model.backbone)


def photos_only(runner):
    """Batches of the unlabelled ones of two data sets."""
    dataset = runner.train_dataloader.dataset
    first = len(dataset.datasets[0])
    unlabelled = Subset(dataset, range(first, len(dataset)))
    return DataLoader(unlabelled, BATCH_SIZE, collate_fn=pseudo_collate)


def test_discriminator_on_any_features():
    torch.manual_seed(0)
    block = namespace('align_features')
    features = [torch.randn(2, 64, 6, 5, requires_grad=True) for _ in range(2)]
    block.alignment_loss(*features, coefficient=0.5).backward()
    reversed_gradients = [f.grad.clone() for f in features]
    of_discriminator = [p.grad.clone() for p in block.discriminator.parameters()]
    for leaf in (*features, *block.discriminator.parameters()):
        leaf.grad = None
    block.domain_loss(*map(block.discriminator, features)).backward()
    for feature, gradient in zip(features, reversed_gradients):
        torch.testing.assert_close(gradient, -0.5 * feature.grad)
        assert gradient.abs().sum() > 0
    for parameter, gradient in zip(block.discriminator.parameters(), of_discriminator):
        torch.testing.assert_close(gradient, parameter.grad)


def test_discriminator_in_a_config():
    cfg = tiny('adversarial')
    cfg.model.alignments.adversarial.discriminator.channels = (8,)
    runner = run(cfg)
    for losses in NoteHook.losses:
        assert losses['adversarial/loss'] > 0
        assert 0 <= losses['adversarial/domain_accuracy'] <= 1
        assert losses['loss_kpt'] > 0
    student = runner.model.student
    runner.optim_wrapper.zero_grad()
    losses_of_a_step(runner)['adversarial/loss'].backward()
    assert has_gradient(student.backbone) and has_gradient(student.head.deconv_layers)
    assert not has_gradient(student.head.final_layer)
    assert has_gradient(runner.model.alignments['adversarial'].discriminator)
    assert runner.model.tested is student


def test_masked_pre_training_and_what_starts_from_it():
    runner = run(tiny('pretrain'))
    for losses in NoteHook.losses:
        assert set(losses) == {'loss', 'reconstruction/loss_source'}
        assert 0.5 < losses['loss'] < 2
    changed = moved(*NoteHook.weights)
    assert any(key.startswith('student.backbone.layers') for key in changed)
    assert not any(key.startswith('student.head') for key in changed)

    init_cfg = Config.fromfile('from_pretrained.py').model.backbone.init_cfg
    save_checkpoint(dict(state_dict=runner.model.state_dict()), init_cfg.checkpoint)
    cfg = tiny('from_pretrained')
    cfg.model.backbone.init_cfg = init_cfg
    start = MODELS.build(cfg.model)
    start.init_weights()
    pretrained = runner.model.student.backbone.state_dict()
    assert moved(start.backbone.state_dict(), pretrained) == set()
    run(cfg)
    assert all(losses['loss_kpt'] > 0 for losses in NoteHook.losses)


def test_reconstruction_with_a_stock_network():
    block = namespace('reconstruct')
    cfg = Config.fromfile('restyled.py')
    cfg.model.backbone.init_cfg = None
    estimator = MODELS.build(cfg.model)
    loss = block.reconstruction_loss(estimator, torch.randn(2, 3, 256, 192))
    assert 0.5 < loss < 3
    loss.backward()
    assert has_gradient(estimator.backbone) and has_gradient(block.head)


def test_average_is_what_is_validated_and_saved():
    cfg = tiny('averaged', validate=True)
    cfg.train_cfg.val_interval = 1
    cfg.default_hooks.checkpoint.update(interval=1)
    runner = run(cfg)
    first, last = NoteHook.weights
    for name, _ in runner.model.named_parameters():
        mean = (first[name] + last[name]) / 2
        torch.testing.assert_close(NoteHook.tested[name], mean)
    weights = {name for name, _ in runner.model.named_parameters()}
    changed = moved(NoteHook.tested, last)
    assert changed and changed <= weights  # no statistics of BatchNorm
    assert moved(runner.model.state_dict(), last) == set()  # training goes on from here
    saved = torch.load('work_dirs/averaged/epoch_1.pth', weights_only=False)
    assert moved(saved['state_dict'], NoteHook.tested) == set()


def test_images_take_the_style_of_a_folder():
    run(tiny('restyled'))
    restyled = torch.cat(NoteHook.images)
    plain = torch.stack([image for batch in NoteRawHook.images for image in batch])
    assert restyled.shape == plain.shape
    colour = torch.tensor(PHOTO_COLOUR)[:, None, None]
    changed = 0
    for before, after in zip(plain.float(), restyled):
        if torch.equal(before, after):
            continue
        changed += 1
        distance = [(i - colour).abs().mean() for i in (before, after)]
        assert distance[1] < distance[0]
    assert 0 < changed < len(plain)


@pytest.mark.parametrize('head', ['RegressionPose3DHead', 'VolumetricPose3DHead'])
def test_3d_heads(head):
    cfg = tiny('regression_3d', validate=True)
    cfg.model.head.type = head
    cfg.model.test_cfg.flip_test = True
    runner = run(cfg)
    assert all(np.isfinite(losses['loss_kpt']) for losses in NoteHook.losses)
    changed = moved(*NoteHook.weights)
    assert any(key.startswith('head.to_') for key in changed)
    assert any(key.startswith('backbone.layer') for key in changed)
    figures = runner.message_hub.get_scalar('val/MPJPE')
    assert np.isfinite(figures.current()) and figures.current() > 0


def test_no_block_of_the_page_is_left_out():
    assert PAGE.read_text().count('```python') == len(BLOCKS)
    tests = Path(__file__).read_text()
    assert all(f"'{name}'" in tests for name in BLOCKS)


@pytest.mark.parametrize(
    'name, own',
    [
        ('information', {'InfoMaxLoss'}),
        ('adversarial', {'DomainAdversarial', 'DomainDiscriminator'} | CARRIERS),
        (
            'pretrain',
            {'MaskedReconstruction', 'PatchMasking', 'ForegroundReconstructionHead'}
            | {'MaskedVisionTransformer', 'PhasedTrainLoop'}
            | CARRIERS,
        ),
        ('from_pretrained', set()),
        ('averaged', {'EMATeacherHook'}),
        ('restyled', {'AdaINStyleHook'}),
        (
            'regression_3d',
            {'RegressionPose3DHead', 'Pose3DLabel', 'PoseDataset', 'TopdownAffine3D'}
            | {'PackPoseView', 'RootAlignedMPJPE'},
        ),
    ],
)
def test_a_config_has_nothing_else_of_this_package(name, own):
    text = Config.fromfile(f'{name}.py').text
    types = set(re.findall(r"\btype'?\s*[=:]\s*'(\w+)'", text))
    assert {t for t in types if is_of_this_package(t)} == own


def is_of_this_package(name):
    registries = (
        DATA_SAMPLERS, DATASETS, FUNCTIONS, HOOKS, KEYPOINT_CODECS, LOOPS, METRICS,
        MODELS, TRANSFORMS,
    )  # fmt: skip
    found = [registry.get(name) for registry in registries]
    return any(part and part.__module__.startswith('mmpose_uda') for part in found)
