"""Reading configs, and what is wrong with some."""

import os
import re
from pathlib import Path

import mmpose
import pytest
from mmengine.config import Config

from mmpose_uda import config as config_api
from mmpose_uda.config.names import refuse_near_misses
from mmpose_uda.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def write(tmp_path):
    def write(text, name='config.py'):
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


@pytest.mark.parametrize(
    'text, named',
    [
        ('model = dict(\nval = 1', 'config.py, line '),
        ('a = 1\nmodel = dict(depth=undefined)', 'config.py, line 2,.*undefined'),
        ("_base_ = ['gone.py']", 'gone.py'),
        ("custom_imports = dict(imports=['no_such_module'])", 'no_such_module'),
    ],
)
def test_a_config_that_does_not_run(write, text, named):
    with pytest.raises(UserError, match=named):
        config_api.load_config(write(text))


def test_a_config_that_is_not_there(tmp_path):
    with pytest.raises(UserError, match='no config file.*none.py'):
        config_api.load_config(str(tmp_path / 'none.py'))


def test_a_failing_import_inside_the_package_is_a_bug(write, monkeypatch):
    def fail(*args, **kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr('mmengine.config.config.import_modules_from_strings', fail)
    with pytest.raises(ZeroDivisionError):
        config_api.load_config(write("custom_imports = dict(imports=['os'])"))


def test_overrides(write):
    path = write(
        'model = dict(depth=1)\ntrain_cfg = dict(phases=[dict(iters=1), dict(iters=2)])'
    )
    cfg = config_api.load_config(
        path,
        {'model.depth': 2, 'train_cfg.phases.1.iters': 3, 'find_unused_parameters': True},
    )
    assert cfg.model.depth == 2
    assert [phase.iters for phase in cfg.train_cfg.phases] == [1, 3]
    assert cfg.find_unused_parameters
    with pytest.raises(UserError, match='no `modle`: use `model`'):
        config_api.load_config(path, {'modle.depth': 2})
    with pytest.raises(UserError, match='Index 7'):
        config_api.load_config(path, {'train_cfg.phases.7.iters': 3})


@pytest.mark.parametrize(
    'name, near',
    [
        ('custom_hook', 'custom_hooks'),
        ('optim_wraper', 'optim_wrapper'),
        ('train_dataloaders', 'train_dataloader'),
        ('param_schedulers', 'param_scheduler'),
        ('default_hook', 'default_hooks'),
        ('randomnes', 'randomness'),
        ('load_form', 'load_from'),
        ('modle', 'model'),
        ('resum', 'resume'),
        ('test_cgf', 'test_cfg'),
        ('train_config', 'train_cfg'),
        ('optimizer_wrapper', 'optim_wrapper'),
        ('custom_import', 'custom_imports'),
        ('ablation_part', 'ablation_parts'),
    ],
)
def test_a_name_that_is_nearly_one_that_is_read(write, name, near):
    with pytest.raises(UserError, match=f'`{name}`, which nothing reads: write `{near}`'):
        config_api.load_config(write(f'model = dict()\n{name} = dict(a=1)'))


def test_names_of_ones_own(write):
    own = ('models', 'my_hooks', 'train_dataset', 'val_loader', 'preprocessor', 'test_data')
    cfg = config_api.load_config(write('\n'.join(f'{name} = 1' for name in own)))
    assert set(own) <= set(cfg)


def test_names_of_all_stock_configs_are_no_near_misses():
    assigned = re.compile(r'^(\w+)\s*=', re.MULTILINE)
    stock = Path(mmpose.__file__).parent / '.mim/configs'
    files = [*stock.rglob('*.py'), *(ROOT / 'configs').rglob('*.py')]
    assert len(files) > 400
    names = {name for path in files for name in assigned.findall(path.read_text())}
    refuse_near_misses(Config({name: 1 for name in names - {'_base_'}}))


@pytest.mark.parametrize(
    'key, value',
    [
        ('train_dataloader.batch_size', 0),
        ('train_dataloader.batch_size', 2.5),
        ('train_dataloader.batch_size', '4'),
        ('train_dataloader.num_workers', -1),
        ('train_dataloader.dataset.pipeline', [dict(type='RandomFlip', prob=2)]),
        ('optim_wrapper.optimizer.lr', -0.1),
        ('optim_wrapper.optimizer.lr', float('nan')),
        ('optim_wrapper.optimizer.lr', float('inf')),
        ('optim_wrapper.optimizer.weight_decay', -1),
        ('train_cfg.phases', [dict(iters=0)]),
        ('train_cfg.max_epochs', -1),
        ('train_cfg.val_interval', 0),
        ('model.teacher.momentum', 1.5),
        ('model.alignments.occlusion.prob', -0.5),
        ('model.alignments.mean_teacher.loss_weight', -1),
        ('model.alignments.mean_teacher.ramp_iters', -1),
        ('randomness.seed', -1),
        ('randomness.seed', True),
    ],
)
def test_numbers_that_cannot_be_meant(write, key, value):
    top = {'model', 'train_cfg', 'train_dataloader', 'optim_wrapper', 'randomness'}
    path = write('\n'.join(f'{name} = dict()' for name in top))
    with pytest.raises(UserError, match=f'`{key}.*config.py is .*: let it be a '):
        config_api.load_config(path, {key: value})


def test_numbers_that_can(write):
    config_api.load_config(
        write(
            'batch_size = -1\n'  # a variable of one's own
            'model = dict(head=dict(norm=dict(momentum=None), loss_weight=0))\n'
            "pipeline = [dict(type='RandomFlip', prob=[0.2, 0.3])]\n"
            'train_dataloader = dict(batch_size=8, num_workers=0, p=pipeline)\n'
            'optim_wrapper = dict(optimizer=dict(lr=1e-4), loss_scale="dynamic")\n'
        )
    )


def test_no_workers_have_no_options(write):
    text = 'persistent_workers=True, prefetch_factor=4, num_workers={}'
    path = write(f'train_dataloader = dict({text.format(2)})\nval_dataloader = None')
    kept = config_api.load_config(path).train_dataloader
    assert kept == dict(persistent_workers=True, prefetch_factor=4, num_workers=2)
    cfg = config_api.load_config(path, {'train_dataloader.num_workers': 0})
    assert cfg.train_dataloader == dict(persistent_workers=False, num_workers=0)


COPIED = """
phases = [dict(iters=1), dict(iters=2)]
input_size = (64, 48)
base_lr = 0.1
epochs = 3
level = 7
unused = 5
root = 'data/'
load = [dict(type='Load'), dict(type='Crop', input_size=input_size)]
loader = dict(batch_size=4, num_workers=2)
rendered = dict(data_root=root + 'rendered')
network = dict(type='Network', depth=1)
train_cfg = dict(phases=phases, max_epochs=epochs)
pipeline = [dict(type='Box'), *load]
dataset = dict(rendered, ann_file='a.json', pipeline=pipeline)
train_dataloader = dict(loader, dataset=dataset)
optim_wrapper = dict(optimizer=dict(lr=base_lr, height=level))
model = dict(estimator=dict(network, head=dict(type='Head')))
"""


@pytest.mark.parametrize(
    'key, place',
    [
        ('phases.0.iters', 'train_cfg.phases.0.iters'),
        ('input_size', 'train_dataloader.dataset.pipeline.2.input_size'),
        ('base_lr', 'optim_wrapper.optimizer.lr'),
        ('epochs', 'train_cfg.max_epochs'),
        ('root', 'train_dataloader.dataset.data_root'),
        ('load.0.type', 'train_dataloader.dataset.pipeline.1.type'),
        ('loader.batch_size', 'train_dataloader.batch_size'),
        ('loader.pin_memory', 'train_dataloader.pin_memory'),
        ('rendered.data_root', 'train_dataloader.dataset.data_root'),
        ('network.head', 'model.estimator.head'),
    ],
)
@pytest.mark.parametrize('imports', ['mmpose_uda', 'own_code'])
def test_an_override_of_what_was_copied(write, tmp_path, key, place, imports):
    (tmp_path / 'own_code.py').write_text('')
    path = write(f'custom_imports = dict(imports=["{imports}"])\n{COPIED}')
    with pytest.raises(UserError, match=f'{key} changes nothing.*; change `{place}`'):
        config_api.load_config(path, {key: 9})
    config_api.load_config(path, {place: 9})


def test_an_override_of_what_nothing_reads(write):
    wanted = 'level changes nothing.*, such as `optim_wrapper.optimizer.height`'
    with pytest.raises(UserError, match=wanted):
        config_api.load_config(write(COPIED), {'level': 9})
    with pytest.raises(UserError, match='unused changes nothing.*by its own key'):
        config_api.load_config(write(COPIED), {'unused': 9})


def test_an_override_of_what_own_code_may_read(write, tmp_path):
    (tmp_path / 'own_code.py').write_text('')
    path = write(f"custom_imports = dict(imports=['own_code'])\n{COPIED}")
    assert config_api.load_config(path, {'level': 9}).level == 9
    # nothing is changed, so nothing is lost
    config_api.load_config(write(COPIED), {'phases.0.iters': 1})


@pytest.mark.parametrize(
    'key, value', [('builtin_data.seed', 3), ('ablation_parts', ['a']), ('weak_source', [])]
)
def test_overrides_of_what_only_this_package_reads(write, key, value):
    path = write(
        "builtin_data = dict(name='hand', root='r')\nablation_parts = weak_source = 1"
    )
    name = key.split('.')[0]
    read = config_api.load_config(path, {key: value})[name]
    assert (read[key.split('.')[1]] if '.' in key else read) == value


BUILTIN = """
builtin_data = dict(name='hand', root='data/hand')
train_dataloader = dict(dataset=dict(data_root=builtin_data['root'] + '/train'))
test_dataloader = dict(dataset=dict(data_root=builtin_data['root'] + '/test'))
"""


def test_built_in_data_in_another_folder(write):
    moved = {'builtin_data.root': 'new', 'train_dataloader.dataset.data_root': 'new/train'}
    wanted = (
        'makes the data in new.*from data/hand.*change `test_dataloader.dataset.data_root`'
    )
    with pytest.raises(UserError, match=wanted):
        config_api.load_config(write(BUILTIN), moved)
    moved['test_dataloader.dataset.data_root'] = 'new/test'
    assert config_api.load_config(write(BUILTIN), moved).builtin_data.root == 'new'


def test_a_config_that_is_not_utf_8(write, tmp_path):
    (tmp_path / 'base.py').write_bytes('a = "é"'.encode('latin-1'))
    with pytest.raises(UserError, match='base.py is not UTF-8 text'):
        config_api.load_config(str(tmp_path / 'base.py'))
    with pytest.raises(UserError, match='base.py is not UTF-8 text'):
        config_api.load_config(write("_base_ = 'base.py'"))


def test_circles_of_configs(write):
    write("_base_ = 'b.py'", 'a.py')
    with pytest.raises(UserError, match='based on itself'):
        config_api.load_config(write("_base_ = 'a.py'", 'b.py'))


def test_a_lazy_config(write):
    lazy = 'from mmengine.config import read_base\nwith read_base():\n    pass\n'
    with pytest.raises(UserError, match='of the lazy kind'):
        config_api.load_config(write(lazy + 'model = dict()'))


@pytest.mark.parametrize(
    'base, own',
    [
        ('a = 1', 'a = dict(b=1)'),
        ('a = [1]', 'a = dict(b=1)'),
    ],
)
def test_a_config_that_does_not_go_with_its_base(write, base, own):
    write(base, 'base.py')
    with pytest.raises(UserError, match='config.py, with its `_base_`.*fails with'):
        config_api.load_config(write(f"_base_ = 'base.py'\n{own}"))


@pytest.mark.parametrize('name, text', [('a.txt', 'x = 1'), ('a.json', '[1]')])
def test_files_that_are_no_configs(write, name, text):
    with pytest.raises(UserError, match=name):
        config_api.load_config(write(text, name))


def test_data_is_made_as_the_config_says(write, monkeypatch):
    made = []

    def ensure_builtin(name, root, seed=0):
        made.append((name, root, seed))

    monkeypatch.setattr('mmpose_uda.synthetic.ensure_builtin', ensure_builtin)
    config_api.prepare_data(config_api.load_config(write('model = dict()')))
    assert not made
    text = "builtin_data = dict(name='hand', root='r', {}=3)"
    config_api.prepare_data(config_api.load_config(write(text.format('seed'))))
    assert made == [('hand', 'r', 3)]
    with pytest.raises(UserError, match='no `sed`: use `seed`'):
        config_api.prepare_data(config_api.load_config(write(text.format('sed'))))


def test_work_dir(write):
    cfg = config_api.load_config(write('model = dict()', 'hand_3d.py'))
    config_api.set_work_dir(cfg, None)
    assert cfg.work_dir == './work_dirs/hand_3d'
    config_api.set_work_dir(cfg, 'given', suffix='_smoke')
    assert cfg.work_dir == 'given'
    cfg = config_api.load_config(write("work_dir = 'own'"))
    config_api.set_work_dir(cfg, None, suffix='_smoke')
    assert cfg.work_dir == 'own_smoke'


def test_tensorboard_is_used_where_it_is_installed(write, monkeypatch):
    text = (
        'visualizer = dict(vis_backends=[dict(type="LocalVisBackend"), '
        'dict(type="TensorboardVisBackend")])'
    )
    for spec, backends in ((object(), 2), (None, 1)):
        monkeypatch.setattr('importlib.util.find_spec', lambda name, spec=spec: spec)
        cfg = config_api.load_config(write(text))
        config_api.drop_missing_backends(cfg)
        assert len(cfg.visualizer.vis_backends) == backends
        assert cfg.visualizer.vis_backends[0].type == 'LocalVisBackend'


def test_launchers(write, monkeypatch):
    monkeypatch.setattr('torch.cuda.device_count', lambda: 2)
    cfg = config_api.load_config(write('model = dict()'))
    monkeypatch.delenv('RANK', raising=False)
    with pytest.raises(UserError, match='dist_train.sh'):
        config_api.set_launcher(cfg, 'pytorch')
    monkeypatch.setitem(os.environ, 'RANK', '0')
    monkeypatch.setitem(os.environ, 'LOCAL_WORLD_SIZE', '2')
    config_api.set_launcher(cfg, 'pytorch')
    assert cfg.env_cfg.dist_cfg.backend == 'nccl'
    monkeypatch.setitem(os.environ, 'LOCAL_WORLD_SIZE', '3')
    with pytest.raises(UserError, match='3 processes were started for 2 GPUs'):
        config_api.set_launcher(cfg, 'pytorch')
    monkeypatch.setattr('torch.cuda.device_count', lambda: 0)
    with pytest.raises(UserError, match='mpi needs GPUs'):
        config_api.set_launcher(cfg, 'mpi')
    monkeypatch.delenv('SLURM_PROCID', raising=False)
    with pytest.raises(UserError, match='started by srun.*slurm_train.sh'):
        config_api.set_launcher(cfg, 'slurm')


@pytest.mark.parametrize(
    'options',
    [
        {'strategy.type': 'FSDPStrategy'},
        {'strategy.type': 'DeepSpeedStrategy'},
        {'runner_type': 'FlexibleRunner'},
        {'model_wrapper_cfg.type': 'MMFullyShardedDataParallel'},
    ],
)
def test_sharded_parameters_are_refused(write, options):
    cfg = config_api.load_config(write('model = dict()'), options)
    ((key, kind),) = options.items()
    wanted = f'`{key.split(".")[0]}` of .* is {kind}, .*dist_train.sh'
    with pytest.raises(UserError, match=wanted):
        config_api.require_whole_parameters(cfg)


def test_whole_parameters_are_none_to_refuse(write):
    options = {'model_wrapper_cfg.type': 'MMDistributedDataParallel'}
    cfg = config_api.load_config(write('model = dict()'), options)
    config_api.require_whole_parameters(cfg)


@pytest.mark.parametrize(
    'data', ["dict(bbox_file='{}')", "dict(datasets=[dict(a=1), dict(bbox_file='{}')])"]
)
def test_boxes_that_mmpose_would_load_are_json(write, data):
    text = f'val_dataloader = dict(dataset={data})'
    for fine in ('', 'boxes.json'):
        config_api.load_config(write(text.format(fine)))
    with pytest.raises(UserError, match='boxes.pkl. is not named as JSON'):
        config_api.load_config(write(text.format('boxes.pkl')))
    options = {'val_dataloader.dataset.bbox_file': 'boxes.yaml'}
    with pytest.raises(UserError, match='boxes.yaml. is not named as JSON'):
        config_api.load_config(write(text.format('')), options)
