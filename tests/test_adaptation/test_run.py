import copy
import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from data_factory import SKELETON, write_pose_dataset
from infer_factory import TrainedRun, quick_yapf, write_images
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS

from mmpose_uda import UserError
from mmpose_uda.adaptation.calibration_plan import CASES
from mmpose_uda.adaptation.run import AdaptationRun
from mmpose_uda.adaptation.split import split_target
from mmpose_uda.adaptation.start import read_start
from mmpose_uda.adaptation.target_images import collect_target
from mmpose_uda.config import load_config
from mmpose_uda.convert.source_folder import SourceFolder
from mmpose_uda.models.observation import SourceStatistics, content_of

KINDS = ('2d', '3d', '3d_regression')


@pytest.fixture(scope='module', params=KINDS)
def export(request, tmp_path_factory):
    """An export that says what it knows of its source."""
    root = tmp_path_factory.mktemp(request.param)
    with quick_yapf():
        exported = TrainedRun(root, request.param).export
    dimensions = 2 if request.param == '2d' else 3
    statistics = SourceStatistics(21, SKELETON, dimensions, unit=34.0)
    ones = torch.ones(8, 21)
    poses = torch.rand(8, 21, dimensions)
    statistics.note(poses, ones, 0.9 * ones, torch.ones(21))
    content = content_of(statistics, torch.ones(21, dtype=torch.bool))
    (exported / 'source_statistics.json').write_text(json.dumps(content))
    return exported


def run_of(export, folder, **options):
    photos = write_images(folder / 'photos', [f'{n}.png' for n in range(36)])
    target = collect_target([str(photos)], folder / 'out')
    return AdaptationRun(
        folder=folder / 'out',
        start=read_start(str(export)),
        split=split_target(target.images)[0],
        paths=[str(photos)],
        **options,
    )


def begin(run, iters=5):
    with quick_yapf():
        run.begin(iters)
    init_default_scope('mmpose')
    return load_config(str(run.config))


def test_what_it_writes_can_be_trained(export, tmp_path):
    cfg = begin(run_of(export, tmp_path))
    is_3d = 'depth_range' in cfg.model.estimator.head.decoder
    expected = ['mean_teacher', 'stay', *(['anatomy'] if is_3d else [])]
    assert cfg.model.alignments.mean_teacher.get('depth', False) == is_3d
    assert sorted(cfg.phases[0].parts) == sorted(expected)
    model = MODELS.build(cfg.model)
    model.set_phase(tuple(cfg.phases[0].parts))
    assert model.required_views == {'target_student', 'target_teacher'}
    assert model.source_statistics.confidence.any()
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    assert len(dataset) == 24
    assert set(dataset[0]['inputs']) == {'target_student', 'target_teacher'}


def test_the_runs_of_a_calibration_can_be_trained(export, tmp_path):
    cfg = begin(run_of(export, tmp_path))
    has_maps = 'Regression' not in cfg.model.estimator.head.type
    for case, changes in CASES.items():
        if case == 'information_alone' and not has_maps:
            continue
        changed = copy.deepcopy(cfg)
        changed.merge_from_dict(copy.deepcopy(changes))
        parts = changed.train_cfg.phases[0].parts
        MODELS.build(changed.model).set_phase(tuple(parts))


def test_the_start_is_the_export(export, tmp_path):
    run = run_of(export, tmp_path)
    begin(run)
    for name in ('model.pth', 'source_statistics.json'):
        assert (run.exported_start / name).is_file()
    given, start = (
        torch.load(folder / 'model.pth', weights_only=False)['state_dict']
        for folder in (export, run.exported_start)
    )
    assert all(torch.equal(given[key], start[key]) for key in given)
    assert run.reference(before=None, source=None).confidence == pytest.approx(
        0.9, abs=0.01
    )


def test_with_a_source(export, tmp_path):
    write_pose_dataset(tmp_path / 'hands', 3)
    source = SourceFolder(tmp_path / 'hands', 'images/', 'annotations/train.json', None)
    cfg = begin(run_of(export, tmp_path, labelled=[source], source=source))
    parts = cfg.phases[0].parts
    assert parts[0] == 'supervised' and 'stay' not in parts
    model = MODELS.build(cfg.model)
    model.set_phase(tuple(parts))
    assert 'source' in model.required_views
    sample = DATASETS.build(cfg.train_dataloader.dataset)[0]['data_samples']['source']
    assert len(sample.gt_instance_labels.keypoint_weights) == 1


def test_going_on(export, tmp_path):
    run = run_of(export, tmp_path)
    begin(run)
    begin(run)
    written = {path: path.read_bytes() for path in run.folder.rglob('*') if path.is_file()}
    images = run.split.trained[:-1]
    other = replace(run, split=replace(run.split, trained=images))
    with pytest.raises(UserError, match='with other arguments'):
        other.begin(5)
    # what is refused changes nothing
    assert all(path.read_bytes() == content for path, content in written.items())


def test_steps_are_those_that_fit(export, tmp_path, monkeypatch):
    trials = []

    def train(self, title, cfg_options):
        assert self.folder.name == 'trial' and self.config.is_file()
        trials.append(self.folder)
        log = self.training / 'now/vis_data/scalars.json'
        log.parent.mkdir(parents=True)
        times = [9.0, 9.0, 9.0, 9.0, 1.0, 2.0, 2.0, 1.0]
        lines = [dict(lr=1e-3, time=t, step=n) for n, t in enumerate(times, start=1)]
        log.write_text('\n'.join(map(json.dumps, lines)))

    monkeypatch.setattr(AdaptationRun, 'train', train)
    run = run_of(export, tmp_path)
    with quick_yapf():
        assert run.steps_within(8, trainings=4) == 60
        run.steps_within(50, trainings=4)
        trained = len(trials)
        assert run.steps_within(50, trainings=4) > 60  # as a run that goes on began
        assert len(trials) == trained == 2
    assert not Path(run.folder, 'trial').exists()
