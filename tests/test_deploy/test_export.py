import copy
import runpy
import sys
from pathlib import Path

import pytest
import torch
from config_factory import CONFIG_DIR, tiny_config
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from mmpose.apis import inference_topdown, init_model
from mmpose.registry import DATASETS, MODELS
from model_factory import equal_states, resnet_estimator

from mmpose_uda import UserError
from mmpose_uda.deploy.export import export_estimator

TOOL = Path(__file__).parents[2] / 'tools' / 'misc' / 'export_estimator.py'


class Trained:
    """What a training leaves behind: config, model, checkpoint and test data."""

    def __init__(self, root):
        init_default_scope('mmpose')
        self.cfg = tiny_config(CONFIG_DIR / 'hand_3d.py', root / 'data', root / 'run')
        torch.manual_seed(0)
        self.model = MODELS.build(self.cfg.model)
        self.model.update_teacher()
        with torch.no_grad():
            for parameter in self.model.parameters():
                parameter.add_(0.05 * torch.randn_like(parameter))
        self.dataset = DATASETS.build(self.cfg.test_dataloader.dataset)
        self.checkpoint = dict(
            state_dict=self.model.state_dict(),
            meta=dict(dataset_meta=self.dataset.metainfo),
        )

    def predict(self, model):
        """Predictions for the first images."""
        model.eval()
        batch = pseudo_collate([self.dataset[i] for i in range(3)])
        return [sample.pred_instances for sample in model.test_step(batch)]


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    return Trained(tmp_path_factory.mktemp('trained'))


@pytest.fixture(scope='module', params=['teacher', 'student'])
def exported(request, trained, tmp_path_factory):
    out_dir = tmp_path_factory.mktemp('exported') / 'made' / request.param
    returned = export_estimator(
        trained.cfg, trained.checkpoint, str(out_dir), request.param
    )
    assert returned == out_dir
    return request.param, out_dir


def load(out_dir):
    return init_model(str(out_dir / 'config.py'), str(out_dir / 'model.pth'), device='cpu')


def test_writes_config_keypoints_and_weights(exported):
    _, out_dir = exported
    names = sorted(path.name for path in out_dir.iterdir())
    assert names == ['config.py', 'metainfo.py', 'model.pth']


def test_predicts_what_the_network_predicts(trained, exported):
    which, out_dir = exported
    model = load(out_dir)
    networks = dict(student=trained.model.student, teacher=trained.model.teacher.module)
    assert equal_states(model.state_dict(), networks.pop(which).state_dict())
    (other,) = networks.values()
    assert not equal_states(model.state_dict(), other.state_dict())
    trained.model.use_for_test(which)
    # as they lie in memory in an export: sums in the same order
    trained.model.memory_format = torch.contiguous_format
    trained.model.to(memory_format=torch.contiguous_format)
    pairs = zip(trained.predict(model), trained.predict(trained.model))
    for found, expected in pairs:
        assert set(found.keys()) >= {'keypoints', 'keypoint_scores', 'keypoints_3d'}
        for key in ('keypoints', 'keypoint_scores', 'keypoints_3d'):
            assert (found[key] == expected[key]).all()
            assert found[key].std() > 0


def test_mmpose_infers_with_it(trained, exported):
    model = load(exported[1])
    (result,) = inference_topdown(model, trained.dataset[0]['data_samples'].img_path)
    assert result.pred_instances.keypoints.shape == (1, 21, 2)
    assert result.pred_instances.keypoints_3d.shape == (1, 21, 3)
    names = model.dataset_meta['keypoint_id2name']
    assert names == trained.dataset.metainfo['keypoint_id2name']


def test_the_weights_load_without_running_code(exported):
    # torch's own policy, which is all that stock mmengine has
    loaded = torch.load(exported[1] / 'model.pth', weights_only=True)
    assert loaded['meta']['exported'] == exported[0]


def test_only_the_estimator_is_left(trained, exported):
    cfg = Config.fromfile(exported[1] / 'config.py')
    assert cfg.model.type == 'TopdownPoseEstimator'
    assert cfg.custom_imports.imports == ['mmpose_uda']
    assert cfg.test_evaluator and cfg.test_dataloader.dataset.type == 'PoseDataset'
    for key in ('train_dataloader', 'train_cfg', 'optim_wrapper', 'custom_hooks'):
        assert key in trained.cfg and key not in cfg


