import pytest
from mmengine.config import Config

from mmpose_uda.config import check_evaluators
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
    check_evaluators(config('MSRAHeatmap', CELLS, dict(type='CropPCK')))
    check_evaluators(config('UDPHeatmap', dict(CELLS, use_udp=True)))
    check_evaluators(config('UDPHeatmap', dict(type='CropPCK', protocol='subpixel')))
    check_evaluators(Config(dict(model=dict(type='AdaINStyleTransfer'))))


@pytest.mark.parametrize('evaluator', [CELLS, [CELLS], dict(metrics=[CELLS])])
def test_the_evaluator_of_the_test_counts_too(evaluator):
    with pytest.raises(UserError, match='use_udp=True'):
        check_evaluators(config('UDPHeatmap', test_evaluator=evaluator))
