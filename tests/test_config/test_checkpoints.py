from mmpose_uda.config import last_checkpoint


def test_the_last_one_of_a_folder_that_was_moved(tmp_path):
    work_dir = tmp_path / 'run'
    work_dir.mkdir()
    assert last_checkpoint(str(work_dir)) is None
    (work_dir / 'iter_3.pth').touch()
    (work_dir / 'last_checkpoint').write_text(str(work_dir / 'iter_3.pth'))
    moved = work_dir.rename(tmp_path / 'moved')
    assert last_checkpoint(str(moved)) == str(moved / 'iter_3.pth')