def test_it_is_tested_on_the_same_data(trained, exported):
    cfg = Config.fromfile(exported[1] / 'config.py')
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    assert len(dataset) == len(trained.dataset)
    for key in ('dataset_name', 'flip_indices', 'keypoint_id2name', 'skeleton_links'):
        assert dataset.metainfo[key] == trained.dataset.metainfo[key]
    for ours, theirs in zip(trained.dataset, dataset):
        assert torch.equal(ours['inputs'], theirs['inputs'])


def test_parts_of_stock_mmpose_need_no_import_of_this_package(tmp_path):
    init_default_scope('mmpose')
    estimator = resnet_estimator()
    model = MODELS.build(dict(type='DomainAdaptivePoseEstimator', estimator=estimator))
    model.update_teacher()
    cfg = Config(
        dict(
            default_scope='mmpose',
            model=dict(type='DomainAdaptivePoseEstimator', estimator=estimator),
        )
    )
    meta = dict(dataset_meta=dict(dataset_name='any', num_keypoints=21))
    checkpoint = dict(state_dict=model.state_dict(), meta=meta)
    out_dir = export_estimator(cfg, checkpoint, str(tmp_path))
    assert 'mmpose_uda' not in (out_dir / 'config.py').read_text()
    exported = load(out_dir)
    assert equal_states(exported.state_dict(), model.teacher.module.state_dict())


def test_what_is_exported_is_a_copy(trained, tmp_path):
    export_estimator(trained.cfg, trained.checkpoint, str(tmp_path))
    size = (tmp_path / 'model.pth').stat().st_size
    weights = trained.model.student.state_dict().values()
    assert size < 1.3 * sum(w.numel() * w.element_size() for w in weights) + 2**17


# ---- what was seen of the source -----------------------------------------------------


def test_what_was_seen_of_the_source_goes_with_it(trained, tmp_path):
    seen = copy.deepcopy(trained.model)
    poses = torch.randn(200, 21, 3, generator=torch.Generator().manual_seed(0))
    of_all = torch.ones(200, 21)
    seen.source_statistics.note(30 * poses, of_all, 0.3 * of_all, torch.ones(21))
    seen.labelled.note(of_all)
    checkpoint = dict(trained.checkpoint, state_dict=seen.state_dict())
    export_estimator(trained.cfg, checkpoint, str(tmp_path))
    cfg = copy.deepcopy(trained.cfg)
    cfg.model.source_statistics = dict(file=str(tmp_path / 'source_statistics.json'))
    found = MODELS.build(cfg.model).source_statistics
    assert torch.equal(found.histograms, seen.source_statistics.histograms)
    torch.testing.assert_close(found.confidence, seen.source_statistics.confidence)

    export_estimator(trained.cfg, trained.checkpoint, str(tmp_path))
    assert not (tmp_path / 'source_statistics.json').exists()


# ---- what does not fit ---------------------------------------------------------------


def test_unknown_network(trained, tmp_path):
    with pytest.raises(UserError, match="'teacher' or 'student', not 'both'"):
        export_estimator(trained.cfg, trained.checkpoint, str(tmp_path), 'both')


def test_config_of_another_kind(trained, tmp_path):
    cfg = Config(dict(model=resnet_estimator()))
    with pytest.raises(UserError, match='has no `model.estimator`'):
        export_estimator(cfg, trained.checkpoint, str(tmp_path))


@pytest.mark.parametrize('change', ['missing', 'shape', 'added'])
def test_checkpoint_of_another_config(trained, tmp_path, change):
    state = dict(trained.checkpoint['state_dict'])
    key = next(key for key in state if key.startswith('teacher.module.head'))
    if change == 'missing':
        del state[key]
    elif change == 'shape':
        state[key] = torch.zeros(3, 2, 1)
    else:
        state['teacher.module.head.extra'] = torch.zeros(1)
    checkpoint = dict(trained.checkpoint, state_dict=state)
    with pytest.raises(UserError, match='does not belong to .*: 1 weights'):
        export_estimator(trained.cfg, checkpoint, str(tmp_path / 'out'))
    assert not (tmp_path / 'out').exists()


def test_a_teacher_that_was_never_updated_is_refused(trained, tmp_path):
    steps = {'teacher.steps': torch.tensor(0)}
    state = {**trained.checkpoint['state_dict'], **steps}
    checkpoint = dict(trained.checkpoint, state_dict=state)
    with pytest.raises(UserError, match='never updated.*EMATeacherHook.*--which student'):
        export_estimator(trained.cfg, checkpoint, str(tmp_path / 'out'))
    assert not (tmp_path / 'out').exists()
    export_estimator(trained.cfg, checkpoint, str(tmp_path / 'out'), 'student')
    assert (tmp_path / 'out' / 'model.pth').exists()


