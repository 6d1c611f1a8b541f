import collections
import os
import pickle

import numpy as np
import pytest
from data_factory import write_pose_dataset
from mmpose.registry import DATASETS

from mmpose_uda import UserError
from mmpose_uda.datasets.files import (
    load_array_pickle,
    load_json,
    load_npy,
    load_npz,
    load_yaml,
    require_path,
)

READERS = {'anno.pickle': load_array_pickle, 'anno.npy': load_npy}


def test_what_is_there(tmp_path):
    path = tmp_path / 'a.json'
    path.write_text('{"a": [1, 2]}')
    require_path(str(path), 'file')
    assert load_json(str(path)) == dict(a=[1, 2])


def test_what_is_not_there(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = f'The file `gone` does not exist in {tmp_path}: put it there'
    with pytest.raises(UserError, match=said):
        require_path('gone', 'file')
    with pytest.raises(UserError, match='make-data'):
        require_path('no/builtin_hand', 'folder')
    with pytest.raises(UserError, match='does not exist'):
        require_path(str(tmp_path), 'file', is_present=lambda path: False)


def test_half_written_json(tmp_path):
    path = tmp_path / 'a.json'
    path.write_text('{"a": [1,')
    with pytest.raises(UserError, match='a.json. is not valid JSON'):
        load_json(str(path))


class Malicious:
    """Makes a file when it is unpickled."""

    def __init__(self, trace):
        self.trace = str(trace)

    def __reduce__(self):
        return open, (self.trace, 'w')


@pytest.fixture(params=['boxes.pkl', 'boxes.yaml', 'boxes.yml', 'pickle named so.json'])
def malicious(request, tmp_path):
    """A file that makes another, ``trace``, if its loader runs code."""
    path, trace = tmp_path / request.param, tmp_path / 'trace'
    if path.suffix in ('.yaml', '.yml'):
        path.write_text(f'!!python/object/apply:open ["{trace}", "w"]')
    else:
        path.write_bytes(pickle.dumps(Malicious(trace)))
    yield path
    assert not trace.exists()


def test_only_json_is_read(malicious):
    with pytest.raises(UserError, match='is not valid JSON'):
        load_json(str(malicious))


def test_annotations_and_boxes_run_no_code(malicious, tmp_path):
    write_pose_dataset(tmp_path / 'data', 1)
    config = dict(type='PoseDataset', data_root=str(tmp_path / 'data'))
    with pytest.raises(UserError, match='is not valid JSON'):
        DATASETS.build(dict(config, ann_file=str(malicious)))
    folder = dict(type='UnlabelledImageFolder', data_root=str(tmp_path / 'data/images'))
    with pytest.raises(UserError, match='is not valid JSON'):
        DATASETS.build(dict(folder, boxes=str(malicious)))
    refusal = 'is not named as JSON' if malicious.suffix != '.json' else 'not valid JSON'
    config.update(ann_file='annotations/train.json', test_mode=True)
    with pytest.raises(UserError, match=refusal):
        DATASETS.build(dict(config, bbox_file=str(malicious)))


CONTENT = {
    0: dict(uv_vis=np.arange(6.0).reshape(2, 3), K=np.eye(3, dtype=np.float32)),
    'text': [('a', None, 1.5, True), {1, 2}, frozenset({3}), b'\x00\xff', 2j],
    'scalars': [np.float64(0.5), np.int32(7), np.bool_(True)],
    'objects': np.array([dict(a=1), [2]], dtype=object),
}


@pytest.mark.parametrize('protocol', range(5))
def test_pickled_arrays_and_containers(tmp_path, protocol):
    path = tmp_path / 'anno.pickle'
    path.write_bytes(pickle.dumps(CONTENT, protocol))
    found = load_array_pickle(str(path))
    np.testing.assert_array_equal(found[0]['uv_vis'], CONTENT[0]['uv_vis'])
    assert found[0]['K'].dtype == np.float32
    assert found['text'] == CONTENT['text'] and found['scalars'] == CONTENT['scalars']
    assert found['objects'].tolist() == CONTENT['objects'].tolist()


def test_text_of_python_2_is_text(tmp_path):
    path = tmp_path / 'old.pickle'
    path.write_bytes(b"(dp0\nS'K'\np1\nS'caf\\xe9'\np2\ns.")
    assert load_array_pickle(str(path)) == {'K': 'caf\xe9'}


def dump(content, path, protocol):
    """As a pickle, or as an array of objects where the name says so."""
    with open(path, 'wb') as file:
        if path.suffix == '.npy':
            header = dict(descr='|O', fortran_order=False, shape=(1,))
            np.lib.format.write_array_header_1_0(file, header)
            content = np.array([content], dtype=object)
        pickle.dump(content, file, protocol)


class Calls:
    """Pickled, it is a call that whoever loads it makes."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize(
    'call',
    [
        (os.mkdir, 'made'),
        (os.system, 'mkdir made'),
        (eval, '__import__("os").mkdir("made")'),
        (getattr, 'text', 'upper'),
        (np.load, 'made'),
        (collections.Counter, 'ab'),
    ],
    ids=lambda call: call[0].__name__,
)
@pytest.mark.parametrize('protocol', [0, 2, pickle.HIGHEST_PROTOCOL])
@pytest.mark.parametrize('name', READERS)
def test_pickles_run_no_code(tmp_path, monkeypatch, name, protocol, call):
    monkeypatch.chdir(tmp_path)
    dump(dict(a=[Calls(*call)]), tmp_path / name, protocol)
    with pytest.raises(UserError, match=f'{name}` refers to .*, which is not run'):
        READERS[name](name)
    assert [path.name for path in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize('size', [0, 1, 40, 200])
def test_half_written_pickle(tmp_path, size):
    path = tmp_path / 'anno.pickle'
    path.write_bytes(pickle.dumps(dict(a=np.arange(100)))[:size])
    with pytest.raises(UserError, match='anno.pickle` is not a pickle of arrays'):
        load_array_pickle(str(path))


@pytest.mark.parametrize('items', [np.arange(5), np.array([dict(a=[1]), dict(a=[])])])
def test_npy_of_numbers_and_of_objects(tmp_path, items):
    path = tmp_path / 'items.npy'
    np.save(path, items, allow_pickle=True)
    found = load_npy(str(path))
    assert found.dtype == items.dtype and found.tolist() == items.tolist()
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(UserError, match='items.npy` is not .*cut short'):
        load_npy(str(path))


@pytest.mark.parametrize('content', [b'', b'<html>not found</html>', b'\x93NUMPY\x09\x00'])
def test_other_files_are_named(tmp_path, content):
    path = tmp_path / 'page.npy'
    path.write_bytes(content)
    with pytest.raises(UserError, match='page.npy` is not a NumPy array'):
        load_npy(str(path))
    with pytest.raises(UserError, match='page.npy` is not a pickle'):
        load_array_pickle(str(path))


def test_an_array_that_is_none_is_named(tmp_path):
    path = tmp_path / 'list.npy'
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    head = path.read_bytes().split(b'\n')[0] + b'\n'
    path.write_bytes(head + pickle.dumps([1]))
    with pytest.raises(UserError, match='list.npy` is not a NumPy array'):
        load_npy(str(path))


@pytest.mark.parametrize(
    'text',
    ['\ufeff{"a": 1}'.encode(), '{"a": 1}'.encode('utf-16')],
    ids=['byte order mark', 'UTF-16'],
)
def test_json_in_other_encodings(tmp_path, text):
    (tmp_path / 'a.json').write_bytes(text)
    assert load_json(str(tmp_path / 'a.json')) == dict(a=1)


def test_what_is_no_unicode_is_named(tmp_path):
    (tmp_path / 'a.json').write_bytes('{"a": "Käse"}'.encode('latin-1'))
    with pytest.raises(UserError, match='a.json. is not valid JSON'):
        load_json(str(tmp_path / 'a.json'))


def test_one_array_of_several(tmp_path):
    path = tmp_path / 'labels.npz'
    np.savez_compressed(path, a=np.arange(5), b=np.array([{}], object))
    assert load_npz(str(path), 'a').tolist() == [0, 1, 2, 3, 4]
    for name in ('b', 'c'):  # a pickle, and none
        with pytest.raises(UserError, match=f'labels.npz` is not .* with `{name}`'):
            load_npz(str(path), name)


@pytest.mark.parametrize('share', [0, 0.3, 0.6, 0.99])
def test_npz_cut_short(tmp_path, share):
    path = tmp_path / 'labels.npz'
    np.savez_compressed(path, a=np.random.default_rng(0).random(1000))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(UserError, match='labels.npz` is not a file of NumPy arrays'):
        load_npz(str(path), 'a')


def test_npz_with_other_bytes(tmp_path):
    path = tmp_path / 'labels.npz'
    np.savez_compressed(path, a=np.random.default_rng(0).random(1000))
    content = bytearray(path.read_bytes())
    content[500:600] = bytes(100)
    path.write_bytes(content)
    with pytest.raises(UserError, match='labels.npz` is not a file of NumPy arrays'):
        load_npz(str(path), 'a')


def test_yaml_of_plain_values(tmp_path):
    path = tmp_path / 'meta.yml'
    path.write_text('count: 2\nsides:\n- left\n')
    assert load_yaml(str(path)) == dict(count=2, sides=['left'])
    made = tmp_path / 'made'
    for content in (f'!!python/object/apply:os.mkdir [{made}]', '[', '\x00'):
        path.write_text(content)
        with pytest.raises(UserError, match='meta.yml` is not a YAML file of plain values'):
            load_yaml(str(path))
    path.write_bytes(b'\xff\xfe\xff')
    with pytest.raises(UserError, match='meta.yml` is not a YAML file of plain values'):
        load_yaml(str(path))
    assert not made.exists()
