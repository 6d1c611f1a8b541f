"""Checkpoints: mmengine's own load, and nothing in any is executed."""

import functools
import http.server
import io
import os
import pickle
import threading
import uuid
import zipfile

import numpy as np
import pytest
import torch
import toy_parts
from mmengine.config import Config
from mmengine.logging import HistoryBuffer, MessageHub
from mmengine.registry import PARAM_SCHEDULERS
from mmengine.runner import CheckpointLoader, Runner

from mmpose_uda.errors import UserError
from mmpose_uda.safe_checkpoint import _Unpickler, load_from_local, save_checkpoint


class Calls:
    """Pickles as a call of a function."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


def _runner(work_dir, **changes):
    cfg = Config.fromstring(toy_parts.CONFIG, '.py')
    cfg.merge_from_dict(dict(work_dir=str(work_dir), **changes))
    # mmengine shares loggers and results of runs of one name, which ends in the second
    cfg.experiment_name = uuid.uuid4().hex
    return Runner.from_cfg(cfg)


def test_a_runs_own_checkpoint_loads_and_resumes(tmp_path, monkeypatch):
    meta = dict(sigmas=np.float32([0.1, 0.2]), pairs={1, 2}, scale=np.float64(3))
    monkeypatch.setattr(toy_parts.ToyDataset, 'metainfo', meta)
    first = _runner(tmp_path)
    first.train()

    loaded = CheckpointLoader.load_checkpoint(str(tmp_path / 'iter_2.pth'))
    found = loaded['meta']['dataset_meta']
    np.testing.assert_array_equal(found['sigmas'], meta['sigmas'])
    assert found['sigmas'].dtype == np.float32
    assert (found['pairs'], found['scale']) == (meta['pairs'], meta['scale'])
    losses = loaded['message_hub']['log_scalars']['train/loss']
    assert isinstance(losses, HistoryBuffer)
    expected = MessageHub.get_current_instance().get_scalar('train/loss').data[0][:2]
    np.testing.assert_array_equal(losses.data[0], expected)
    assert losses.statistics('mean') == expected.mean()

    second = _runner(
        tmp_path / 'resumed', resume=True, load_from=str(tmp_path / 'iter_2.pth')
    )
    second.train()
    for name, weights in first.model.state_dict().items():
        assert torch.equal(weights, second.model.state_dict()[name])


@pytest.mark.parametrize('zipped', [True, False])
@pytest.mark.parametrize(
    'call, named',
    [
        ((os.mkdir,), 'mkdir'),
        ((eval, 'open("made", "w")'), 'eval'),
        ((getattr, HistoryBuffer, '__init__'), "getattr of '__init__'"),
        ((getattr, 'text', 'format'), "getattr of 'format'"),
        ((torch.storage._load_from_bytes, b''), '_load_from_bytes'),
        ((functools.partial, print), 'functools.partial'),
    ],
)
def test_a_checkpoint_that_calls_is_refused(tmp_path, monkeypatch, call, named, zipped):
    monkeypatch.chdir(tmp_path)
    if call == (os.mkdir,):
        call = (os.mkdir, str(tmp_path / 'made'))
    path = str(tmp_path / 'evil.pth')
    torch.save(
        dict(state_dict={}, evil=Calls(*call)),
        path,
        _use_new_zipfile_serialization=zipped,
    )
    with pytest.raises(UserError, match=named) as caught:
        load_from_local(path, 'cpu')
    assert path in str(caught.value)
    assert os.listdir(tmp_path) == ['evil.pth']


def test_a_torchscript_archive_is_refused(tmp_path):
    path = str(tmp_path / 'script.pth')
    torch.jit.save(torch.jit.trace(torch.nn.Linear(1, 1), torch.zeros(1, 1)), path)
    with pytest.raises(UserError, match='script.pth is a TorchScript archive'):
        load_from_local(path)


def test_weights_of_every_kind_load(tmp_path):
    state = dict(
        half=torch.randn(2, 3).half(),
        view=torch.arange(6).view(2, 3).t(),
        bfloat=torch.randn(2).bfloat16(),
        flags=torch.tensor([True, False]),
        parameter=torch.nn.Parameter(torch.ones(2)),
        generator=torch.get_rng_state(),
        numpy=np.random.RandomState(1).get_state(),
        dtype=torch.float32,
    )
    for zipped in (True, False):
        path = str(tmp_path / 'weights.pth')
        torch.save(state, path, _use_new_zipfile_serialization=zipped)
        loaded = load_from_local(path)
        for key in ('half', 'view', 'bfloat', 'flags', 'parameter', 'generator'):
            assert torch.equal(loaded[key], state[key])
        assert loaded['dtype'] is torch.float32
        np.testing.assert_array_equal(loaded['numpy'][1], state['numpy'][1])


SCHEDULERS = dict(
    MultiStepLR=dict(milestones=[3, 5, 5]),
    StepLR=dict(step_size=2),
    LinearLR=dict(),
    CosineAnnealingLR=dict(T_max=4),
    CosineRestartLR=dict(periods=[2, 2], restart_weights=[1, 0.5], eta_min=0.0),
    ExponentialLR=dict(gamma=0.9),
    PolyLR=dict(),
    OneCycleLR=dict(eta_max=0.1, total_steps=10),
    ReduceOnPlateauLR=dict(),
)


@pytest.mark.parametrize('kind', SCHEDULERS)
def test_the_state_of_schedulers_loads(tmp_path, kind):
    optimizer = torch.optim.SGD(torch.nn.Linear(2, 2).parameters(), lr=0.1)
    scheduler = PARAM_SCHEDULERS.build(
        dict(type=kind, optimizer=optimizer, **SCHEDULERS[kind])
    )
    path = str(tmp_path / 'state.pth')
    torch.save(scheduler.state_dict(), path)
    scheduler.load_state_dict(load_from_local(path))


def test_arrays_of_either_numpy_load():
    array = np.arange(3.0)
    stored = pickle.dumps((array, array[1]), protocol=2)
    for old, new in ((b'numpy.core', b'numpy._core'), (b'numpy._core', b'numpy.core')):
        moved = io.BytesIO(stored.replace(old, new))
        loaded, scalar = _Unpickler(moved).load()
        np.testing.assert_array_equal(loaded, array)
        assert scalar == 1.0


def test_damaged_and_missing_files(tmp_path):
    path = tmp_path / 'cut.pth'
    for zipped in (True, False):
        torch.save(dict(a=torch.zeros(1000)), path, _use_new_zipfile_serialization=zipped)
        path.write_bytes(path.read_bytes()[:600])
        with pytest.raises(UserError, match='cut.pth is damaged'):
            load_from_local(str(path))
    for text in ('model = dict()', 'cut', '', '(dict)', "'text'"):
        path.write_text(text)
        with pytest.raises(UserError, match='cut.pth is no checkpoint'):
            load_from_local(str(path))
    with pytest.raises(FileNotFoundError, match='none.pth can not be found'):
        load_from_local(str(tmp_path / 'none.pth'))


def test_urls_are_loaded_by_the_same_rules(tmp_path, monkeypatch):
    served = tmp_path / 'served'
    served.mkdir()
    torch.save(dict(array=np.arange(3)), served / 'good.pth')
    torch.save(dict(evil=Calls(os.mkdir, 'made')), served / 'evil.pth')
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'cache'))
    monkeypatch.chdir(tmp_path)
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(served))
    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f'http://127.0.0.1:{server.server_port}'
        loaded = CheckpointLoader.load_checkpoint(f'{url}/good.pth')
        np.testing.assert_array_equal(loaded['array'], np.arange(3))
        with pytest.raises(UserError, match='mkdir'):
            CheckpointLoader.load_checkpoint(f'{url}/evil.pth')
        server.shutdown()
    # the second time it comes from the cache
    assert CheckpointLoader.load_checkpoint(f'{url}/good.pth').keys() == {'array'}
    assert not (tmp_path / 'made').exists()


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


@pytest.mark.parametrize(
    'content', [[1, 2], torch.zeros(2), 'text', {1: 2}, {'state_dict': [torch.zeros(2)]}]
)
def test_what_holds_no_weights_by_name_is_refused(tmp_path, content):
    path = str(tmp_path / 'other.pth')
    torch.save(content, path)
    with pytest.raises(UserError, match='other.pth holds a .* no weights by name'):
        load_from_local(path)


@pytest.mark.parametrize('zipped', [True, False])
def test_files_cut_at_any_length_are_refused(tmp_path, zipped):
    path = tmp_path / 'whole.pth'
    content = dict(state_dict={'a': torch.rand(50)}, meta=dict(iter=3))
    torch.save(content, path, _use_new_zipfile_serialization=zipped)
    data, cut = path.read_bytes(), tmp_path / 'cut.pth'
    for length in [*range(0, 60), *range(60, len(data) - 1, 17), len(data) - 1]:
        cut.write_bytes(data[:length])
        with pytest.raises(UserError, match='cut.pth'):
            load_from_local(str(cut))


def test_a_foreign_archive_is_refused(tmp_path):
    path = str(tmp_path / 'foreign.pth')
    with zipfile.ZipFile(path, 'w') as archive:
        archive.writestr('data.txt', 'x' * 100)
    with pytest.raises(UserError, match='foreign.pth'):
        load_from_local(path)
