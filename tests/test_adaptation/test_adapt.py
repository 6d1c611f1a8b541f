"""tools/adapt.py as a user runs it, on a stock config with a source, a video and labels."""

import json
import shutil
from pathlib import Path

import pytest
import torch
from browser import browser
from data_factory import write_pose_dataset
from infer_factory import TrainedRun, quick_yapf, write_images, write_video
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from stock_factory import TINY_BASE, coco_names
from tool_process import run_tool

from mmpose_uda.adaptation.adapt import adapt
from mmpose_uda.adaptation.length import sensible_steps, steps_within
from mmpose_uda.adaptation.run import AdaptationRun
from mmpose_uda.adaptation.verdict import DECISIONS, UNCLEAR, WORSE
from mmpose_uda.analysis.source_free import source_free_teacher
from mmpose_uda.errors import UserError
from mmpose_uda.inference.infer import infer

FRAMES, PHOTOS = 6, 30


@pytest.fixture(scope='module')
def adapted(tmp_path_factory):
    """The folder of a run, and what it printed."""
    root = tmp_path_factory.mktemp('adapt')
    for folder, count in (('people', 21), ('few', 3)):
        write_pose_dataset(root / folder, count, names=coco_names(), keypoints_3d=False)
    write_images(root / 'photos', [f'{n}.png' for n in range(PHOTOS)])
    write_video(root / 'walk.mp4', FRAMES)
    (root / 'base.py').write_text(TINY_BASE)
    init_default_scope('mmpose')
    torch.manual_seed(0)
    network = MODELS.build(Config.fromfile(root / 'base.py').model)
    torch.save(network.state_dict(), root / 'base.pth')
    done = run_tool(
        'adapt.py',
        *'base.py --checkpoint base.pth --target photos walk.mp4 --source people'.split(),
        *'--labelled few/annotations/train.json --train-on-labelled'.split(),
        *'--out adapted --iters 3'.split(),
        folder=root,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return root / 'adapted', done.stdout


def test_what_is_there_afterwards(adapted):
    folder, printed = adapted
    summary = json.loads((folder / 'summary.json').read_text())
    assert summary['decision'] in DECISIONS
    assert printed.splitlines()[-1] == summary['verdict']
    log = (folder / 'training.log').read_text()
    for said in ('System environment:', 'Hooks will be executed'):
        assert said in log and said not in printed
    assert summary['verdict'].startswith(f'{summary["decision"]}: in 12 held-out boxes')
    images = summary['images']
    assert images['found'] == images['trained'] + images['held_out'] == FRAMES + PHOTOS
    assert images['folds'] == 0 and not (folder / 'folds').exists()
    assert [phase['iters'] for phase in summary['phases']] == [3]
    assert summary['labelled']['trained_on']
    assert summary['labelled']['before']['instances'] == 3
    assert summary['signals']['source_confidence'] is not None
    cfg = Config.fromfile(folder / 'config.py')
    parts = cfg.phases[0].parts
    # 21 labelled images of the source, and as 6 the 3 of the target
    roots = [Path(one.data_root).name for one in cfg.source.datasets]
    assert roots == ['people', 'few', 'few']
    assert parts == ['supervised', 'mean_teacher', 'occlusion', 'masked', 'information']


def test_the_export_is_the_better_model(adapted):
    folder, _ = adapted
    summary = json.loads((folder / 'summary.json').read_text())
    worse = summary['decision'] == WORSE
    chosen = folder / ('start' if worse else 'training/export')
    assert summary['exported'] == ('the starting model' if worse else 'the adapted model')
    for name in ('model.pth', 'config.py'):
        assert (folder / 'export' / name).read_bytes() == (chosen / name).read_bytes()
    start = torch.load(folder / 'start/model.pth', weights_only=False)['state_dict']
    given = torch.load(folder.parent / 'base.pth')
    assert all(torch.equal(start[key], value) for key, value in given.items())
    assert len(infer(str(folder / 'export'), str(folder.parent / 'photos')).predictions)


def test_a_run_that_is_done_is_not_begun_again(adapted):
    folder, _ = adapted
    arguments = ['base.py', '--target', 'photos', '--out', 'adapted']
    again = run_tool('adapt.py', *arguments, folder=folder.parent)
    assert again.returncode == 2 and 'holds a finished adaptation' in again.stderr


@pytest.mark.parametrize('width', [1100, 380])
def test_the_report_in_a_browser(adapted, tmp_path, width):
    folder, printed = adapted
    with browser(tmp_path) as page:
        page.resize(width)
        page.open(folder / 'report.html')
        assert page.console() == []
        assert [url for url in page.requests() if not url.startswith('file:')] == []
        shown = page.run("return document.querySelector('#verdict').innerText")
        assert shown.lower() == printed.splitlines()[-1].lower()
        assert page.run('return document.documentElement.scrollWidth') <= width
        images = "document.querySelectorAll('#images img')"
        assert page.run(f'return {images}.length') == 2 * 12
        loaded = f'return [...{images}].every(image => image.naturalWidth > 50)'
        assert page.run(loaded)
        moved = "[...document.querySelectorAll('#images h3')].map(e => e.innerText)"
        distances = [float(text.split()[-1]) for text in page.run(f'return {moved}')]
        assert distances == sorted(distances, reverse=True)
        assert page.run("return document.querySelectorAll('#training svg').length") == 4


def without_training(self, cfg_options=None):
    """As a training that changes nothing leaves its work dir."""
    assert not [one for one in self.split.held_out if one in self.split.trained]
    shutil.copytree(self.exported_start, self.exported)
    summary = dict(seed=0, phases=[dict(name='adapt', iters=2)])
    (self.training / 'summary.json').write_text(json.dumps(summary))


def test_few_images_are_judged_by_folds(tmp_path, monkeypatch):
    monkeypatch.setattr(AdaptationRun, 'train', without_training)
    write_pose_dataset(tmp_path / 'few', 3, keypoints_3d=False)
    write_images(tmp_path / 'photos', [f'{n}.png' for n in range(11)])
    with quick_yapf():
        export = TrainedRun(tmp_path, '2d').export
        summary = adapt(
            str(export),
            [str(tmp_path / 'photos'), str(tmp_path / 'few/images')],
            str(tmp_path / 'out'),
            labelled=str(tmp_path / 'few/annotations/train.json'),
            train_on_labelled=True,
            iters=2,
        )
    # those with labels are trained on in each fold, and looked at in none
    images = dict(found=14, not_decoded=[], near_duplicates=0)
    assert summary['images'] == dict(images, trained=14, held_out=11, folds=3)
    assert summary['decision'] == UNCLEAR and summary['signals']['boxes'] == 11
    assert summary['exported'] == 'the adapted model'
    assert not (tmp_path / 'out/folds').exists()
    page = (tmp_path / 'out/report.html').read_text()
    assert '11, in 3 folds' in page and 'There are few' in page
    cfg = Config.fromfile(tmp_path / 'out/config.py')
    (phase,) = cfg.phases
    assert 'supervised' in phase.parts and 'stay' in phase.parts
    # as the ablation's `source_free`
    assert cfg.model.teacher == source_free_teacher(phase.iters)
    assert cfg.model.test_network == 'student'


def test_labels_that_a_3d_model_is_trained_on_are_3d(tmp_path):
    write_pose_dataset(tmp_path / 'few', 3, keypoints_3d=False)
    photos = write_images(tmp_path / 'photos', [f'{n}.png' for n in range(40)])
    labels = str(tmp_path / 'few/annotations/train.json')
    with quick_yapf():
        export = str(TrainedRun(tmp_path, '3d').export)
    out = str(tmp_path / 'out')
    with pytest.raises(UserError, match='has no `keypoints_3d`'):
        adapt(export, [str(photos)], out, labelled=labels, train_on_labelled=True)


def test_length():
    assert sensible_steps(40) == 150
    assert sensible_steps(320) == 500
    assert sensible_steps(10**5) == 1500
    assert steps_within(10, 2.0) == 225
    assert steps_within(10, 2.0, trainings=5) == 45
    said = 'is too short: 20 steps of a training, 2.0 seconds each, need 0.9 minutes, incl'
    with pytest.raises(UserError, match=said):
        steps_within(0.5, 2.0)
    with pytest.raises(UserError, match='each of 4 trainings, 2.0 seconds each, need 3.6'):
        steps_within(0.5, 2.0, trainings=4)
