import pytest
from mmengine.config import Config

from mmpose_uda.config import check_evaluators, take_labels_from_samples
from mmpose_uda.errors import UserError

CELLS = dict(type='CropPCK', protocol='regda')
HEADS = {
    codec: dict(type='HeatmapHead', decoder=dict(type=codec))
    for codec in ('MSRAHeatmap', 'UDPHeatmap')
}


def config(codec, *metrics, adaptive=True, **kwargs):
    estimator = dict(type='TopdownPoseEstimator', head=HEADS[codec])
    model = dict(type='DomainAdaptivePoseEstimator', estimator=estimator)
    return Config(
        dict(model=model if adaptive else estimator, val_evaluator=metrics, **kwargs)
    )


@pytest.mark.parametrize('protocol', ['regda', 'uniframe_animal'])
@pytest.mark.parametrize('adaptive', [True, False])
def test_cells_of_another_codec_are_refused(adaptive, protocol):
    cells = dict(CELLS, protocol=protocol)
    with pytest.raises(UserError, match=f'{protocol}.*UDPHeatmap: set its use_udp=True'):
        check_evaluators(config('UDPHeatmap', cells, adaptive=adaptive))
    with pytest.raises(UserError, match='MSRAHeatmap: set its use_udp=False'):
        check_evaluators(config('MSRAHeatmap', dict(CELLS, use_udp=True)))


def test_what_fits_passes():
    check_evaluators(config('MSRAHeatmap', CELLS, dict(type='CropPCK', prefix='all')))
    check_evaluators(config('UDPHeatmap', dict(CELLS, use_udp=True)))
    check_evaluators(config('UDPHeatmap', dict(type='CropPCK', protocol='subpixel')))
    check_evaluators(Config(dict(model=dict(type='AdaINStyleTransfer'))))


def test_values_of_one_name_are_refused():
    two = [dict(type='CropPCK', thr=thr, prefix='target') for thr in (0.05, 0.2)]
    with pytest.raises(UserError, match='`val_evaluator`.*two CropPCK.*own prefix'):
        check_evaluators(config('MSRAHeatmap', *two))
    # whose values are named by what they divide by
    by_box, by_torso = (dict(type='PCKAccuracy', norm_item=n) for n in ('bbox', 'torso'))
    check_evaluators(config('MSRAHeatmap', by_box, by_torso))


@pytest.mark.parametrize('evaluator', [CELLS, [CELLS], dict(metrics=[CELLS])])
def test_the_evaluator_of_the_test_counts_too(evaluator):
    with pytest.raises(UserError, match='use_udp=True'):
        check_evaluators(config('UDPHeatmap', test_evaluator=evaluator))


@pytest.mark.parametrize(
    'wrap', [dict, lambda **one: [one], lambda **one: dict(metrics=[one])]
)
@pytest.mark.parametrize(
    ('data_type', 'file', 'kept'),
    [
        ('PoseDataset', 'root/a.json', None),
        ('mmpose.PoseDataset', './root//a.json', None),
        ('PoseDataset', 'root/b.json', 'root/b.json'),
        ('CocoDataset', 'root/a.json', 'root/a.json'),
    ],
)
def test_a_metric_of_the_same_file_asks_the_samples(wrap, data_type, file, kept):
    data = dict(type=data_type, data_root='root', ann_file='a.json')
    evaluator = wrap(type='CocoMetric', ann_file=file)
    cfg = Config(dict(val_dataloader=dict(dataset=data), val_evaluator=evaluator))
    take_labels_from_samples(cfg)
    metrics = cfg.val_evaluator
    if isinstance(metrics, dict):
        metrics = metrics.get('metrics', [metrics])
    assert metrics[0]['ann_file'] == kept


@pytest.mark.parametrize(
    'loader',
    [5, dict(dataset=5), dict(dataset=dict(x=1)), dict(dataset=dict(type='PoseDataset'))],
)
@pytest.mark.parametrize('evaluator', [3, None, dict(type='CocoMetric', ann_file=3)])
def test_what_is_no_data_set_is_left_to_who_builds_it(loader, evaluator):
    cfg = Config(dict(val_dataloader=loader, val_evaluator=evaluator))
    before = cfg.to_dict()
    take_labels_from_samples(cfg)
    assert cfg.to_dict() == before
