import pytest

from mmpose_uda import UserError
from mmpose_uda.datasets.files import load_json, require_path


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
