"""Every result file, killed at each moment of its writing: as before, or as afterwards."""

import ast
import re
import uuid
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
import torch
import toy_parts
from infer_factory import TrainedRun
from kills import files_of, kill_at_each_moment
from mmengine.config import Config
from mmengine.runner import Runner
from mmpose.datasets.datasets.utils import parse_pose_metainfo

import mmpose_uda
from mmpose_uda import decoded_images
from mmpose_uda.analysis.ablation_report import AblationReport
from mmpose_uda.datasets.published.image_file import write_image
from mmpose_uda.decoded_images import decode_once, read_decoded
from mmpose_uda.deploy import export as exporting
from mmpose_uda.deploy import onnx_export
from mmpose_uda.deploy.export import export_estimator
from mmpose_uda.engine.hooks import SummaryHook
from mmpose_uda.evaluation.submissions import write_submission
from mmpose_uda.inference import prediction_files
from mmpose_uda.inference.image_sources import Frame
from mmpose_uda.metainfo import HAND21
from mmpose_uda.safe_checkpoint import load_from_local
from mmpose_uda.synthetic import ensure_builtin, store, writer
from mmpose_uda.visualization import save_picture
from mmpose_uda.whole_files import write_whole

PACKAGE = Path(mmpose_uda.__file__).parent
EXPORT = ('config.py', 'metainfo.py', 'model.pth', 'model.onnx')


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    return TrainedRun(tmp_path_factory.mktemp('trained'), '2d')


@pytest.fixture
def folder(tmp_path):
    (tmp_path / 'made').mkdir()
    return tmp_path / 'made'


def picture(value=9):
    return np.full((4, 6, 3), value, np.uint8)


def chart(path):
    AblationReport({'full': {'target': {'MPJPE': [3.0, 4.0]}}}, {}).save_chart(path)


@pytest.mark.parametrize(
    'name, write',
    [
        ('summary.json', lambda path: write_whole(path, '{}\n')),
        ('sheet.jpg', lambda path: save_picture(path, picture())),
        ('sheet.png', lambda path: save_picture(path, picture())),
        ('frame.png', lambda path: write_image(path, picture())),
        ('chart.png', chart),
        ('pred.zip', lambda path: write_submission(path, [np.zeros((21, 3))] * 2)),
        ('run.py', lambda path: Config(dict(a=1)).dump(path)),
    ],
)
@pytest.mark.parametrize('is_there', [False, True])
def test_a_file(folder, name, write, is_there):
    if is_there:
        (folder / name).write_bytes(b'earlier')
    kill_at_each_moment(lambda: write(folder / name), folder)
    assert list(files_of(folder)) == [name]


@pytest.mark.parametrize('is_video', [False, True])
def test_predictions(folder, monkeypatch, is_video):
    class Source(list):
        name, names, fps = 'a.mp4', ['a.jpg', 'b.jpg'], 5.0

    source = Source(Frame(name, picture()) for name in Source.names)
    if is_video:
        monkeypatch.setattr(prediction_files, 'VideoFile', Source)
    instance = dict(keypoints=[[1.0, 2.0]] * 21, keypoint_scores=[1.0] * 21)
    metainfo = parse_pose_metainfo(HAND21)

    def write():
        files = prediction_files.prediction_files(folder, source, metainfo)
        for frame in source:
            files.write(frame, [instance])
        files.close({source.name: [dict(instances=[instance])] * 2})

    kill_at_each_moment(write, folder)
    kinds = {Path(name).suffix for name in files_of(folder)}
    assert kinds == ({'.mp4', '.json'} if is_video else {'.jpg', '.json'})


def exports(folder):
    """Exports that tell they are there, each one thing."""
    return {
        str(path.parent): tuple(
            (path.parent / name).read_bytes() if (path.parent / name).exists() else None
            for name in EXPORT
        )
        for path in folder.rglob('model.pth')
        if '.partial' not in str(path)
    }


def export(trained, folder, which):
    checkpoint = load_from_local(str(trained.checkpoint))
    export_estimator(Config.fromfile(trained.config), checkpoint, str(folder), which)


def build_once(monkeypatch):
    """An export builds the estimator, which takes longer than to write it."""
    build, built = exporting.fitting_estimator, []

    def cached(*args):
        if not built:
            built.append(build(*args))
        return built[0]

    monkeypatch.setattr(exporting, 'fitting_estimator', cached)


def test_a_new_export_is_there_as_a_folder_or_not_at_all(trained, folder, monkeypatch):
    def found(folder):
        names = {Path(name).name for name in files_of(folder)}
        assert names in (set(), {'config.py', 'metainfo.py', 'model.pth'})
        return exports(folder)

    build_once(monkeypatch)
    kill_at_each_moment(
        lambda: export(trained, folder / 'deep/export', 'teacher'), folder, found
    )


def test_an_export_takes_the_place_of_another(trained, folder, monkeypatch):
    export(trained, folder, 'student')
    (folder / 'model.onnx').write_bytes(b'of the student')
    (folder / 'notes.txt').write_bytes(b'of the user')
    build_once(monkeypatch)
    kill_at_each_moment(lambda: export(trained, folder, 'teacher'), folder, exports)
    assert set(files_of(folder)) == {*EXPORT[:3], 'notes.txt'}


def test_onnx(folder, monkeypatch):
    pytest.importorskip('onnx')
    network = torch.nn.Linear(3, 2)
    for name, value in dict(
        load_config=lambda path: None,
        build_estimator=lambda *_: SimpleNamespace(head=None),
        output_names=lambda head: ['points'],
        RawOutputs=lambda model: network,
        crop_size=lambda head: (3, 1),
        metadata=lambda *_: dict(input_size=[3, 1]),
        _compare=lambda *_: None,
    ).items():
        monkeypatch.setattr(onnx_export, name, value)
    kill_at_each_moment(lambda: onnx_export.export_onnx(str(folder)), folder)
    assert list(files_of(folder)) == ['model.onnx']


