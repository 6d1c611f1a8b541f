import copy
import itertools
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from config_factory import (
    BATCH_SIZE,
    PHASE_ITERS,
    Killed,
    read_summary,
    run,
    run_killed_and_resumed,
    tiny_config,
)
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.logging import MessageHub
from mmengine.optim import OptimWrapper
from mmengine.runner import CheckpointLoader, Runner
from mmpose.apis import init_model
from torch import nn

from mmpose_uda import UserError
from mmpose_uda.engine.runner import phased_train_loop
from mmpose_uda.engine.runner.phased_train_loop import iteration_seed, make_phases
from mmpose_uda.models.observation import source_statistics

# ---- phases --------------------------------------------------------------------------


def phase(name='a', iters=3, **kwargs):
    return dict(dict(name=name, iters=iters, parts=['supervised']), **kwargs)


def test_phases_follow_each_other():
    of_b = phase('b', 4, parts=['x', 'y'], norm_eval=True)
    first, second = make_phases([phase('a', 3), of_b])
    assert (first.name, first.begin, first.end) == ('a', 0, 3)
    assert (second.name, second.begin, second.end) == ('b', 3, 7)
    assert first.parts == ('supervised',) and second.parts == ('x', 'y')
    assert not first.norm_eval and second.norm_eval


@pytest.mark.parametrize(
    'configs, message',
    [
        ([], 'one or more phases'),
        ([phase(), phase()], 'different names'),
        ([phase(iters=0)], '`iters` of at least 1'),
        ([phase(), dict(name='b', iters=3)], 'needs a `name`'),
        ([dict(iters=3, parts=[])], 'needs a `name`'),
        ([phase(part=['supervised'])], 'takes no `part`: use `parts`'),
        ([phase(normeval=True)], 'takes no `normeval`: use `norm_eval`'),
    ],
)
def test_phases_that_make_no_sense(configs, message):
    with pytest.raises(UserError, match=message):
        make_phases(configs)


def test_each_iteration_has_its_seed():
    seeds = {iteration_seed(s, i) for s in range(5) for i in range(200)}
    assert len(seeds) == 1000
    assert iteration_seed(3, 7) == iteration_seed(3, 7)
    draws = []
    for seed in sorted(seeds)[:50]:
        torch.manual_seed(seed)
        draws.append(float(torch.rand(())))
    assert len(set(draws)) == 50


def test_ranks_have_their_own_seeds(monkeypatch):
    alone = iteration_seed(0, 0)
    monkeypatch.setattr(phased_train_loop, 'get_rank', lambda: 1)
    assert iteration_seed(0, 0) != alone


def test_misspelt_parts_fail_before_the_first_iteration(hand_config, data_root, tmp_path):
    cfg = tiny_config(hand_config, data_root, tmp_path)
    cfg.train_cfg.phases[-1].parts.append('men_teacher')
    with pytest.raises(UserError, match="'men_teacher'.*: use `mean_teacher`"):
        run(cfg)
    assert not (tmp_path / 'record.json').exists()


def test_a_missing_view_fails_before_the_first_iteration(hand_config, data_root, tmp_path):
    cfg = tiny_config(hand_config, data_root, tmp_path)
    del cfg.train_dataloader.dataset.views['target_teacher']
    with pytest.raises(UserError, match='no view `target_teacher`: choose from source, t'):
        run(cfg)
    assert not (tmp_path / 'record.json').exists()


# ---- a run ---------------------------------------------------------------------------


@pytest.fixture(scope='module')
def record(finished):
    """What each iteration was given."""
    return json.loads(Path(finished.work_dir, 'record.json').read_text())


def test_every_phase_has_its_iterations(finished, record):
    phases = finished.runner.train_loop.phases
    expected = [p.name for p in phases for _ in range(PHASE_ITERS)]
    assert [row['phase'] for row in record] == expected


def test_every_phase_has_its_views_and_losses(finished, record):
    model = finished.runner.model
    for_all = set()
    for hook in finished.runner.hooks:
        for_all.update(getattr(hook, 'required_views', ()))
    for p in finished.runner.train_loop.phases:
        model.set_phase(p.parts)
        views = sorted(model.required_views | for_all)
        for row in record[p.begin : p.end]:
            assert row['views'] == views
            owners = {key.split('/')[0] for key in row['losses'] if '/' in key}
            assert owners == set(p.parts) - {'supervised'}
            assert ('loss_kpt' in row['losses']) == ('supervised' in p.parts)


