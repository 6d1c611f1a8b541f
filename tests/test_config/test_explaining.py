"""Sentences for users' mistakes, and tracebacks for bugs."""

import errno
import re
from urllib.error import HTTPError, URLError

import pytest
import torch
import toy_parts
from mmengine.config import Config
from mmengine.registry import MODELS as ROOT_MODELS
from mmengine.registry import OPTIMIZERS, VISBACKENDS
from mmengine.runner.checkpoint import load_state_dict
from mmpose.registry import DATASETS, METRICS, MODELS, TRANSFORMS
from torch.utils.data import DataLoader

from mmpose_uda.config import explain, user_errors
from mmpose_uda.config.unfit_weights import unfit_weights
from mmpose_uda.errors import UserError


def _config(**values):
    return Config(values, cfg_text='as read', filename='my_config.py')


def _sentence(cfg, run):
    with pytest.raises(UserError) as caught, user_errors(cfg):
        run()
    sentence = str(caught.value)
    assert '\n' not in sentence and sentence.endswith('.')
    return sentence


def test_unknown_part_names_its_place_and_the_closest():
    cfg = _config(model=dict(parts=[dict(type='TopdownPoseEstimater')]))
    sentence = _sentence(cfg, lambda: MODELS.build(cfg.model.parts[0]))
    assert sentence.startswith('`model.parts.0` in my_config.py: ')
    assert '`TopdownPoseEstimator`' in sentence


def test_a_hook_with_values_that_it_cannot_compare():
    # the runner raises it anew, without the frames of the hook
    text = (
        "'>' not supported between instances of 'NoneType' and 'int' in "
        '<mmengine.hooks.checkpoint_hook.CheckpointHook object at 0x7ff13f4d7490>'
    )
    found = explain(TypeError(text), _config())
    assert found == (
        "my_config.py: CheckpointHook cannot run with the values that it has ('>' not "
        "supported between instances of 'NoneType' and 'int'): correct them."
    )
    ours = text.replace('mmengine.hooks', 'mmpose_uda.engine.hooks')
    assert explain(TypeError(ours), _config()) is None


def test_unknown_part_of_another_scope():
    cfg = _config(model=dict(type='mmpretrain.VisionTransfomer'))
    sentence = _sentence(cfg, lambda: MODELS.build(cfg.model))
    assert '`mmpretrain.VisionTransformer`' in sentence


def test_misspelt_argument_of_a_parent_class():
    # ToyModel hands what it does not know to BaseModel
    cfg = _config(model=dict(type='ToyModel', width=1, data_preprocesor=None))
    sentence = _sentence(cfg, lambda: ROOT_MODELS.build(cfg.model))
    assert sentence == (
        '`model` in my_config.py: ToyModel takes no `data_preprocesor`: use '
        '`data_preprocessor`.'
    )


def test_misspelt_argument_of_a_class_of_torch():
    cfg = _config(optimizer=dict(type='SGD', lr=1.0, momentun=0.9))
    weights = [torch.zeros(1, requires_grad=True)]
    build = lambda: OPTIMIZERS.build(cfg.optimizer, default_args=dict(params=weights))  # noqa: E731
    assert 'SGD takes no `momentun`: use `momentum`.' in _sentence(cfg, build)


def test_missing_argument():
    cfg = _config(model=dict(type='ToyModel'))
    sentence = _sentence(cfg, lambda: ROOT_MODELS.build(cfg.model))
    assert sentence == (
        "`model` in my_config.py: ToyModel needs 'width': add it to my_config.py."
    )


@pytest.mark.parametrize('workers', [0, 1])
def test_mistakes_found_in_workers(workers):
    loader = DataLoader(toy_parts.ToyDataset(fail=True), num_workers=workers)
    sentence = _sentence(_config(), lambda: list(loader))
    assert sentence == 'The file 3.png is no image: replace it.'


def test_full_disk():
    cfg = _config(work_dir='/dev/full')
    for save in (
        lambda: torch.save(dict(a=torch.zeros(10)), '/dev/full'),
        lambda: open('/dev/full', 'w').write('text' * 10000),
        lambda: torch.save(dict(a=torch.zeros(10**5)), open('/dev/full', 'wb')),
    ):
        assert 'The disk is full' in _sentence(cfg, save)

    def quota():
        raise OSError(errno.EDQUOT, 'Disk quota exceeded', '/home/me/file')

    sentence = _sentence(cfg, quota)
    assert '/home/me/file' in sentence and '--resume' in sentence


def test_full_shared_memory():
    error = RuntimeError(
        'unable to write to file </torch_12_34>: No space left on device (28)'
    )
    assert 'num_workers=0' in explain(error, _config())


@pytest.mark.parametrize(
    'error',
    [
        URLError('Name or service not known'),
        HTTPError('https://somewhere/w.pth', 404, 'Not Found', {}, None),
    ],
)
def test_weights_that_cannot_be_downloaded(error):
    def fetch():
        raise error

    init = dict(type='Pretrained', checkpoint='https://somewhere/w.pth')
    sentence = _sentence(_config(model=dict(backbone=dict(init_cfg=init))), fetch)
    assert f'({error.reason})' in sentence
    assert '`model.backbone.init_cfg` in my_config.py' in sentence