def test_a_summary_follows_its_export(folder, monkeypatch):
    hook = SummaryHook()

    def export(runner):
        write_whole(folder / 'model.pth', 'weights')
        return folder

    monkeypatch.setattr(hook, 'export', export)
    monkeypatch.setattr(hook, 'summarize', lambda *_: {'export': str(folder)})
    monkeypatch.setattr(hook, 'plain_words', lambda *_: '')
    runner = SimpleNamespace(work_dir=str(folder), logger=SimpleNamespace(info=len))

    def found(folder):
        files = files_of(folder)
        assert 'summary.json' not in files or 'model.pth' in files
        return files

    kill_at_each_moment(lambda: hook.after_train(runner), folder, found)


def test_checkpoints_and_what_is_noted_of_them(folder):
    def write():
        cfg = Config.fromstring(toy_parts.CONFIG, '.py')
        cfg._filename = 'toy.py'
        cfg.work_dir, cfg.experiment_name = str(folder), uuid.uuid4().hex
        cfg.default_hooks.checkpoint.max_keep_ckpts = 1
        Runner.from_cfg(cfg).train()

    def found(folder):
        there = {
            path.name: load_from_local(str(path))['meta']['iter']
            for path in folder.glob('*.pth')
        }
        for name, step in there.items():
            assert name == f'iter_{step}.pth'
        noted = folder / 'last_checkpoint'
        if noted.exists():
            assert Path(noted.read_text()).name in there
        if (folder / 'toy.py').exists():
            assert Config.fromfile(folder / 'toy.py').model.type == 'ToyModel'
        return {'is resumable': bool(there)} if there else {}

    moments = kill_at_each_moment(write, folder, found, in_place=is_log)
    assert sum('os.rename iter_' in moment for moment in moments) == 2
    assert sum('last_checkpoint' in moment for moment in moments) >= 2


def is_log(name):
    """What grows with a run, and what mmengine's own backend keeps for itself."""
    return name.endswith(('.log', 'scalars.json')) or '/vis_data/' in name


def test_decoded_images(folder):
    images = folder / 'images'
    images.mkdir()
    for value in range(3):
        cv2.imwrite(str(images / f'{value}.png'), picture(value))
    decode_once(str(images), cv2.IMREAD_COLOR)
    cv2.imwrite(str(images / '3.png'), picture(3))

    def found(folder):
        """Pixels as they are read; none is as good as the right ones."""
        decoded_images._opened.cache_clear()
        read = {
            value: read_decoded(str(images / f'{value}.png'), cv2.IMREAD_COLOR)
            for value in range(4)
        }
        return {
            value: pixels.tolist() for value, pixels in read.items() if pixels is not None
        }

    kill_at_each_moment(lambda: decode_once(str(images), cv2.IMREAD_COLOR), folder, found)
    assert found(folder) == {value: picture(value).tolist() for value in range(4)}


def test_builtin_data(folder, monkeypatch):
    sample = None

    def same_sample(*arguments):
        nonlocal sample
        sample = sample or make_sample(*arguments)
        return sample

    make_sample = writer.make_sample
    monkeypatch.setattr(writer, 'make_sample', same_sample)
    monkeypatch.setattr(store, '_decode', lambda root: None)  # the test above

    def found(folder):
        """The data set, which is one thing."""
        files = files_of(folder)
        return {'data set': files} if files else {}

    def write():
        ensure_builtin(
            'hand', str(folder / 'data'), num_train=1, num_test=1, image_size=32, workers=1
        )

    kill_at_each_moment(write, folder, found)
    assert len(found(folder)['data set']) == 13


# ---- no other way --------------------------------------------------------------------

_WRITERS = ('imwrite', 'save', 'savefig', 'savez', 'write_bytes', 'write_text')
_OTHERWISE = {
    'analysis/step_benchmark/random_vgg.py',  # for this process alone
    'analysis/gpu_check.py',  # logs
    'config/work_dirs.py',  # a lock
    'synthetic/store.py',  # in a folder that is renamed when it is complete
    'synthetic/writer.py',
    'whole_checkpoints.py',  # to where mmengine has no local path
}


def writing_calls(path):
    """What a file calls to write, as text."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            call, called = ast.unparse(node), ast.unparse(node.func)
            is_open = called == 'open' and re.search(r", '[wx]b?'", call)
            if called.rpartition('.')[2] in _WRITERS or is_open:
                yield call


def test_nothing_is_written_otherwise():
    found = {}
    for path in (*PACKAGE.rglob('*.py'), *PACKAGE.parent.glob('tools/**/*.py')):
        name = path.relative_to(PACKAGE.parent).as_posix().removeprefix('mmpose_uda/')
        calls = [call for call in writing_calls(path) if 'partial' not in call]
        if calls and name not in _OTHERWISE:
            found[name] = calls
    assert not found


def test_what_is_written_in_place_is_seen(folder):
    with pytest.raises(AssertionError, match='a.json is written in place'):
        kill_at_each_moment(lambda: (folder / 'a.json').write_text('{}'), folder)


def test_what_belongs_together_and_is_not_is_seen(folder):
    def in_two_steps():
        for name in 'ab':
            write_whole(folder / name, 'text')

    def both(folder):
        files = files_of(folder)
        return {'both': files} if files else {}

    with pytest.raises(AssertionError, match='both, killed at'):
        kill_at_each_moment(in_two_steps, folder, both)