def test_training_changes_all_networks(finished):
    torch.manual_seed(0)
    optimizer = finished.runner.optim_wrapper.optimizer
    trained = {id(p) for p, state in optimizer.state.items() if state['step'] > 0}
    model = finished.runner.model
    for part in (model.student, model.foreground_head, model.alignments):
        assert trained.issuperset(id(p) for p in part.parameters())


def test_every_phase_ends_with_a_validation(finished):
    results = finished.runner.train_loop.results
    phases = finished.runner.train_loop.phases
    assert [r['name'] for r in results] == [p.name for p in phases]
    figures = [tuple(r['metrics'].values()) for r in results]
    assert len(set(figures)) == len(figures)


def test_the_exported_estimator_predicts_what_the_teacher_predicts(finished):
    runner, folder = finished.runner, Path(finished.summary['export'])
    exported = init_model(
        str(folder / 'config.py'), str(folder / 'model.pth'), device='cpu'
    )
    dataset = runner.val_dataloader.dataset
    trained = copy.deepcopy(runner.model)
    # as they lie in memory in an export: sums in the same order
    trained.memory_format = torch.contiguous_format
    trained.to(memory_format=torch.contiguous_format)
    predictions = []
    for model in (exported, trained):
        model.eval()
        batch = pseudo_collate([dataset[i] for i in range(len(dataset))])
        predictions.append([s.pred_instances for s in model.test_step(batch)])
    for found, expected in zip(*predictions):
        for key in ('keypoints', 'keypoint_scores', 'keypoints_3d'):
            assert (found[key] == expected[key]).all()


def test_the_exported_config_gives_the_figures_of_the_summary(finished, tmp_path):
    folder = Path(finished.summary['export'])
    cfg = Config.fromfile(folder / 'config.py')
    cfg.update(
        work_dir=str(tmp_path),
        load_from=str(folder / 'model.pth'),
        experiment_name='exported',
    )
    found = Runner.from_cfg(cfg).test()
    # up to the order of sums: weights lie otherwise in memory while a network is trained
    assert found == pytest.approx(finished.summary['target'], rel=1e-3)


# ---- the same result -----------------------------------------------------------------


def last_checkpoint(work_dir):
    path = Path(work_dir, 'last_checkpoint').read_text()
    return CheckpointLoader.load_checkpoint(path, map_location='cpu')


def differences(first, second, path=''):
    """Places where two nested values are not the same bit for bit."""
    if isinstance(first, torch.Tensor):
        return [] if torch.equal(first, second) else [path]
    if isinstance(first, dict):
        if first.keys() != second.keys():
            return [path]
        pairs = [(first[key], second[key], f'{path}/{key}') for key in first]
    elif isinstance(first, (list, tuple)):
        if len(first) != len(second):
            return [path]
        pairs = [(a, b, f'{path}/{i}') for i, (a, b) in enumerate(zip(first, second))]
    else:
        return [] if first == second else [path]
    return [found for pair in pairs for found in differences(*pair)]


def assert_same_result(finished, work_dir):
    expected, found = last_checkpoint(finished.work_dir), last_checkpoint(work_dir)
    assert found['meta']['iter'] == expected['meta']['iter']
    for part in ('state_dict', 'optimizer', 'param_schedulers'):
        assert differences(expected[part], found[part]) == []
    summary = read_summary(work_dir)
    for key in ('seed', 'phases', 'target', 'student'):
        assert summary[key] == finished.summary[key]


def test_the_comparison_sees_a_single_bit():
    value = dict(a=[torch.zeros(3), 1.5])
    assert differences(value, dict(a=[torch.zeros(3), 1.5])) == []
    other = dict(a=[torch.tensor([0, 0, 1e-30]), 1.5])
    assert differences(value, other) == ['/a/0']
    assert differences(value, dict(a=[torch.zeros(3), 1.6])) == ['/a/1']
    assert differences(value, dict(b=1)) == ['']


# in the middle of the second phase; in the first, and between the last two
KILLS = {'midway': (3,), 'twice, the second time at the end': (1, -PHASE_ITERS)}


@pytest.mark.parametrize('kills', KILLS.values(), ids=KILLS)
def test_a_killed_and_resumed_run_ends_the_same(
    finished, hand_config, data_root, tmp_path, kills
):
    total = finished.runner.max_iters
    kills = [at % total for at in kills]
    run_killed_and_resumed(hand_config, data_root, tmp_path, *kills)
    assert_same_result(finished, tmp_path)
    record = json.loads((tmp_path / 'record.json').read_text())
    whole = json.loads(Path(finished.work_dir, 'record.json').read_text())
    assert record == whole[kills[-1] :]


