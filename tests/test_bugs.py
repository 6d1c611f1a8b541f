"""What is a bug of the package, and what the user gave."""

from types import ModuleType

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import Registry

from mmpose_uda.bugs import is_bug
from mmpose_uda.config import user_errors
from mmpose_uda.datasets.sample_errors import naming_sample
from mmpose_uda.errors import UserError

PARTS = """
import cv2
import torch
from mmcv.transforms import BaseTransform

class Part(torch.nn.Module):
    def __init__(self, task, value=None, settings=None, **kwargs):
        super().__init__()
        self.value, self.settings = value, settings
        getattr(self, task)(**kwargs)
    def misspelt(self):
        self.vallue
    def misspelt_name(self):
        vallue
    def misspelt_of_a_module(self):
        torch.zeross(3)
    def misspelt_of_a_tensor(self):
        torch.zeros(3).shap
    def asserted(self):
        assert self.value is not None
    def not_written(self):
        raise NotImplementedError
    def called_wrongly(self):
        self.takes_two(1, 2, 3)
    def called_with_too_few(self):
        self.takes_two(1)
    def takes_two(self, a, b):
        pass
    def default_is_not_a_dict(self):
        self.value.items()
    def number(self):
        return self.value + 1
    def text(self):
        self.value.lower()
    def key(self):
        self.settings['width']
    def nested(self):
        self.settings['width'].items()
    def of_torch(self):
        torch.nn.Linear(self.value, 3)
    def passed_on(self, **kwargs):
        super().__init__(**kwargs)

class Change(BaseTransform):
    def __init__(self, task):
        self.task = task
    def transform(self, results):
        return getattr(self, self.task)(results)
    def misspelt(self, results):
        self.tassk
    def no_mask(self, results):
        return results['mask'].shape
    def no_key(self, results):
        return results['none']
    def of_opencv(self, results):
        return cv2.resize(results['img'], (-1, 3))
"""
BUGS = [
    'misspelt', 'misspelt_name', 'misspelt_of_a_module', 'misspelt_of_a_tensor', 'asserted',
    'not_written', 'called_wrongly', 'called_with_too_few', 'default_is_not_a_dict',
]  # fmt: skip
MISTAKES = [
    dict(task='number', value='a'),
    dict(task='text', value=3),
    dict(task='text', value=None),
    dict(task='key', settings={}),
    dict(task='nested', settings=dict(width=3)),
    dict(task='of_torch', value='a'),
    dict(task='passed_on', nothing=3),
    dict(task='number', value=1, nothing=3),
]


@pytest.fixture
def parts(monkeypatch):
    """As if they were of the package."""
    module = ModuleType('mmpose_uda.parts_of_tests')
    exec(compile(PARTS, 'parts_of_tests.py', 'exec'), vars(module))
    return module


def build(kind, **arguments):
    registry = Registry('part', locations=['mmpose_uda'])
    registry.register_module(module=kind)
    with user_errors(Config(dict(model=dict(type='Part')))):
        registry.build(dict(type='Part', **arguments))


@pytest.mark.parametrize('task', BUGS)
def test_a_bug_keeps_its_traceback(parts, task):
    with pytest.raises(Exception) as caught:
        build(parts.Part, task=task)
    assert not isinstance(caught.value, UserError)
    assert is_bug(caught.value)


@pytest.mark.parametrize('arguments', MISTAKES, ids=str)
def test_a_mistake_is_told(parts, arguments):
    with pytest.raises(UserError, match='Part (cannot be made|takes no)'):
        build(parts.Part, **arguments)


@pytest.mark.parametrize('task', BUGS)
def test_parts_of_others_are_told_as_ever(parts, task):
    vars(parts).update(__name__='theirs')
    with pytest.raises(UserError, match='`model` in .*: Part cannot be made'):
        build(parts.Part, task=task)


@pytest.mark.parametrize(
    'task, bug',
    [('misspelt', True), ('no_mask', False), ('no_key', False), ('of_opencv', False)],
)
def test_transforms(parts, task, bug):
    sample = dict(img=np.zeros((3, 3, 3)), mask=None)
    with pytest.raises(AttributeError if bug else UserError) as caught:
        with naming_sample(lambda: 'a.jpg'):
            parts.Change(task)(sample)
    assert bug or 'Change cannot process the sample of `a.jpg`' in str(caught.value)
