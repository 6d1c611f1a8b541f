"""Junk in annotation files, boxes, configs and overrides: a sentence, or it works."""

import copy
import itertools
import json
import shutil
import uuid
from contextlib import redirect_stderr, redirect_stdout, suppress
from io import StringIO
from unittest.mock import patch

import pytest
import toy_parts
from hypothesis import given, settings
from hypothesis import strategies as st
from infer_factory import quick_yapf
from mmengine.model import BaseModel
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS
from stock_factory import write_coco
from test_tools.test_bad_inputs import HARD, forget_runs

from mmpose_uda.apis import train
from mmpose_uda.apis.command_line import parse_options
from mmpose_uda.convert.source_folder import find_source
from mmpose_uda.datasets.image_folder import load_boxes
from mmpose_uda.errors import UserError

FEW, MANY = 60, 3000
JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(['nan', '1e3', '../..', '\0', 'images', -1, 0, 0.4, 1e30]),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
REMOVED = object()


def often(function):
    """A property on few random inputs, and on many behind the marker."""
    name = function.__name__
    few, many = (
        settings(HARD, max_examples=count)(given(data=st.data())(function))
        for count in (FEW, MANY)
    )
    return (
        pytest.param(few, id=f'{name}-few'),
        pytest.param(many, id=f'{name}-many', marks=pytest.mark.long),
    )


def places(node, path=()):
    """Every place of nested dicts and lists."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, child in pairs:
        yield (*path, key)
        if isinstance(child, (dict, list)):
            yield from places(child, (*path, key))


def disturbed(data, content, times=3):
    """A copy with junk in random places, or without what is there."""
    content = copy.deepcopy(content)
    for _ in range(data.draw(st.integers(1, times))):
        all_places = list(places(content))
        if not all_places:
            break
        *path, last = data.draw(st.sampled_from(all_places))
        node = content
        for key in path:
            node = node[key]
        # every model needs its own
        value = data.draw(JUNK if last == 'collate_fn' else st.just(REMOVED) | JUNK)
        if value is REMOVED:
            del node[last]
        else:
            node[last] = value
    return content


def works_or_says(function):
    """Run something that may refuse, in one sentence."""
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            function()
    except UserError as error:
        sentence = str(error)
        assert sentence.endswith('.') and len(sentence) > 20
    finally:
        forget_runs()


class Folder:
    """A small data set.

    Args:
        root (Path): Where it is.
    """

    def __init__(self, root):
        self.root = write_coco(root)
        (root / 'annotations' / 'val.json').unlink()
        self.path = root / 'annotations' / 'train.json'
        self.annotations = json.loads(self.path.read_text())


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    return Folder(tmp_path_factory.mktemp('fuzz') / 'people')


def _dataset_of(root):
    return DATASETS.build(
        dict(
            type='PoseDataset',
            data_root=str(root),
            ann_file='annotations/train.json',
            metainfo=dict(from_file='configs/_base_/datasets/coco.py'),
            pipeline=[
                dict(type='LoadImage'),
                dict(type='GetBBoxCenterScale'),
                dict(type='TopdownAffine', input_size=(32, 32)),
                dict(type='PackPoseInputs'),
            ],
        )
    )


def annotation_file(data, folder):
    folder.path.write_text(json.dumps(disturbed(data, folder.annotations)))

    def read():
        init_default_scope('mmpose')
        dataset = _dataset_of(folder.root)
        for index in range(len(dataset)):
            dataset[index]

    works_or_says(read)


def source_folder(data, folder):
    folder.path.write_text(json.dumps(disturbed(data, folder.annotations)))
    metainfo = dict(from_file='configs/_base_/datasets/coco.py')
    works_or_says(lambda: find_source(str(folder.root), metainfo))


def boxes_file(data, folder):
    good = {'a.jpg': [1, 2, 3, 4], 'b.jpg': [[1, 2, 3, 4], [5, 6, 7, 8]]}
    path = folder.root / 'boxes.json'
    path.write_text(json.dumps(disturbed(data, good)))
    works_or_says(lambda: load_boxes(str(path), str(folder.root), ['a.jpg', 'b.jpg']))


def _toy():
    content: dict = {}
    exec(toy_parts.CONFIG, content)
    return {
        k: v for k, v in content.items() if not k.startswith('_') and k != 'custom_imports'
    }


class _Enough(Exception):
    """A training of any number of steps works as far as it was watched."""


def _train(folder, path, *options):
    """Train a config of the toy, 20 steps at most, and leave nothing on the disk."""
    work_dir = folder.root / 'wd' / uuid.uuid4().hex
    steps = itertools.count()

    def step(*arguments):
        if next(steps) == 20:
            raise _Enough
        return BaseModel.train_step(*arguments)

    few = patch.object(toy_parts.ToyModel, 'train_step', step, create=True)
    with quick_yapf(), few, suppress(_Enough):
        works_or_says(
            lambda: train(str(path), str(work_dir), cfg_options=parse_options(options))
        )
    shutil.rmtree(work_dir, ignore_errors=True)


def config_file(data, folder):
    content = disturbed(data, _toy(), times=1)
    lines = [f'{key} = {value!r}' for key, value in content.items()]
    names = 'nan, inf = float("nan"), float("inf")\n'
    path = folder.root / 'toy.py'
    path.write_text(names + '\n'.join(lines))
    _train(folder, path)


def overrides(data, folder):
    path = folder.root / 'toy.py'
    path.write_text(toy_parts.CONFIG)
    keys = ['.'.join(map(str, place)) for place in places(_toy())]
    key = data.draw(st.sampled_from(keys))
    value = data.draw(
        st.sampled_from(['', '3', '-1', 'a', '[1,2]', '(1,', 'None', '1e400'])
    )
    _train(folder, path, f'{key}={value}')


@pytest.mark.parametrize(
    'run',
    [
        *often(annotation_file),
        *often(source_folder),
        *often(boxes_file),
        *often(config_file),
        *often(overrides),
    ],
)
def test_junk_is_told_or_taken(run, folder, monkeypatch):
    monkeypatch.chdir(folder.root)
    run(folder=folder)