EXTRAS = """
_base_ = {base!r}
model = dict(
    alignments=dict(
        mean_teacher=dict(
            selection=[
                dict(type='ConfidenceWeighting'),
                dict(type='DisagreementWeighting'),
                dict(type='PlausibilitySelection', ramp_iters=3),
            ]
        ),
        anatomy=dict(type='AnatomicalPlausibility', ramp_iters=3),
        masked=dict(type='MaskedImageConsistency'),
        gate=dict(type='GradientGate'),
    )
)
source, adapt = _base_.phases[1:]
adapt = dict(adapt, parts=[*adapt.parts, 'anatomy', 'masked', 'gate'])
train_cfg = dict(phases=[source, adapt])
"""


def test_parts_of_later_methods_are_resumed_exactly(
    hand_config, data_root, tmp_path, monkeypatch
):
    monkeypatch.setattr(source_statistics, '_LEAST', 1)
    path = tmp_path / 'extras.py'
    path.write_text(EXTRAS.format(base=str(hand_config)))
    run(tiny_config(path, data_root, tmp_path / 'whole'))
    # between the phases, and in the middle of the adaptation
    kills = (PHASE_ITERS, PHASE_ITERS + 1)
    run_killed_and_resumed(path, data_root, tmp_path / 'killed', *kills)
    whole, killed = (last_checkpoint(tmp_path / name) for name in ('whole', 'killed'))
    assert differences(whole['state_dict'], killed['state_dict']) == []
    statistics = whole['state_dict']['source_statistics.histograms']
    # poses that are whole in their crops
    assert 0 < statistics[-1].sum() <= 2 * PHASE_ITERS * BATCH_SIZE
    last = json.loads((tmp_path / 'whole' / 'record.json').read_text())[-1]['losses']
    assert last['anatomy/loss_range'] > 0 and last['gate/loss'] >= 0


def test_a_finished_run_is_resumed_to_its_summary(finished, hand_config, tmp_path):
    work_dir = tmp_path / 'copy'
    shutil.copytree(finished.work_dir, work_dir)
    (work_dir / 'summary.json').unlink()
    data_root = Path(finished.runner.cfg.val_dataloader.dataset.data_root).parent
    cfg = tiny_config(hand_config, data_root, work_dir)
    last = Path(finished.work_dir, 'last_checkpoint').read_text()
    cfg.update(resume=True, load_from=last)
    run(cfg)
    found = read_summary(work_dir)
    assert found['phases'] == finished.summary['phases']
    assert found['target'] == finished.summary['target']


def poison(ann_file):
    """Make every label of an annotation file useless."""
    content = json.loads(ann_file.read_text())
    for ann in content['annotations']:
        ann['keypoints'] = [float('nan')] * len(ann['keypoints'])
        ann['keypoints_3d'] = [[float('nan')] * 3 for _ in ann['keypoints_3d']]
        ann['mask_file'] = 'missing.png'
        ann['num_keypoints'] = 0
    ann_file.write_text(json.dumps(content))


def test_labels_of_the_target_never_matter(finished, hand_config, data_root, tmp_path):
    poisoned = tmp_path / 'data'
    shutil.copytree(data_root, poisoned)
    cfg = tiny_config(hand_config, poisoned, tmp_path / 'run')
    target = cfg.train_dataloader.dataset.target
    ann_file = Path(target.data_root, target.ann_file)
    poison(ann_file)
    assert 'NaN' in ann_file.read_text() and ann_file.is_relative_to(tmp_path)
    run(cfg)
    assert_same_result(finished, tmp_path / 'run')
    record = json.loads((tmp_path / 'run' / 'record.json').read_text())
    losses = torch.tensor([value for row in record for value in row['losses'].values()])
    assert losses.isfinite().all()


def test_workers_and_other_work_beside_it_change_nothing(
    finished, hand_config, data_root, tmp_path
):
    torch.manual_seed(12345)
    cfg = tiny_config(hand_config, data_root, tmp_path)
    cfg.train_dataloader.num_workers = 2
    run(cfg)
    assert_same_result(finished, tmp_path)


def test_workers_that_persist_make_the_views_of_each_phase(
    finished, hand_config, data_root, tmp_path
):
    cfg = tiny_config(hand_config, data_root, tmp_path)
    cfg.train_dataloader.update(num_workers=1, persistent_workers=True)
    run(cfg)
    assert_same_result(finished, tmp_path)


