import collections
import pickle

import numpy as np
import pytest
from data_factory import write_pose_dataset
from mmpose.registry import DATASETS

from mmpose_uda import UserError
from mmpose_uda.datasets.files import load_array_pickle, load_json, require_path


def test_what_is_there(tmp_path):
    path = tmp_path / 'a.json'
    path.write_text('{"a": [1, 2]}')
    require_path(str(path), 'file')
    assert load_json(str(path)) == dict(a=[1, 2])


def test_what_is_not_there(tmp_path):
    with pytest.raises(UserError, match='The file `gone` does not exist: put it there'):
        require_path('gone', 'file')
    with pytest.raises(UserError, match='make_builtin_data'):
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


@pytest.mark.parametrize('protocol', range(5))
def test_pickled_arrays(tmp_path, protocol):
    content = {7: dict(K=np.eye(3), seen=[np.arange(3) > 1, (np.float32(0.5), 'a')])}
    path = tmp_path / 'anno.pickle'
    path.write_bytes(pickle.dumps(content, protocol))
    found = load_array_pickle(str(path))[7]
    np.testing.assert_array_equal(found['K'], np.eye(3))
    mask, (number, text) = found['seen']
    assert (mask.tolist(), number, text) == ([False, False, True], 0.5, 'a')


@pytest.mark.parametrize('protocol', range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickles_run_no_code(tmp_path, protocol):
    path, trace = tmp_path / 'anno.pickle', tmp_path / 'trace'
    path.write_bytes(pickle.dumps(dict(a=[Malicious(trace)]), protocol))
    with pytest.raises(UserError, match='anno.pickle` refers to .*open, which is not run'):
        load_array_pickle(str(path))
    path.write_bytes(pickle.dumps(collections.Counter('ab'), protocol))
    with pytest.raises(UserError, match='collections.Counter'):
        load_array_pickle(str(path))
    assert not trace.exists()


@pytest.mark.parametrize('size', [0, 1, 40, 200])
def test_half_written_pickle(tmp_path, size):
    path = tmp_path / 'anno.pickle'
    path.write_bytes(pickle.dumps(dict(a=np.arange(100)))[:size])
    with pytest.raises(UserError, match='anno.pickle` is no pickle of arrays'):
        load_array_pickle(str(path))


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
