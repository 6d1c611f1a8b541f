import pytest

from mmpose_uda.errors import UserError, writing


def test_folders_are_made_for_what_is_written(tmp_path):
    path = tmp_path / 'new' / 'folder' / 'file'
    with writing(path):
        path.write_text('text')
    assert path.read_text() == 'text'


def test_what_the_system_refuses_is_told(tmp_path):
    blocked = tmp_path / 'file'
    blocked.write_text('in the way')
    with pytest.raises(UserError, match='file/report.html cannot be written .*exist'):
        with writing(blocked / 'report.html'):
            raise AssertionError('not reached')


def test_bugs_pass_through(tmp_path):
    with pytest.raises(ZeroDivisionError), writing(tmp_path / 'file'):
        raise ZeroDivisionError