def test_draws_go_on_where_a_run_on_other_processes_ended(
    finished, hand_config, data_root, tmp_path
):
    """As if the first phases had been trained by three processes."""
    begin = finished.runner.train_loop.phases[-1].begin
    cfg = tiny_config(hand_config, data_root, tmp_path)
    cfg.custom_hooks.append(dict(type='KillHook', at=begin + 1))
    with pytest.raises(Killed):
        run(cfg)
    path = Path(tmp_path, 'last_checkpoint').read_text()
    checkpoint = torch.load(path, weights_only=False)
    draws = checkpoint['message_hub']['runtime_info']
    assert draws['draws'] == BATCH_SIZE * (begin + 1)
    draws['draws'] *= 3
    torch.save(checkpoint, path)
    cfg = tiny_config(hand_config, data_root, tmp_path)
    cfg.update(resume=True, load_from=path)
    runner = run(cfg)
    assert runner.train_loop.draws == BATCH_SIZE * (3 * (begin + 1) + PHASE_ITERS - 1)
    (row,) = json.loads((tmp_path / 'record.json').read_text())
    whole = json.loads(Path(finished.work_dir, 'record.json').read_text())
    assert row['losses'] != whole[-1]['losses']


def test_another_seed_is_another_run(finished, hand_config, data_root, tmp_path):
    cfg = tiny_config(hand_config, data_root, tmp_path)
    for p in cfg.train_cfg.phases:
        p.iters = 1
    cfg.randomness.seed = 1
    run(cfg)
    first = json.loads(Path(finished.work_dir, 'record.json').read_text())[0]
    other = json.loads((tmp_path / 'record.json').read_text())[0]
    assert other['losses'] != first['losses']
    assert read_summary(tmp_path)['seed'] == 1


def test_a_scheduler_without_an_end_lasts_to_the_end_of_the_run(
    finished, hand_config, data_root, tmp_path
):
    """Of a run that is longer than its warm-up; in a shorter one it has no turn."""
    warmup, cosine = finished.runner.cfg.param_scheduler
    assert 'end' not in cosine and cosine.begin > finished.runner.max_iters
    assert len(finished.runner.param_schedulers) == 1
    cfg = tiny_config(hand_config, data_root, tmp_path)
    cfg.param_scheduler = [dict(warmup, end=2), dict(cosine, begin=2)]
    schedulers = run(cfg).param_schedulers
    assert [scheduler.end for scheduler in schedulers] == [2, 6]


# ---- accumulated gradients -----------------------------------------------------------


class Weights(nn.Module):
    """A weight for each part, which the loss of its phase lowers."""

    alignments = ()

    def __init__(self):
        super().__init__()
        self.a, self.b = (nn.Parameter(torch.ones(())) for _ in 'ab')
        self.part = None

    def begin_phase(self, parts, norm_eval):
        (self.part,) = parts

    resume_phase = begin_phase


class LoopOfWeights(phased_train_loop.PhasedTrainLoop):
    """Iterations without data, data loader or hooks."""

    draws = draws_per_step = 0

    def __init__(self, model, wrapper, phases, begin=0):
        self._runner = SimpleNamespace(
            model=model, optim_wrapper=wrapper, seed=0, message_hub=MessageHub('weights')
        )
        self.phases, self._iter = make_phases(phases), begin
        self.values = []

    def start_data(self):
        return itertools.repeat(None)

    def run_iter(self, data_batch):
        model, wrapper = self.runner.model, self.runner.optim_wrapper
        with wrapper.optim_context(model):
            wrapper.update_params(getattr(model, model.part))
        self.values.append((round(model.a.item(), 3), round(model.b.item(), 3)))
        self._iter += 1


@pytest.mark.parametrize('begin', [0, 3])
def test_accumulated_gradients_do_not_reach_the_next_phase(begin):
    """Three iterations are two steps, of two gradients and of one, also after a resume."""
    model = Weights()
    wrapper = OptimWrapper(torch.optim.SGD(model.parameters(), lr=1.0), 2)
    phases = [phase('first', 3, parts=['a']), phase('second', 3, parts=['b'])]
    loop = LoopOfWeights(model, wrapper, phases, begin)
    wrapper.initialize_count_status(model, begin, 6)  # as the runner does
    for current in loop.phases[begin // 3 :]:
        loop.phase = current
        loop.run_phase()
    expected = [(1, 1), (0, 1), (-1, 1), (-1, 1), (-1, 0), (-1, -1)]
    if begin:
        expected = [(a + 2, b) for a, b in expected[3:]]
    assert loop.values == expected
