"""Training and evaluation of a toy, as the tools do it."""

import json
import os
import sys
import uuid
from pathlib import Path

import pytest
import torch
import toy_parts
from mmengine.config import Config
from mmengine.runner import Runner

from mmpose_uda import apis
from mmpose_uda.apis import evaluate
from mmpose_uda.apis.train import _set_seed
from mmpose_uda.config import own_work_dir, resuming
from mmpose_uda.errors import UserError
from mmpose_uda.safe_checkpoint import load_from_local

ADAM = dict(_delete_=True, type='Adam', lr=0.1)


@pytest.fixture
def config(tmp_path):
    path = tmp_path / 'toy.py'
    path.write_text(toy_parts.CONFIG)
    return str(path)


def train(config, cfg_options=None, **arguments):
    # mmengine shares loggers and results of runs of one name, which ends in the second
    name = {'experiment_name': uuid.uuid4().hex}
    return apis.train(config, cfg_options={**name, **(cfg_options or {})}, **arguments)


def _weights(runner):
    return torch.cat([p.flatten() for p in runner.model.parameters()])


def test_resume_ends_as_an_uninterrupted_run(config, tmp_path, monkeypatch):
    whole = train(config, work_dir=str(tmp_path / 'whole'))
    assert whole.iter == 4
    part = str(tmp_path / 'part')
    train(config, work_dir=part, cfg_options={'train_cfg.max_iters': 2})
    # as when the folder was moved: the path that mmengine noted is gone
    moved = str(tmp_path / 'moved')
    os.rename(part, moved)
    resumed = train(config, work_dir=moved, resume='auto')
    assert resumed.iter == 4
    assert torch.equal(_weights(resumed), _weights(whole))
    monkeypatch.setenv('HOME', str(tmp_path))
    at_home = '~/moved/iter_2.pth'
    named = train(config, work_dir=str(tmp_path / 'named'), resume=at_home)
    assert torch.equal(_weights(named), _weights(whole))


def test_resume_from_nothing_begins_and_says_so(config, tmp_path, monkeypatch):
    said = []
    train_module = sys.modules['mmpose_uda.apis.train']
    monkeypatch.setattr(train_module, 'print_log', lambda *a: said.append(a[0]))
    begun = train(config, work_dir=str(tmp_path / 'empty'), resume='auto')
    assert begun.iter == 4
    (sentence,) = said
    assert f'no checkpoint in {tmp_path}/empty to go on from: the run begins' in sentence
    with pytest.raises(UserError, match='no checkpoint none.pth'):
        train(config, work_dir=str(tmp_path), resume='none.pth')


@pytest.mark.parametrize('noted', [None, '', 'gone.pth'])
def test_resume_where_the_last_checkpoint_is_not_noted(config, tmp_path, noted):
    train(config, work_dir=str(tmp_path / 'run'), cfg_options={'train_cfg.max_iters': 2})
    note = tmp_path / 'run' / 'last_checkpoint'
    note.unlink() if noted is None else note.write_text(noted)
    resumed = train(config, work_dir=str(tmp_path / 'run'), resume='auto')
    assert resumed._load_from == str(tmp_path / 'run' / 'iter_2.pth')
    assert resumed.iter == 4


@pytest.fixture
def begun(config, tmp_path):
    """A run of which the first half is done."""
    work_dir = str(tmp_path / 'begun')
    train(config, work_dir=work_dir, cfg_options={'train_cfg.max_iters': 2})
    return work_dir


@pytest.mark.parametrize(
    'change, said',
    [
        (dict(seed=3), 'run with seed 0, and this is one with seed 3'),
        (
            dict(cfg_options={'optim_wrapper.optimizer': ADAM}),
            'optim_wrapper.optimizer.type=SGD, and this is one with .*=Adam',
        ),
        (
            dict(cfg_options={'model.type': 'OtherToyModel'}),
            'model.type=ToyModel, and this is one with model.type=OtherToyModel',
        ),
    ],
)
def test_resume_as_another_run_is_refused(config, begun, change, said):
    with pytest.raises(UserError, match=f'iter_2.pth is of a .*{said}'):
        train(config, work_dir=begun, resume='auto', **change)


