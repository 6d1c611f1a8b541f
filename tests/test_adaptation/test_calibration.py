import json
import shutil
from dataclasses import fields

import pytest
from config_factory import CONFIG_DIR, tiny_config
from data_factory import write_pose_dataset
from infer_factory import TrainedRun, quick_yapf, write_images

from mmpose_uda import UserError
from mmpose_uda.adaptation.calibration import Calibration, Outcome
from mmpose_uda.adaptation.calibration_data import Benchmark, real_benchmarks
from mmpose_uda.adaptation.calibration_plan import FIT, HELD_OUT, PLANS
from mmpose_uda.adaptation.run import AdaptationRun
from mmpose_uda.adaptation.target_images import collect_target
from mmpose_uda.adaptation.verdict import UNCLEAR
from mmpose_uda.convert.source_folder import SourceFolder


@pytest.fixture
def trained(monkeypatch):
    """Trainings that change nothing: (folder, images, options) of each."""
    calls = []

    def train(self, cfg_options=None):
        calls.append((self.folder.name, len(self.split.trained), cfg_options))
        shutil.copytree(self.exported_start, self.exported)

    monkeypatch.setattr(AdaptationRun, 'train', train)
    return calls


def labelled(path):
    write_pose_dataset(path, 4, keypoints_3d=False)
    return SourceFolder(path, 'images/', 'annotations/train.json', None)


def benchmark(root, name, plan='rendered'):
    photos = write_images(root / name, [f'{n}.png' for n in range(36)], seed=len(name))
    images = collect_target([str(photos)], root / 'none').images
    test, source = (labelled(root / f'{name}_{kind}') for kind in ('test', 'source'))
    return Benchmark(name, f'{name}.py', images, test, source, PLANS[plan])


def test_runs_are_made_once_and_in_turn(tmp_path, trained):
    kinds = (('hands',), ('photos', 'photographs_held_out'))
    hands, photos = (benchmark(tmp_path, *one) for one in kinds)
    with quick_yapf():
        export = str(TrainedRun(tmp_path, '2d').export)
        calibration = Calibration(
            [hands, photos],
            tmp_path / 'out',
            iters=7,
            # hands have one side: left and right cannot be exchanged
            cases=['with_source', 'mirrored_labels', 'learning_rate_x10', 'too_few_images'],
            starts={one.config: export for one in (hands, photos)},
        )
        outcomes = list(calibration.run())
    names = [folder for folder, _, _ in trained]
    assert names[:3] == [
        'hands_learning_rate_x10_seed0',
        'photos_learning_rate_x10_seed0',
        'hands_with_source_seed0',
    ]
    assert len(names) == 5 + 2
    halves = {(one.benchmark, one.seed): one.half for one in outcomes}
    assert halves == {('hands', 0): FIT, ('hands', 1): HELD_OUT, ('photos', 0): HELD_OUT}
    for one in outcomes:
        assert one.truth == UNCLEAR and list(one.on_labels) == ['sides of the box']
        assert len(set(one.on_labels['sides of the box'])) == 1
        assert (one.signals.source_confidence is None) == (one.case != 'with_source')
    options = {folder: (count, options) for folder, count, options in trained}
    count, changed = options['hands_too_few_images_seed1']
    assert count == 4 and changed == {'train_dataloader.num_workers': 0}
    count, changed = options['photos_learning_rate_x10_seed0']
    assert count == 24 and changed['optim_wrapper.optimizer.lr'] == 3e-3
    assert not list((tmp_path / 'out').rglob('*.pth'))
    again = list(calibration.run())
    assert len(trained) == 7 and [one.case for one in again] == [o.case for o in outcomes]
    kept = tmp_path / 'out/runs/hands_with_source_seed0/outcome.json'
    assert Outcome.read(kept).half == FIT
    # a benchmark alone has no images of another
    calibration.cases = ['wrong_target']
    assert [one.benchmark for one in calibration.run()] == ['hands']
    calibration.benchmarks = [hands]
    assert not list(calibration.run())


def test_photographs_have_labels_for_each_half(tmp_path):
    cfg = tiny_config(CONFIG_DIR / 'hand_3d.py', tmp_path / 'data', tmp_path / 'work')
    cfg.dump(tmp_path / 'hand.py')
    photos = tmp_path / 'photos'
    write_pose_dataset(photos, 3)
    for name in ('train', 'tune', 'test'):
        shutil.copy(photos / 'annotations/train.json', photos / f'{name}.json')
    found = list(real_benchmarks(str(tmp_path / 'hand.py'), str(photos)))
    assert [(one.test.train, {run.half for run in one.plan}) for one in found] == [
        ('tune.json', {FIT}),
        ('test.json', {HELD_OUT}),
    ]
    for one in found:
        assert one.name == 'hand_photos' and len(one.target) == 3
    (photos / 'tune.json').unlink()
    with pytest.raises(UserError, match='tune.json'):
        list(real_benchmarks(str(tmp_path / 'hand.py'), str(photos)))


@pytest.mark.parametrize('content', [{}, {'signals': {'old': 1}}])
def test_outcomes_of_another_version(tmp_path, content):
    names = [field.name for field in fields(Outcome)]
    path = tmp_path / 'outcome.json'
    path.write_text(json.dumps({name: '' for name in names if content} | content))
    with pytest.raises(UserError, match='another version of this tool'):
        Outcome.read(path)


def test_an_unknown_case():
    with pytest.raises(UserError, match="no case 'none'"):
        Calibration([], None, 1, ['none'])
