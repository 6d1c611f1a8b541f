"""The 3D configs of published benchmarks at full size, on drawn data of the same form.

That they train, resume and export is in test_configs.py, and that check_data finds nothing
in test_docs/test_datasets_page.py.
"""

import re
from dataclasses import dataclass

import pytest
from config_factory import CONFIG_DIR, public_2d_configs, public_configs, redirect_data
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, METRICS, MODELS

from mmpose_uda import UserError
from mmpose_uda.analysis.variants import variant_config, variant_names
from mmpose_uda.apis import browse_dataset, measure_source
from mmpose_uda.apis.command_line import parse_options
from mmpose_uda.datasets.source_measures import labelled_poses


@dataclass
class Benchmark:
    """What a config is expected to have."""

    source: str
    target: str
    metrics: str
    mirrored: bool = False
    keypoints: int = 21
    own: str = ''  # what the metric has that is not its default


HANDS = {
    'rhd2freihand_3d': Benchmark(
        'RenderedHandPose', 'FreiHAND', 'MPJPE PA-MPJPE AUC PA-AUC', mirrored=True
    ),
    'rhd2stb_3d': Benchmark(
        'RenderedHandPose',
        'STB',
        'MPJPE PA-MPJPE AUC',
        mirrored=True,
        own='auc_range joints',
    ),
    'freihand2ho3d_3d': Benchmark('FreiHAND', 'HO3D', 'MPJPE ST-MPJPE PA-MPJPE AUC PA-AUC'),
    'freihand2dexycb_3d': Benchmark(
        'FreiHAND', 'DexYCB', 'MPJPE PA-MPJPE AUC PA-AUC', mirrored=True
    ),
}
PEOPLE = {
    'h36m2mpiinf3dhp_3d': Benchmark(
        'Human36M3D',
        'MPIINF3DHP',
        'MPJPE PA-MPJPE N-MPJPE PCK3D PCK3D-AUC',
        keypoints=17,
        own='joints',
    ),
    'h36m2threedpw_3d': Benchmark(
        'Human36M3D', 'ThreeDPW', 'MPJPE PA-MPJPE N-MPJPE', keypoints=17, own='joints'
    ),
    'surreal2h36m_3d': Benchmark(
        'SURREAL3D', 'Human36M3D', 'MPJPE PA-MPJPE N-MPJPE', keypoints=17
    ),
}
BENCHMARKS = {**HANDS, **PEOPLE}
BUILTIN = {
    kind: Config.fromfile(CONFIG_DIR / f'{kind}_3d.py').codec for kind in ('hand', 'human')
}


@pytest.fixture(autouse=True)
def mmpose_scope():
    init_default_scope('mmpose')


@pytest.fixture(scope='module')
def data_root(tmp_path_factory):
    """Where all have their data."""
    return tmp_path_factory.mktemp('data')


@pytest.fixture(params=BENCHMARKS)
def name(request):
    return request.param


@pytest.fixture
def cfg(name, data_root):
    """The config at full size, on drawn data."""
    cfg = Config.fromfile(CONFIG_DIR / f'{name}.py')
    redirect_data(cfg, data_root)
    return cfg


def test_all_are_found():
    names = {path.stem for path in public_configs()}
    assert names - {path.stem for path in public_2d_configs()} == BENCHMARKS.keys()


def test_data_at_full_size(name, cfg):
    expected = BENCHMARKS[name]
    data = cfg.train_dataloader.dataset
    assert (data.source.type, data.target.type) == (expected.source, expected.target)
    assert cfg.test_dataloader.dataset.type == expected.target
    pair = DATASETS.build(data)[0]
    assert {tuple(view.shape) for view in pair['inputs'].values()} == {(3, 224, 224)}
    labels = pair['data_samples']['source'].gt_instance_labels
    assert labels.keypoint_labels.shape == (1, expected.keypoints, 3)
    for view in ('target_teacher', 'target_student'):
        sample = pair['data_samples'][view]
        assert not {'keypoints', 'keypoints_3d'} & set(sample.gt_instances.keys())
    tested = DATASETS.build(cfg.test_dataloader.dataset)[0]
    assert tested['inputs'].shape == (3, 224, 224)
    truth = tested['data_samples'].gt_instances
    assert truth.keypoints_3d.shape == (1, expected.keypoints, 3)


def test_hands_are_shown_alike(name, cfg):
    """On the source, the target and in the test, or nowhere; other hands need it not."""
    expected = BENCHMARKS[name]
    data = cfg.train_dataloader.dataset
    pipelines = (data.source.pipeline, data.target.pipeline, cfg.val_pipeline)
    for pipeline in (*pipelines, cfg.test_dataloader.dataset.pipeline):
        assert ('MirrorRightHand' in [t.type for t in pipeline]) == expected.mirrored
    configs = (data.source, data.target, cfg.test_dataloader.dataset)
    sides = {
        info['hand_side']
        for dataset in (DATASETS.build(dict(one, pipeline=[])) for one in configs)
        for info in map(dataset.get_data_info, range(len(dataset)))
        if 'hand_side' in info
    }
    assert (len(sides) > 1) == expected.mirrored


