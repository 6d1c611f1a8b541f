import errno

import pytest

from mmpose_uda.errors import UserError, check_writable, refusal, writing


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


def test_what_is_in_the_way_is_told_before_anything_is_computed(tmp_path):
    check_writable(tmp_path / 'new/a.json')
    assert (tmp_path / 'new').is_dir() and not list((tmp_path / 'new').iterdir())
    (tmp_path / 'file').touch()
    check_writable(tmp_path / 'file')
    with pytest.raises(UserError, match='new is a folder where a file belongs'):
        check_writable(tmp_path / 'new')
    with pytest.raises(UserError, match='file is in the way, so move it'):
        check_writable(tmp_path / 'file/deep/a.json')


@pytest.mark.parametrize(
    'number, remedy',
    [
        (errno.EROFS, 'correct its permissions'),
        (errno.ENOSPC, 'free disk space'),
        (errno.EISDIR, 'a folder where a file belongs'),
        (errno.ENAMETOOLONG, 'choose another name'),
    ],
)
def test_what_no_caller_expected_is_told_too(number, remedy):
    sentence = refusal(OSError(number, 'why', '/a/partial', None, '/a/file'))
    assert sentence.startswith('/a/file cannot be read or written (why): ')
    assert remedy in sentence


def test_files_that_are_not_there_are_bugs_where_nobody_expected_it():
    assert refusal(FileNotFoundError(errno.ENOENT, 'none', 'file')) is None
    assert refusal(OSError(errno.EIO, 'no name')) is None


def test_bugs_pass_through(tmp_path):
    with pytest.raises(ZeroDivisionError), writing(tmp_path / 'file'):
        raise ZeroDivisionError
