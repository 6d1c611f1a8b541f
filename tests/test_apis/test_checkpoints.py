import pytest
import torch

from mmpose_uda.apis.checkpoints import last_checkpoint, save_checkpoint


def test_the_last_one_of_a_folder_that_was_moved(tmp_path):
    work_dir = tmp_path / 'run'
    work_dir.mkdir()
    assert last_checkpoint(str(work_dir)) is None
    (work_dir / 'iter_3.pth').touch()
    (work_dir / 'last_checkpoint').write_text(str(work_dir / 'iter_3.pth'))
    moved = work_dir.rename(tmp_path / 'moved')
    assert last_checkpoint(str(moved)) == str(moved / 'iter_3.pth')


def test_writes_all_or_nothing(tmp_path, monkeypatch):
    path = tmp_path / 'model.pth'
    save_checkpoint(dict(a=torch.ones(2)), path)
    assert torch.equal(torch.load(path, weights_only=True)['a'], torch.ones(2))
    assert list(tmp_path.iterdir()) == [path]

    def killed(content, path):
        path.write_bytes(b'half')
        raise KeyboardInterrupt

    path.unlink()
    monkeypatch.setattr(torch, 'save', killed)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint({}, path)
    assert not path.exists()