def test_the_network_at_full_size(name, cfg):
    model = MODELS.build(cfg.model)
    backbone = model.student.backbone
    assert len(backbone.layers) == 12 and backbone.embed_dims == 768
    # MAE's weights have 14 x 14 positions and that of the class
    assert backbone.patch_grid == (14, 14) and backbone.pos_embed.shape == (1, 197, 768)
    assert model.student.head.out_channels == BENCHMARKS[name].keypoints
    rates = {
        id(parameter): group['lr']
        for group in build_optim_wrapper(model, cfg.optim_wrapper).param_groups
        for parameter in group['params']
    }
    assert rates.keys() >= set(map(id, model.trained_parameters()))
    assert not rates.keys() & set(map(id, model.averaged_parameters()))
    lr = cfg.optim_wrapper.optimizer.lr
    assert rates[id(model.student.head.to_volume.weight)] == pytest.approx(lr)
    first, last = backbone.layers[0], backbone.layers[-1]
    assert rates[id(last.ffn.layers[1].weight)] == pytest.approx(0.75 * lr)
    assert rates[id(first.ffn.layers[1].weight)] == pytest.approx(0.75**12 * lr)
    known = {'supervised', *model.alignments}
    assert {part for phase in cfg.phases for part in phase['parts']} == known
    assert [phase['name'] for phase in cfg.phases] == ['pretrain', 'source', 'adapt']


def test_both_domains_are_reconstructed_before(cfg):
    assert 'supervised' not in cfg.phases[0]['parts']
    reconstruction = MODELS.build(cfg.model.alignments.reconstruction)
    assert set(reconstruction.reconstructed) == {'source', 'target_student'}


def test_bones_and_depths_are_not_those_of_built_in_data(name, cfg):
    """Encoder, decoder and the training's comparison are of one codec, the source's."""
    codec = cfg.model.estimator.head.decoder
    encoders = [
        transform.encoder
        for view in (cfg.train_dataloader.dataset.views.source, cfg.weak_source)
        for transform in view
        if transform['type'] == 'GenerateTarget'
    ]
    assert encoders == [codec, codec] and cfg.codec == codec
    assert tuple(codec.input_size) == (224, 224)
    builtin = BUILTIN['hand' if cfg.model.estimator.head.out_channels == 21 else 'human']
    assert codec.total_length != builtin.total_length
    assert codec.depth_range != builtin.depth_range
    assert set(map(tuple, codec.skeleton)) <= set(map(tuple, builtin.skeleton))
    assert 'SourceMeasuresHook' in [hook.type for hook in cfg.custom_hooks]
    # the source has what measure_source measures
    source = DATASETS.build(dict(cfg.train_dataloader.dataset.source, pipeline=[]))
    infos = map(source.get_data_info, range(len(source)))
    poses = [labelled_poses(info) for info in infos]
    assert all(pose.shape[1] == BENCHMARKS[name].keypoints for pose, _ in poses)


def test_metrics_are_those_of_the_protocol(name, cfg):
    expected = BENCHMARKS[name]
    *in_3d, in_2d = cfg.test_evaluator
    assert in_2d.type == 'CropPCK' and in_2d.prefix == 'target'
    figures, own = [], set()
    for metric in in_3d:
        assert metric.type == 'RootAlignedMPJPE' and metric.prefix == 'target'
        figures += metric.metrics
        own |= set(metric) - {'type', 'prefix', 'metrics'}
        METRICS.build(metric)
    assert figures == expected.metrics.split() and own == set(expected.own.split())


@pytest.fixture
def options(cfg):
    """What lets a tool read the drawn data."""
    data = cfg.train_dataloader.dataset
    return {
        'train_dataloader.dataset.source.data_root': data.source.data_root,
        'train_dataloader.dataset.target.data_root': data.target.data_root,
    }


def test_a_look_at_the_data(name, options, tmp_path):
    path = str(CONFIG_DIR / f'{name}.py')
    sheet = browse_dataset(path, out=tmp_path / 'a.jpg', num=2, cfg_options=options)
    assert sheet.stat().st_size > 1000


def test_the_source_can_be_measured(name, options):
    path = str(CONFIG_DIR / f'{name}.py')
    if BENCHMARKS[name].source == 'RenderedHandPose':
        # of the drawn ones, each lacks a keypoint
        with pytest.raises(UserError, match='No sample of the source has all bones'):
            measure_source(path, options)
    else:
        found = measure_source(path, options)
        assert found.whole > 0 and found.total_length > 0 and found.unlabelled == 0


def test_every_variant_of_the_ablation_can_be_made(name, cfg):
    variants = {one: variant_config(cfg, one) for one in variant_names(cfg)}
    assert {'source_weak', 'source_strong', 'full', 'oracle'} <= variants.keys()
    for variant in variants.values():
        known = {'supervised', *variant.model.alignments}
        assert all(set(phase.parts) <= known for phase in variant.train_cfg.phases)
    oracle = DATASETS.build(variants['oracle'].train_dataloader.dataset)[0]
    labels = oracle['data_samples']['source'].gt_instance_labels
    assert labels.keypoint_labels.shape == (1, BENCHMARKS[name].keypoints, 3)


def test_the_options_that_name_the_weights():
    text = (CONFIG_DIR / 'rhd2freihand_3d.py').read_text()
    options = parse_options(re.findall(r'model\.\S+=\S+', text.split('"""')[1]))
    cfg = Config.fromfile(CONFIG_DIR / 'rhd2freihand_3d.py')
    assert 'init_cfg' not in cfg.model.estimator.backbone
    cfg.merge_from_dict(options)
    (line,) = re.findall(
        r'# init_cfg=(dict\(.*\)),$',
        (CONFIG_DIR.parent / '_base_/model/masked_vit_base.py').read_text(),
        re.M,
    )
    assert cfg.model.estimator.backbone.init_cfg == eval(line)