NO_SEED = toy_parts.CONFIG.replace('randomness = dict(seed=0)', '')


@pytest.mark.parametrize('seed', [1, None])
def test_resume_without_a_seed_goes_on_with_that_of_the_run(tmp_path, monkeypatch, seed):
    config = tmp_path / 'toy.py'
    # shuffled by the seed of the run
    config.write_text(NO_SEED.replace('shuffle=False', 'shuffle=True', 1))
    half = {'train_cfg.max_iters': 2}
    begun = train(str(config), half, work_dir=str(tmp_path / 'part'), seed=seed)
    whole = train(str(config), work_dir=str(tmp_path / 'whole'), seed=begun.seed)
    said = []
    monkeypatch.setattr(resuming, 'print_log', lambda *a: said.append(a[0]))
    resumed = train(str(config), work_dir=str(tmp_path / 'part'), resume='auto')
    assert resumed.seed == begun.seed and seed in (None, begun.seed)
    assert resumed.train_dataloader.dataset.seed == (seed or 0)
    assert torch.equal(_weights(resumed), _weights(whole))
    assert len(said) == 1 and said[0].count(' before, ') == 1 and 'max_iters' in said[0]


def test_a_config_that_resumes_is_as_the_option(config, begun, monkeypatch):
    resumed = train(config, {'resume': True}, work_dir=begun)
    assert resumed.iter == 4
    with pytest.raises(UserError, match='run with seed 0, and this is one with seed 3'):
        train(config, {'resume': True}, work_dir=begun, seed=3)


def _tampered(begun, change):
    path = f'{begun}/iter_2.pth'
    content = load_from_local(path)
    change(content)
    torch.save(content, path)


@pytest.mark.parametrize(
    'change, said',
    [
        (lambda c: c['state_dict'].pop('linear.bias'), 'lacking: linear.bias'),
        (lambda c: c['state_dict'].update(a=torch.ones(1)), 'unknown to the model: a'),
        (lambda c: c['state_dict'].update({'linear.bias': None}), 'linear.bias.*NoneType'),
        (lambda c: c['state_dict'].update({'linear.bias': 'a'}), 'linear.bias.*str'),
        (
            lambda c: c['state_dict'].update({'linear.weight': torch.ones(3, 3)}),
            'another size: linear.weight .3 x 3 there, 1 x 2 in the model',
        ),
        (lambda c: c.update(state_dict={}), 'lacking: linear.weight and 1 more'),
        (lambda c: c.update(optimizer={}), '`optimizer` of .*iter_2.pth .*empty'),
        (lambda c: c['optimizer'].update(param_groups=[]), '`optimizer` of .*iter_2.pth'),
        (lambda c: c['optimizer'].update(state=3), '`optimizer` of .*iter_2.pth'),
        (
            lambda c: c['optimizer']['param_groups'][0].update(lr='a'),
            '`optimizer` of .*iter_2.pth',
        ),
        (
            lambda c: c['optimizer']['param_groups'][0].update(lr=float('nan')),
            '`optimizer` of .*iter_2.pth .*learning rate nan is not finite',
        ),
        (lambda c: c.update(message_hub={}), '`message_hub` of .*iter_2.pth'),
        (lambda c: c['message_hub'].update(log_scalars=3), '`message_hub` of .*iter_2.pth'),
        (lambda c: c.update(param_schedulers=3), '`param_schedulers` of .*iter_2.pth'),
        (
            lambda c: c.update(param_schedulers=[{'a': 1}]),
            '`param_schedulers` of .*iter_2.pth',
        ),
        (lambda c: c['meta'].update(iter='a'), '`meta` of .*iter_2.pth .*`iter` is .a.'),
        (lambda c: c['meta'].update(epoch=-1), '`meta` of .*iter_2.pth .*`epoch` is -1'),
        (lambda c: c.update(meta=3), 'no `meta`'),
        (lambda c: c['meta'].pop('epoch'), 'no `epoch`'),
    ],
)
def test_resume_from_a_tampered_checkpoint_changes_nothing(config, begun, change, said):
    _tampered(begun, change)
    before = Path(begun, 'toy.py').read_bytes()
    with pytest.raises(UserError, match=said):
        train(config, {'optim_wrapper.optimizer.lr': 0.2}, work_dir=begun, resume='auto')
    assert Path(begun, 'toy.py').read_bytes() == before