@pytest.mark.parametrize(
    'build',
    [
        lambda path: DATASETS.build(dict(type='mmpose.CocoDataset', ann_file=path)),
        lambda path: METRICS.build(dict(type='mmpose.CocoMetric', ann_file=path)),
    ],
    ids=['data set', 'metric'],
)
def test_missing_data_of_a_stock_config(build):
    sentence = _sentence(_config(), lambda: build('nowhere/train.json'))
    assert sentence == (
        'There is no file nowhere/train.json: correct the paths of the data in '
        'my_config.py.'
    )


@pytest.mark.parametrize(
    'given, told',
    [
        (
            {'linear.weight': torch.zeros(1, 3), 'linear.bias': torch.zeros(1)},
            'of another size: linear.weight (1 x 3 there, 1 x 2 in the model)',
        ),
        (
            # longer than a line: the first of each kind says what is wrong
            {f'backbone.layers.{n}.weight': torch.zeros(1) for n in range(40)},
            'lacking: linear.weight and 1 more; '
            'unknown to the model: backbone.layers.0.weight and 39 more',
        ),
        (
            # what torch says of it
            {'linear.weight': 'text', 'linear.bias': torch.zeros(1)},
            'While copying the parameter named "linear.weight", expected torch.Tensor or '
            "Tensor-like object from checkpoint but received <class 'str'>",
        ),
    ],
)
def test_a_checkpoint_of_another_model(given, told):
    sentence = _sentence(
        _config(),
        lambda: load_state_dict(toy_parts.ToyModel(2), given, strict=True),
    )
    assert sentence == (
        f'The checkpoint does not fit the model of the config ({told}): give the config '
        'that it was trained with.'
    )


def test_a_long_message_of_a_misfit_is_cut():
    told = unfit_weights('While copying\n\tof a kind\n' + 'and so on\n' * 99)
    assert told.startswith('While copying of a kind and so on and')
    assert told.endswith(' ...') and len(told) <= 300 and '\n' not in told


def _bug():
    raise TypeError("helper() got an unexpected keyword argument 'depth'")


@pytest.mark.parametrize(
    'bug',
    [
        lambda: 1 / 0,
        lambda: {}['key'],
        _bug,
        lambda: (lambda a: a)(b=1),
        lambda: open('/no/such/file'),
    ],
)
def test_bugs_keep_their_traceback(bug):
    with pytest.raises(Exception) as caught, user_errors(_config()):
        bug()
    assert not isinstance(caught.value, UserError)


def test_a_step_that_cannot_be_compiled():
    from torch._dynamo.exc import InternalTorchDynamoError

    def fail():
        raise InternalTorchDynamoError('AttributeError: no items\n\nfrom user code: ...')

    assert _sentence(_config(), fail) == (
        'torch.compile cannot compile the training step (AttributeError: no items): leave '
        '`compile` out of my_config.py.'
    )


@pytest.mark.parametrize(
    'registry, part, said',
    [
        (OPTIMIZERS, dict(type='SGD', lr=-1.0), 'SGD cannot .* learning rate: -1.0'),
        (
            TRANSFORMS,
            dict(type='mmpose.RandomFlip', prob=2.0),
            'RandomFlip cannot .*Assertion',
        ),
        (MODELS, dict(type='mmpose.ResNet', depth=7), 'ResNet cannot .*invalid depth 7'),
        (MODELS, dict(type='mmpose.HRNet', extra=3), 'HRNet cannot be made'),
        (VISBACKENDS, dict(type='NotInstalled'), 'NotInstalled cannot .*No module'),
    ],
)
def test_what_a_part_refuses_is_told_with_its_place(registry, part, said):
    cfg = _config(model=dict(parts=[part]))
    own = dict(params=[torch.zeros(1, requires_grad=True)])
    given = own if registry is OPTIMIZERS else None
    sentence = _sentence(
        cfg, lambda: registry.build(cfg.model.parts[0], default_args=given)
    )
    assert sentence.startswith('`model.parts.0` in my_config.py: ')
    assert re.search(said, sentence)


@VISBACKENDS.register_module()
class NotInstalled:
    """What needs a package that is not there."""

    def __init__(self):
        raise ImportError('No module named x')


def test_a_misspelt_part_is_told_from_one_without_a_type():
    parts = dict(mean_teacher=dict(type='A'), occlusion=dict(type='B'))
    cfg = _config(model=dict(alignments=dict(parts, mean_techer=dict(loss_weight=0.5))))
    sentence = _sentence(cfg, lambda: MODELS.build(cfg.model.alignments.mean_techer))
    place = '`model.alignments.mean_techer` in my_config.py'
    assert sentence == f'{place} has no `type`: use `mean_teacher`, or add it.'


def test_a_part_that_lacks_what_is_read_is_named():
    cfg = _config(test_dataloader=dict(dataset=dict(ann_file='a.json')))
    for lack, read in {
        '`test_dataloader.dataset` in my_config.py has no `pipeline`': (
            lambda: cfg.test_dataloader.dataset.pipeline
        ),
        'The config my_config.py has no `train_cfg`': lambda: cfg.train_cfg,
        '`test_dataloader.dataset` in my_config.py has no `type`': (
            lambda: MODELS.build(cfg.test_dataloader.dataset)
        ),
    }.items():
        assert _sentence(cfg, read) == f'{lack}: add it.'
