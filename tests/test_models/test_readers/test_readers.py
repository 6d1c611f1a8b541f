import numpy as np
import pytest
import torch
from head_factory import CELLS, FEATURES, KEYPOINTS, POINTS, SIZE, head_config
from mmengine.structures import InstanceData, PixelData
from mmpose.models.heads import HeatmapHead
from mmpose.registry import MODELS
from mmpose.structures import PoseDataSample
from torch import nn

from mmpose_uda.models.readers import READERS, HeatmapReader, find_reader, fitting_heads

HEADS = [
    *('heatmap', 'unbiased heatmap', 'UDP', 'SimCC', 'RTMCC', 'integral', 'DSNT', 'RLE')
]
INTEGRAL = ('IntegralRegressionHead', 'DSNTHead')


@pytest.fixture(params=HEADS)
def head(request):
    torch.manual_seed(0)
    return MODELS.build(head_config(request.param))


@pytest.fixture
def feats():
    shape = (2, 8, *FEATURES[::-1])
    return (torch.randn(shape, generator=torch.Generator().manual_seed(1)),)


def encoded_samples(head, points, weights):
    """Samples [B] with labels of ``points`` [B, K, 2] as the head's codec encodes them."""
    samples = []
    for keypoints, visible in zip(points.numpy(), weights.numpy()):
        encoded = head.decoder.encode(keypoints[None], visible[None])
        sample, labels = PoseDataSample(), InstanceData()
        for key, value in encoded.items():
            if key == 'heatmaps':
                sample.gt_fields = PixelData(heatmaps=torch.from_numpy(value))
            else:
                labels.set_field(torch.from_numpy(np.asarray(value)), key)
        sample.gt_instance_labels = labels
        samples.append(sample)
    return samples


WEIGHTS = torch.tensor([[1.0, 1, 0], [1, 1, 1]])


def test_labels_of_points_are_those_of_the_codec(head):
    reader = find_reader(head)
    points = POINTS.clone()
    if type(head.decoder).__name__ == 'UDPHeatmap':
        points = points / 4 * points.new_tensor(head.decoder.scale_factor)
    samples = encoded_samples(head, points, torch.ones(2, KEYPOINTS))
    expected, _ = reader.stack_targets(samples)
    found = reader.render_targets(points)
    if not isinstance(found, tuple):
        expected, found = (expected,), (found,)
    for one, other in zip(expected, found, strict=True):
        assert one.shape == other.shape
        # beyond three sigmas, codecs of heatmaps write 0
        torch.testing.assert_close(one, other, atol=0.012, rtol=0)
        near = one > 0.012
        # DSNT's sum to 1 without what is beyond
        rtol = 1e-3 if type(head).__name__ == 'DSNTHead' else 0
        torch.testing.assert_close(one[near], other[near].to(one), atol=1e-5, rtol=rtol)


def test_supervised_loss_is_that_of_the_head(head, feats):
    head.eval()
    reader = find_reader(head)
    samples = encoded_samples(head, POINTS, WEIGHTS)
    found = reader.supervised_loss(head(feats), samples)
    torch.testing.assert_close(found, head.loss(feats, samples)['loss_kpt'])


def test_a_weight_of_zero_leaves_a_keypoint_out(head, feats):
    reader = find_reader(head)
    elsewhere = torch.where(WEIGHTS.unsqueeze(-1) > 0, POINTS, torch.tensor(33.0))
    losses = [
        reader.loss(head(feats), reader.render_targets(points), WEIGHTS)
        for points in (POINTS, elsewhere, POINTS + 4)
    ]
    torch.testing.assert_close(losses[0], losses[1])
    assert losses[0] != losses[2]


def trained_outputs(head, points):
    """Outputs that the head would ideally have for points."""
    reader = find_reader(head)
    targets = reader.render_targets(points)
    name = type(head).__name__
    if name == 'HeatmapHead':
        return 0.7 * targets
    if name == 'SimCCHead':
        return tuple(target.clamp_min(1e-9).log() for target in targets)
    if name == 'RTMCCHead':
        return targets  # its loss takes the softmax of both, ten times
    if name == 'RLEHead':
        return torch.cat([targets, torch.full_like(targets, -3.0)], dim=-1)
    sizes = [torch.arange(count) * side / count for count, side in zip(CELLS, SIZE)]
    squares = [
        ((cells - points[..., axis, None]) / 6).square() for axis, cells in enumerate(sizes)
    ]
    logits = -0.5 * (squares[1].unsqueeze(-1) + squares[0].unsqueeze(-2))
    return points / torch.tensor(SIZE), logits.flatten(2).softmax(-1).view_as(logits)


def test_points_and_confidence_are_read_off(head):
    inner = torch.tensor([[[30.0, 20], [26, 24.6], [33.4, 23]]])
    predicted = find_reader(head).distributions(trained_outputs(head, inner))
    # a quarter of a cell of 4 px; the softmax of RTMPose flattens the flanks
    assert (predicted.points() - inner).abs().max() < 0.8
    assert predicted.confidence().shape == (1, KEYPOINTS)
    assert ((predicted.confidence() > 0.1) & (predicted.confidence() <= 1)).all()
    outside = torch.tensor([[[-5.0, 20], [30, 60], [63, 30]]])
    assert predicted.contains(outside)[0, :2].tolist() == [False, False]