def test_the_work_dir_of_another_config_of_the_name(config, begun):
    half = {'train_cfg.max_iters': 2}
    train(config, half, work_dir=begun)
    before = Path(begun, 'iter_2.pth').read_bytes()
    other = {'optim_wrapper.optimizer.lr': 0.5}
    with pytest.raises(UserError, match=r'another toy.py \(optim.*lr: 0.1 before, 0.5 now'):
        train(config, {**half, **other}, work_dir=begun)
    with pytest.raises(UserError, match='randomness.seed: 0 before, 1 now'):
        train(config, half, work_dir=begun, seed=1)
    assert Path(begun, 'iter_2.pth').read_bytes() == before
    Path(begun, 'iter_2.pth').unlink()
    train(config, {**half, **other}, work_dir=begun)


def test_resume_with_other_numbers_says_so(config, begun, monkeypatch):
    said = []
    monkeypatch.setattr(resuming, 'print_log', lambda *a: said.append(a[0]))
    options = {'optim_wrapper.optimizer.lr': 0.2}
    resumed = train(config, work_dir=begun, resume='auto', cfg_options=options)
    assert resumed.iter == 4
    (sentence,) = said
    assert 'optim_wrapper.optimizer.lr: 0.1 before, 0.2 now' in sentence
    assert 'experiment_name' not in sentence


@pytest.mark.parametrize('exported', [True, False])
def test_resume_from_what_is_no_checkpoint_of_a_run(config, begun, exported, tmp_path):
    weights = load_from_local(f'{begun}/iter_2.pth')['state_dict']
    meta = dict(exported='teacher', dataset_meta={})
    torch.save(
        dict(state_dict=weights, meta=meta) if exported else weights, tmp_path / 'w.pth'
    )
    said = 'the export of a teacher' if exported else 'only weights'
    with pytest.raises(UserError, match=f'w.pth is {said}.*load_from=FILE'):
        train(config, work_dir=begun, resume=str(tmp_path / 'w.pth'))


def test_a_config_in_a_checkpoint_is_not_run(config, begun, tmp_path):
    content = load_from_local(f'{begun}/iter_2.pth')
    run = f"open({str(tmp_path / 'ran')!r}, 'w')"
    content['meta'].update(config=f'a = {run}', cfg=f'a = {run}')
    torch.save(content, tmp_path / 'evil.pth')
    with pytest.raises(UserError, match='evil.pth has a `config` that mmengine would run'):
        train(config, work_dir=begun, resume=str(tmp_path / 'evil.pth'))
    del content['meta']['config']
    torch.save(content, tmp_path / 'evil.pth')
    train(config, work_dir=begun, resume=str(tmp_path / 'evil.pth'))
    assert not (tmp_path / 'ran').exists()


def test_a_run_has_its_work_dir_for_itself(config, tmp_path, begun):
    cfg = Config.fromfile(config)
    cfg.work_dir = begun
    with own_work_dir(cfg), pytest.raises(UserError, match='Another training is writing'):
        train(config, work_dir=begun)
    train(config, {'train_cfg.max_iters': 2}, work_dir=begun)  # it is free again
    other = tmp_path / 'other.py'
    other.write_text(toy_parts.CONFIG)
    with pytest.raises(UserError, match='checkpoints of toy.py, and this is other.py'):
        train(str(other), work_dir=begun)


