"""``tools/test.py --dump-submission`` on tiny evaluations, with random weights."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import save_checkpoint
from mmpose.registry import MODELS
from published_3d_factory import write_ho3d, write_stb
from published_factory import write_freihand_evaluation
from tool_process import run_tool

import mmpose_uda  # noqa: F401
from mmpose_uda.apis import evaluate
from mmpose_uda.errors import UserError

ROOT = Path(__file__).parents[2]
CONFIG = """
_base_ = {base!r}
builtin_data = None
load = [dict(type='LoadPoseImage'), dict(type='MirrorRightHand')]
crop = dict(type='TopdownAffine3D', input_size=(96, 96))
box = dict(type='GetBBoxCenterScale', padding=1.0)
data = dict(type={name!r}, data_root='data', split='evaluation', require_3d=True,
            test_mode=True, _delete_=True,
            pipeline=[*load, box, crop, dict(type='PackPoseView')])
val_dataloader = dict(batch_size=2, num_workers=0, dataset=data)
test_dataloader = dict(batch_size=2, num_workers=0, dataset=data)
"""


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    """Weights as they begin."""
    init_default_scope('mmpose')
    cfg = Config.fromfile(ROOT / 'configs/uda/hand_3d.py')
    path = tmp_path_factory.mktemp('weights') / 'random.pth'
    save_checkpoint(dict(state_dict=MODELS.build(cfg.model).state_dict()), str(path))
    return str(path)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_config(folder, name):
    base = str(ROOT / 'configs/uda/hand_3d.py')
    (folder / 'config.py').write_text(CONFIG.format(base=base, name=name))


def read(path):
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read('pred.json'))


@pytest.mark.parametrize('joints_are_there', [True, False])
def test_in_a_process_of_its_own(folder, checkpoint, joints_are_there):
    """With or without the joints that are held back, the file is the same."""
    matrices, _ = write_freihand_evaluation(folder / 'data')
    if not joints_are_there:
        (folder / 'data/evaluation_xyz.json').unlink()
    write_config(folder, 'FreiHAND')
    command = ['config.py', checkpoint, '--which', 'student']
    command += ['--dump-submission', 'out.zip']
    done = run_tool('test.py', *command)
    assert done.returncode == 0, done.stderr[-3000:]
    told = done.stdout + done.stderr
    assert 'out.zip is written: 5 frames of FreiHAND' in told
    assert 'vertices all zero (no mesh is predicted)' in told
    assert 'The server of FreiHAND scores 3960 frames' in told
    xyz, vertices = np.array(read('out.zip')[0]), np.array(read('out.zip')[1])
    assert xyz.shape == (5, 21, 3) and vertices.shape == (5, 778, 3)
    assert (xyz[..., 2] > 0).all() and np.ptp(xyz, 0).max() > 0
    # the bones are as long as the codec says: metres
    bones = xyz[:, 1:] - np.where(np.arange(20)[:, None] % 4 == 0, xyz[:, :1], xyz[:, :-1])
    assert (np.linalg.norm(bones, axis=-1).sum(1) > 0.5).all()
    pixels = xyz[0] @ matrices[0].T
    pixels = pixels[:, :2] / pixels[:, 2:]
    assert (pixels > -1).all() and (pixels < 225).all()


def test_hands_of_ho3d_are_along_negative_z(folder, checkpoint):
    write_ho3d(folder / 'data')
    write_config(folder, 'HO3D')
    options = dict(which='student', dump_submission='out.zip')
    assert evaluate('config.py', checkpoint, **options) == {}
    xyz, vertices = read('out.zip')
    assert np.shape(xyz) == (6, 21, 3) and np.shape(vertices) == (6, 778, 3)
    assert (np.array(xyz)[..., 2] < 0).all()


def test_what_is_refused(folder, checkpoint):
    write_freihand_evaluation(folder / 'data')
    write_config(folder, 'FreiHAND')

    def dump(path='out.zip', **kwargs):
        evaluate('config.py', checkpoint, 'student', dump_submission=path, **kwargs)

    with pytest.raises(UserError, match='remove `indices` and anything else'):
        dump(cfg_options={'test_dataloader.dataset.indices': 3})
    with pytest.raises(UserError, match="a FreiHAND with the split 'test': test on Frei"):
        dump(cfg_options={'test_dataloader.dataset.split': 'test'})
    with pytest.raises(UserError, match='scores nothing: leave --out out'):
        dump(out='a.json')
    with pytest.raises(UserError, match='name it FILE.zip'):
        dump('out.json')
    with pytest.raises(UserError, match='no folder for --dump-submission none/out.zip'):
        dump('none/out.zip')
    assert not list(folder.glob('out*'))


def test_sets_without_a_server_are_refused(folder, checkpoint):
    write_stb(folder / 'data')
    write_config(folder, 'STB')
    with pytest.raises(UserError, match='No server that --dump-submission knows scores'):
        evaluate('config.py', checkpoint, dump_submission='out.zip')