@pytest.mark.parametrize('which', ['teacher', 'student'])
def test_a_checkpoint_of_the_plain_estimator_is_exported(trained, tmp_path, which):
    plain = trained.model.student.state_dict()
    checkpoint = dict(trained.checkpoint, state_dict=plain)
    export_estimator(trained.cfg, checkpoint, str(tmp_path), which)
    assert equal_states(load(tmp_path).state_dict(), plain)


@pytest.mark.parametrize(
    'missing, changes',
    [
        ('state_dict', dict(state_dict=None)),
        ('dataset_meta', dict(meta=None)),
        ('dataset_meta', dict(meta=dict(iter=3))),
    ],
)
def test_files_that_no_training_wrote(trained, tmp_path, missing, changes):
    checkpoint = {**trained.checkpoint, **changes}
    checkpoint = {k: v for k, v in checkpoint.items() if v is not None}
    with pytest.raises(UserError, match=f'has no `{missing}`'):
        export_estimator(trained.cfg, checkpoint, str(tmp_path))


@pytest.mark.parametrize('below', ['', 'folder'])
def test_a_file_is_in_the_way(trained, tmp_path, below):
    (tmp_path / 'file').write_text('')
    with pytest.raises(UserError, match='There is a file where the folder'):
        export_estimator(trained.cfg, trained.checkpoint, str(tmp_path / 'file' / below))


# ---- the tool ------------------------------------------------------------------------


def call(monkeypatch, *args):
    monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, args)])
    runpy.run_path(str(TOOL), run_name='__main__')


def test_tool(trained, tmp_path, monkeypatch, capsys):
    torch.save(trained.checkpoint, tmp_path / 'ckpt.pth')
    config, out_dir = CONFIG_DIR / 'hand_3d.py', tmp_path / 'out'
    call(monkeypatch, config, tmp_path / 'ckpt.pth', out_dir, '--which', 'student')
    assert f'The student is in {out_dir}' in capsys.readouterr().out
    weights = torch.load(out_dir / 'model.pth', weights_only=False)['state_dict']
    assert equal_states(weights, trained.model.student.state_dict())


def test_the_network_that_is_tested_is_exported(trained, tmp_path):
    cfg = copy.deepcopy(trained.cfg)
    cfg.model.test_network = 'student'
    out_dir = export_estimator(cfg, trained.checkpoint, str(tmp_path / 'out'))
    weights = torch.load(out_dir / 'model.pth', weights_only=False)['state_dict']
    assert equal_states(weights, trained.model.student.state_dict())


def test_tool_writes_onnx(trained, tmp_path, monkeypatch, capsys):
    pytest.importorskip('onnxruntime')
    torch.save(trained.checkpoint, tmp_path / 'ckpt.pth')
    out_dir = tmp_path / 'out'
    call(monkeypatch, CONFIG_DIR / 'hand_3d.py', tmp_path / 'ckpt.pth', out_dir, '--onnx')
    assert f'As ONNX: {out_dir / "model.onnx"}' in capsys.readouterr().out
    assert (out_dir / 'model.onnx').is_file()


@pytest.mark.parametrize(
    'config, checkpoint, message',
    [
        ('hand_3d.py', 'none.pth', 'There is no checkpoint'),
        ('none.py', 'none.pth', 'There is no config file'),
        ('hand_3d.py', 'text.pth', 'is no checkpoint'),
        ('hand_3d.py', 'cut.pth', 'cut.pth is damaged or cut short'),
        ('human_3d.py', 'whole.pth', 'does not belong to'),
    ],
)
def test_tool_ends_with_one_sentence(
    trained, tmp_path, monkeypatch, capsys, config, checkpoint, message
):
    torch.save(trained.checkpoint, tmp_path / 'whole.pth')
    content = (tmp_path / 'whole.pth').read_bytes()
    (tmp_path / 'cut.pth').write_bytes(content[: len(content) // 2])
    (tmp_path / 'text.pth').write_text('not a checkpoint')
    with pytest.raises(SystemExit) as caught:
        call(monkeypatch, CONFIG_DIR / config, tmp_path / checkpoint, tmp_path / 'out')
    assert caught.value.code == 2
    error = capsys.readouterr().err.strip()
    assert error.startswith('error: ') and message in error
    assert len(error.splitlines()) == 1
    assert not (tmp_path / 'out').exists()