def test_a_smoke_training_takes_the_place_of_another_one(config, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train(config, smoke=True)
    options = {'optim_wrapper.optimizer.lr': 0.5}
    runner = train(config, smoke=True, cfg_options=options)
    assert runner.optim_wrapper.get_lr()['lr'][0] == 0.5
    named = runner.work_dir
    with pytest.raises(UserError, match='checkpoints of another toy.py'):
        train(config, smoke=True, work_dir=named)


def test_seed_reaches_weights_and_data(config, tmp_path):
    options = {'train_cfg.max_iters': 1}
    runs = [
        train(config, options, work_dir=str(tmp_path / str(n)), seed=seed)
        for n, seed in enumerate((1, 1, 2))
    ]
    assert torch.equal(_weights(runs[0]), _weights(runs[1]))
    assert not torch.equal(_weights(runs[0]), _weights(runs[2]))
    assert [run.train_dataloader.dataset.seed for run in runs] == [1, 1, 2]


def test_seed_is_not_given_to_data_that_has_none():
    cfg = Config(dict(train_dataloader=dict(dataset=dict(type='CocoDataset'))))
    _set_seed(cfg, 3)
    assert cfg.randomness.seed == 3
    assert 'seed' not in cfg.train_dataloader.dataset


def test_smoke_leaves_what_the_user_has_set(config, tmp_path, monkeypatch):
    built = []
    monkeypatch.setattr(Runner, 'from_cfg', lambda cfg: built.append(cfg) or 1 / 0)
    options = {'train_dataloader.batch_size': 3, 'train_cfg.max_iters': 5}
    with pytest.raises(ZeroDivisionError):
        train(config, work_dir=str(tmp_path), smoke=True, cfg_options=options)
    (cfg,) = built
    assert cfg.train_dataloader.batch_size == 3 and cfg.train_cfg.max_iters == 5
    assert cfg.test_dataloader.batch_size == 4 and cfg.test_dataloader.dataset.indices == 8


def test_amp_is_of_the_optimizer_wrapper(config, tmp_path, monkeypatch):
    wrappers = []

    def build(cfg):
        wrappers.append(dict(cfg.optim_wrapper))
        raise UserError('Far enough.')

    monkeypatch.setattr(Runner, 'from_cfg', build)
    with pytest.raises(UserError, match='Far enough'):
        train(config, work_dir=str(tmp_path), amp='bf16')
    assert wrappers[0]['type'] == 'mmpose.GuardedOptimWrapper'
    options = {'optim_wrapper.type': 'Other'}
    with pytest.raises(UserError, match='`optim_wrapper.type=Other`'):
        train(config, work_dir=str(tmp_path), amp='auto', cfg_options=options)


def test_what_shards_parameters_is_refused(config, tmp_path):
    options = {'strategy.type': 'FSDPStrategy'}
    with pytest.raises(UserError, match='`strategy`.*FSDPStrategy.*whole parameters'):
        train(config, work_dir=str(tmp_path), cfg_options=options)


def test_a_config_without_a_model(tmp_path):
    path = tmp_path / 'empty.py'
    path.write_text('a = 1')
    with pytest.raises(UserError, match='empty.py has no `model`'):
        train(str(path))


def test_evaluate(config, tmp_path):
    # few steps far: of predictions over 8 the last digit is more than the bound
    slow = {'optim_wrapper.optimizer.lr': 0.01}
    runner = train(config, work_dir=str(tmp_path), cfg_options=slow)
    out = tmp_path / 'result.json'
    checkpoint = str(tmp_path / 'iter_4.pth')
    metrics = evaluate(config, checkpoint, work_dir=str(tmp_path), out=str(out))
    values = torch.arange(8.0)[:, None].expand(8, 2)
    expected = runner.model.linear(values).mean().item()
    assert metrics['mean'] == pytest.approx(expected, abs=1e-6)
    assert sorted(path.name for path in tmp_path.glob('result*')) == ['result.json']
    written = json.loads(out.read_text())
    assert written['target'] == metrics
    assert written['checkpoint'] == checkpoint


def test_evaluate_refuses_what_does_not_fit(config, tmp_path):
    path = str(tmp_path / 'other.pth')
    torch.save(dict(state_dict={'linear.weight': torch.zeros(1, 2)}), path)
    work_dir = str(tmp_path)
    with pytest.raises(UserError, match='does not fit the model.*linear.bias'):
        evaluate(config, path, work_dir=work_dir)
    with pytest.raises(UserError, match='no checkpoint none.pth'):
        evaluate(config, 'none.pth', work_dir=work_dir)
    with pytest.raises(UserError, match='no folder for --out gone/a.json'):
        evaluate(config, path, out='gone/a.json', work_dir=work_dir)
    with pytest.raises(UserError, match='neither teacher nor student'):
        evaluate(config, path, which='teacher', work_dir=work_dir)
