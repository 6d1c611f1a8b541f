"""Pickles of data sets are read and nothing in them is run."""

import os
import pickle

import numpy as np
import pytest

from mmpose_uda.datasets.published.restricted_pickle import load_npy, load_pickle
from mmpose_uda.errors import UserError


class Calls:
    """Pickled, it is a call that whoever loads it makes."""

    def __init__(self, function, *args):
        self.call = function, args

    def __reduce__(self):
        return self.call


CONTENT = {
    0: dict(uv_vis=np.arange(6.0).reshape(2, 3), K=np.eye(3, dtype=np.float32)),
    'text': [('a', None, 1.5, True), {1, 2}, frozenset({3}), b'\x00\xff', 2j],
    'scalars': [np.float64(0.5), np.int32(7), np.bool_(True)],
    'objects': np.array([dict(a=1), [2]], dtype=object),
}


@pytest.mark.parametrize('protocol', [0, 1, 2, 3, 4])
def test_arrays_and_containers_come_back(tmp_path, protocol):
    path = tmp_path / 'anno.pickle'
    path.write_bytes(pickle.dumps(CONTENT, protocol=protocol))
    found = load_pickle(str(path))
    np.testing.assert_array_equal(found[0]['uv_vis'], CONTENT[0]['uv_vis'])
    assert found[0]['K'].dtype == np.float32
    assert found['text'] == CONTENT['text'] and found['scalars'] == CONTENT['scalars']
    assert found['objects'].tolist() == CONTENT['objects'].tolist()


def test_text_of_python_2_is_text(tmp_path):
    path = tmp_path / 'old.pickle'
    path.write_bytes(b"(dp0\nS'K'\np1\nS'caf\\xe9'\np2\ns.")
    assert load_pickle(str(path)) == {'K': 'caf\xe9'}


@pytest.mark.parametrize(
    'call',
    [
        (os.mkdir, 'made'),
        (os.system, 'mkdir made'),
        (eval, '__import__("os").mkdir("made")'),
        (getattr, 'text', 'upper'),
        (np.load, 'made'),
    ],
)
@pytest.mark.parametrize('load', [load_pickle, load_npy])
def test_calls_are_refused_not_run(tmp_path, monkeypatch, call, load):
    monkeypatch.chdir(tmp_path)
    payload = np.array([Calls(*call)], dtype=object)
    if load is load_npy:
        np.save('bad.npy', payload, allow_pickle=True)
    else:
        with open('bad.npy', 'wb') as file:
            pickle.dump(payload, file)
    with pytest.raises(UserError, match='bad.npy` refers to .* which is not run'):
        load('bad.npy')
    assert [path.name for path in tmp_path.iterdir()] == ['bad.npy']


@pytest.mark.parametrize('items', [np.arange(5), np.array([dict(a=[1]), dict(a=[])])])
def test_npy_of_numbers_and_of_objects(tmp_path, items):
    path = tmp_path / 'items.npy'
    np.save(path, items, allow_pickle=True)
    found = load_npy(str(path))
    assert found.dtype == items.dtype and found.tolist() == items.tolist()
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(UserError, match='items.npy` is no .*cut short'):
        load_npy(str(path))


@pytest.mark.parametrize('content', [b'', b'<html>not found</html>', b'\x93NUMPY\x09\x00'])
def test_other_files_are_named(tmp_path, content):
    path = tmp_path / 'page.npy'
    path.write_bytes(content)
    with pytest.raises(UserError, match='page.npy` is no NumPy array'):
        load_npy(str(path))
    with pytest.raises(UserError, match='page.npy` is no pickle'):
        load_pickle(str(path))


def test_an_array_that_is_none_is_named(tmp_path):
    path = tmp_path / 'list.npy'
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    head = path.read_bytes().split(b'\n')[0] + b'\n'
    path.write_bytes(head + pickle.dumps([1]))
    with pytest.raises(UserError, match='list.npy` is no NumPy array'):
        load_npy(str(path))