def test_a_blurred_prediction_is_less_certain(head):
    points = torch.tensor([[[30.0, 20]] * KEYPOINTS])
    reader = find_reader(head)
    sharp = trained_outputs(head, points)
    if isinstance(sharp, tuple) and type(head).__name__ in INTEGRAL:
        flat = (sharp[0], 0.3 * sharp[1] + 0.7 / sharp[1][0, 0].numel())
    elif isinstance(sharp, tuple):
        flat = tuple(0.3 * vector for vector in sharp)
    elif type(head).__name__ == 'RLEHead':
        flat = sharp + torch.tensor([0.0, 0, 2, 2])
    else:
        flat = 0.3 * sharp
    certain = reader.distributions(sharp).confidence()
    assert (reader.distributions(flat).confidence() < 0.8 * certain).all()


def test_logits_are_of_distributions_of_positions(head, feats):
    if not find_reader(head).has_maps:
        with pytest.raises(NotImplementedError, match='no maps'):
            find_reader(head).logits(head(feats))
        return
    for logits in find_reader(head).logits(head(feats)):
        assert logits.shape[:2] == (2, KEYPOINTS)
        assert logits.flatten(2).shape[-1] > 40
    if type(head).__name__ in INTEGRAL:
        _, heatmaps = head(feats)
        torch.testing.assert_close(
            find_reader(head).logits((None, heatmaps))[0].flatten(2).softmax(-1),
            heatmaps.flatten(2),
        )


def test_descent_on_points_moves_the_prediction_there(head, feats):
    reader = find_reader(head)
    # the gradient of an L1 loss does not get smaller near its goal
    rate = 1e-3 if type(head).__name__ == 'RLEHead' else 1e-2
    optimizer = torch.optim.Adam(head.parameters(), lr=rate)
    points = torch.tensor([[[20.0, 20], [40, 30], [30, 12]]] * 2)
    for _ in range(150):
        loss = reader.loss(
            head(feats), reader.render_targets(points), torch.ones(2, KEYPOINTS)
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    found = reader.distributions(head(feats)).points()
    assert (found - points).norm(dim=-1).mean() < 2.5


@pytest.mark.parametrize('name', HEADS)
def test_nothing_leaves_the_device(name, feats, monkeypatch):
    torch.manual_seed(0)
    head = MODELS.build(head_config(name))
    reader = find_reader(head)
    samples = encoded_samples(head, POINTS, WEIGHTS)

    def refuse(*_):
        raise AssertionError('a tensor was copied to the CPU or read by Python')

    for method in ('cpu', 'numpy', 'item', 'tolist', '__bool__', '__float__'):
        monkeypatch.setattr(torch.Tensor, method, refuse)
    outputs = head(feats)
    predicted = reader.distributions(outputs)
    points = predicted.points()
    weights = predicted.confidence() * predicted.contains(points)
    labels = reader.render_targets(points), weights
    if name != 'RLE':  # mmpose's flow looks at its prior's numbers in every call
        reader.loss(outputs, *labels)
        reader.loss(outputs, *reader.stack_targets(samples))
    if reader.has_maps:
        reader.logits(outputs)


@pytest.mark.parametrize(
    'changes',
    [
        dict(
            decoder=dict(
                type='MegviiHeatmap', input_size=SIZE, heatmap_size=CELLS, kernel_size=5
            )
        ),
        dict(
            decoder=dict(
                type='UDPHeatmap',
                input_size=SIZE,
                heatmap_size=CELLS,
                heatmap_type='combined',
            )
        ),
        dict(decoder=None),
    ],
    ids=['Megvii', 'UDP combined', 'none'],
)
def test_heatmaps_of_another_meaning_are_not_read(changes):
    assert find_reader(MODELS.build({**head_config('heatmap'), **changes})) is None


def test_a_head_that_drops_a_loss_after_some_epochs_is_not_read():
    assert find_reader(MODELS.build({**head_config('DSNT'), 'lambda_t': 3})) is None


def test_a_head_of_ones_own_brings_its_reader():
    class OwnHead(nn.Module):
        decoder = None

    head = OwnHead()
    assert find_reader(head) is None and 'OwnHead' not in fitting_heads()
    try:

        @READERS.register_module()
        class OwnReader(HeatmapReader):
            fits = 'OwnHead (any codec)'

            @classmethod
            def reads(cls, head):
                return isinstance(head, (OwnHead, HeatmapHead))

        assert type(find_reader(head)) is OwnReader
        # and goes before that of the package
        assert type(find_reader(MODELS.build(head_config('heatmap')))) is OwnReader
        assert fitting_heads().endswith(' or OwnHead (any codec)')
    finally:
        READERS.module_dict.pop('OwnReader', None)
    heads = 'HeatmapHead SimCCHead RTMCCHead IntegralRegressionHead DSNTHead VolumetricPose'
    assert all(head in fitting_heads() for head in heads.split())


@pytest.mark.parametrize('kind', ['integral', 'DSNT'])
def test_points_of_a_head_that_removes_its_bias_are_its_own(kind):
    """The bias depends on the sum of all cells, which the maps do not tell."""
    torch.manual_seed(0)
    head = MODELS.build(dict(head_config(kind), debias=True))
    outputs = head((torch.randn(2, 8, *FEATURES[::-1]),))
    found = find_reader(head).distributions(outputs)
    predicted = [
        torch.from_numpy(decoded.keypoints[0]).float()
        for decoded in head.decode(outputs[0].detach().unsqueeze(1))
    ]
    torch.testing.assert_close(found.points().detach(), torch.stack(predicted))
    means = torch.stack([axis.mean() for axis in found.axes], -1)
    assert (found.points() - means).abs().max() > 1e-3
    assert found.contains(found.points()).shape == (2, KEYPOINTS)
