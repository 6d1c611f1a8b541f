"""The protocols and groups of CropPCK, fed as mmengine's evaluator feeds it."""

import numpy as np
import pytest
import torch
from mmengine.dist import dist
from mmengine.evaluator import Evaluator
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData, PixelData
from mmpose.datasets.transforms import TopdownAffine
from mmpose.registry import KEYPOINT_CODECS, METRICS, MODELS
from mmpose.structures import PoseDataSample

from mmpose_uda.errors import UserError
from mmpose_uda.evaluation import KEYPOINT_GROUPS, CropPCK, crop_pck_metric
from mmpose_uda.metainfo import ANIMAL14, ANIMAL18

SIDE = 64  # px of the crop; the map has a quarter of it
CELLS = SIDE // 4


def make_sample(gt, visible=None, side=SIDE, **pred):
    """A sample whose image is its crop, with keypoints [K, 2] in px."""
    gt = np.asarray(gt, np.float32)
    sample = PoseDataSample(
        metainfo=dict(
            img_path='images/7.jpg',
            input_size=(side, side),
            input_center=np.full(2, side / 2, np.float32),
            input_scale=np.full(2, side, np.float32),
        )
    )
    sample.gt_instances = InstanceData(
        keypoints=gt[None],
        keypoints_visible=np.ones((1, len(gt))) if visible is None else visible[None],
        bboxes=np.array([[0, 0, side, side]], np.float32),
        bbox_scores=np.ones(1, np.float32),
    )
    if pred:
        sample.pred_instances = InstanceData(**pred)
    return sample


def with_heatmaps(sample, heatmaps):
    sample.pred_fields = PixelData(heatmaps=torch.as_tensor(heatmaps))
    return sample


def spike(cell, size=CELLS):
    """A map with one value over 0, or none where ``cell`` is None."""
    heatmap = torch.zeros(size, size)
    if cell:
        heatmap[cell[1], cell[0]] = 1
    return heatmap


def make_samples(cells, gt_cells, visible=None, side=SIDE):
    """Samples from predicted and true cells [N][K], four px a cell."""
    return [
        with_heatmaps(
            make_sample(
                4 * np.asarray(gt, float),
                None if visible is None else np.asarray(visible[n], float),
                side,
            ),
            torch.stack([spike(cell, side // 4) for cell in pred]),
        )
        for n, (pred, gt) in enumerate(zip(cells, gt_cells))
    ]


def evaluate(metric, samples, loader_batch=3):
    evaluator = Evaluator(metric)
    for start in range(0, len(samples), loader_batch):
        evaluator.process(samples[start : start + loader_batch])
    return evaluator.evaluate(len(samples))


@pytest.fixture
def published(request, heatmap_peak, drawn_peak):
    """The published evaluation, keypoint by keypoint; it keeps -1 for what is absent.

    Its parameter, if any, names the fixture that draws the true heatmaps.
    """
    drawing = getattr(request, 'param', None)
    target_peak = request.getfixturevalue(drawing) if drawing else drawn_peak

    def hit(sample, k, thr):
        """Whether a keypoint is a hit, None if it does not count."""
        heatmap = sample.pred_fields.heatmaps[k].numpy()
        size = heatmap.shape[::-1]
        truth = sample.gt_instances
        if not truth.keypoints_visible[0, k]:
            return None
        target = target_peak(truth.keypoints[0, k], sample.input_size, size)
        if min(target) <= 1:
            return None
        error = np.subtract(heatmap_peak(heatmap), target) / np.divide(size, 10)
        return np.hypot(*error) < 10 * thr

    def accuracy(batch, k, thr):
        hits = [h for h in (hit(sample, k, thr) for sample in batch) if h is not None]
        return sum(hits) / len(hits) if hits else -1

    def average(samples, k, thr, batch_size):
        total, weight = 0.0, 0
        for start in range(0, len(samples), batch_size):
            batch = samples[start : start + batch_size]
            value = accuracy(batch, k, thr)
            if value != -1:
                total, weight = total + value * len(batch), weight + len(batch)
        return total / weight if weight else 0

    def figures(samples, thr, batch_size, **groups):
        count = len(samples[0].pred_fields.heatmaps)
        rates = [average(samples, k, thr, batch_size) for k in range(count)]
        return {
            f'PCK-{name}'.removesuffix('-all'): np.mean([rates[k] for k in group])
            for name, group in dict(dict(all=range(count)), **groups).items()
        }

    return figures


def random_samples(n=11, k=21, side=SIDE, seed=0):
    """Samples with keypoints on and off the crop, near misses and gaps."""
    rng = np.random.default_rng(seed)
    samples = []
    for _ in range(n):
        gt = rng.uniform(-10, side + 10, (k, 2))
        visible = (rng.random(k) < 0.5).astype(float)
        near = np.clip(gt / 4 + rng.normal(0, side / 40, (k, 2)), 0, side // 4 - 1)
        heatmaps = torch.stack([spike(tuple(c), side // 4) for c in near.astype(int)])
        heatmaps += torch.from_numpy(rng.normal(0, 0.05, heatmaps.shape)).float()
        heatmaps[0] = -1
        samples.append(with_heatmaps(make_sample(gt, visible, side), heatmaps))
    return samples


@pytest.mark.parametrize('batch_size', [1, 2, 4, 32])
@pytest.mark.parametrize('side', [64, 128])
def test_regda_against_the_published_evaluation(batch_size, side, published):
    samples = random_samples(side=side)
    ours = evaluate(
        CropPCK(protocol='regda', thr=0.1, batch_size=batch_size, groups='hand21'),
        samples,
    )
    expected = published(samples, 0.1, batch_size, **KEYPOINT_GROUPS['hand21'])
    assert ours == pytest.approx(expected) and 0.1 < ours['PCK'] < 0.9


@pytest.mark.parametrize('published', ['drawn_animal_peak'], indirect=True)
@pytest.mark.parametrize('batch_size', [1, 4])
def test_animals_against_the_published_evaluation(batch_size, published):
    samples = random_samples(side=128, k=14)
    options = dict(thr=0.1, batch_size=batch_size, groups='animal14')
    ours = evaluate(CropPCK(protocol='uniframe_animal', **options), samples)
    expected = published(samples, 0.1, batch_size, **KEYPOINT_GROUPS['animal14'])
    assert ours == pytest.approx(expected) and 0.1 < ours['PCK'] < 0.9
    assert ours != evaluate(CropPCK(protocol='regda', **options), samples)


def test_animals_by_hand():
    # Cells (7, 8) and (8, 8), truncated from 7.9 and 8.1; a threshold under one cell.
    samples = make_samples([[(7, 8), (8, 8)]], [[(7.9, 8), (8.1, 8)]])
    assert evaluate(CropPCK(protocol='uniframe_animal'), samples) == {'PCK': 1}
    assert evaluate(CropPCK(protocol='regda'), samples) == {'PCK': 0.5}


def test_regda_by_hand():
    gt = [[(4, 4), (8, 8), (12, 3)]] * 2
    cells = [[(4, 4), (9, 9), None], [(6, 4), (8, 8), (12, 3)]]
    # 0.1 of 16 cells is 1.6: exact and a diagonal hit, two off and an empty map miss.
    metric = CropPCK(protocol='regda', thr=0.1, batch_size=2)
    assert evaluate(metric, make_samples(cells, gt)) == {
        'PCK': pytest.approx((1 / 2 + 2 / 2 + 1 / 2) / 3)
    }
    # Without the second keypoint of the second sample and all of the third.
    visible = [[1, 1, 0], [1, 0, 0]]
    assert evaluate(metric, make_samples(cells, gt, visible)) == {
        'PCK': pytest.approx((1 / 2 + 1 + 0) / 3)
    }


def test_an_empty_heatmap_stands_for_cell_0_0():
    metric = CropPCK(protocol='regda', thr=0.2)  # 3.2 of 16 cells
    # 2.83 from the corner, so that the published rule calls it a hit.
    assert evaluate(metric, make_samples([[None]], [[(2, 2)]])) == {'PCK': 1}
    assert evaluate(metric, make_samples([[None]], [[(3, 2)]])) == {'PCK': 0}


@pytest.mark.parametrize('hidden', [(1, 8), (8, 1), (0, 0), (16, 8), (8, 16), (-3, 5)])
def test_true_cells_at_the_first_border_or_outside_do_not_count(hidden):
    samples = make_samples([[(8, 8), (8, 8)]] * 2, [[(8, 8), hidden], [(3, 3), (8, 8)]])
    metric = CropPCK(protocol='regda', batch_size=1, thr=0.1)
    assert evaluate(metric, samples) == {'PCK': pytest.approx((1 / 2 + 1) / 2)}


@pytest.mark.parametrize('batch_size, figure', [(1, 1 / 3), (2, 1 / 2), (3, 3 / 8)])
@pytest.mark.parametrize('loader_batch', [1, 2, 4])
def test_batches_are_of_the_data_set_not_of_the_loader(batch_size, figure, loader_batch):
    gt = [[(8, 8)]] * 4
    cells = [[(8, 8)], [(8, 8)], [(2, 2)], [(2, 2)]]
    samples = make_samples(cells, gt, [[1], [0], [1], [1]])
    metric = CropPCK(protocol='regda', batch_size=batch_size)
    assert evaluate(metric, samples, loader_batch) == {'PCK': pytest.approx(figure)}


@pytest.mark.parametrize('count', [10, 11])
def test_several_processes_give_the_figure_of_one(monkeypatch, count):
    samples = random_samples(count, k=4)
    make = dict(type='CropPCK', protocol='regda', thr=0.1, batch_size=3)
    expected = evaluate(METRICS.build(make), samples)
    metrics = [METRICS.build(dict(make, collect_device='gpu')) for _ in range(2)]
    for rank, metric in enumerate(metrics):
        # As DefaultSampler deals them out, the last again to fill up.
        mine = (samples + samples)[rank : count + count % 2 : 2]
        for start in range(0, len(mine), 2):
            metric.process({}, [s.to_dict() for s in mine[start : start + 2]])
    monkeypatch.setattr(dist, 'get_dist_info', lambda: (0, 2))
    monkeypatch.setattr(dist, 'all_gather_object', lambda _: [m.results for m in metrics])
    assert metrics[0].evaluate(count) == expected


def test_only_cells_are_kept():
    metric = CropPCK(protocol='regda')
    metric.process({}, [s.to_dict() for s in random_samples(2)])
    assert all(np.size(value) <= 2 * 21 for r in metric.results for value in r.values())


def test_a_map_of_32_cells_has_half_the_threshold():
    gt = [[(9, 9), (20, 20)]]
    cells = [[(10, 10), (22, 20)]]  # 1.41 and 2 of 1.6 cells
    samples = make_samples(cells, gt, side=128)
    assert evaluate(CropPCK(protocol='regda'), samples) == {'PCK': 0.5}
    # 1.41 and 2 of 3.2 cells.
    samples = make_samples(cells, gt, side=256)
    assert evaluate(CropPCK(protocol='regda'), samples) == {'PCK': 1}


def test_simcc_marginals_are_read_before_their_fine_map():
    x, y = np.zeros((1, 2, 2 * SIDE)), np.zeros((1, 2, 2 * SIDE))
    x[0, 0, 67], y[0, 0, 60] = 1, 1  # cell (8, 8) of 16, rounded from 8.4 and 7.5
    x[0, 1, 67], y[0, 1, 59] = 1, 1  # cell (8, 7)
    sample = make_sample([(32, 32)] * 2, keypoint_x_labels=x, keypoint_y_labels=y)
    with_heatmaps(sample, torch.zeros(2, 2 * SIDE, 2 * SIDE))
    metric = CropPCK(protocol='regda', simcc_cells=(CELLS, CELLS))
    # 0.05 of 16 cells is under one: only the same cell is a hit.
    assert evaluate(metric, [sample]) == {'PCK': 0.5}
    # Truncated, they are cells (8, 7) and (8, 7).
    metric = CropPCK(protocol='uniframe_animal', simcc_cells=(CELLS, CELLS))
    assert evaluate(metric, [sample]) == {'PCK': 0}


@pytest.mark.parametrize('codec', ['MSRAHeatmap', 'UDPHeatmap'])
def test_true_cells_are_those_of_the_codec(codec):
    """From the image through mmpose's crop and codec, for the peaks of its own labels."""
    rng = np.random.default_rng(0)
    center, scale = np.array([70.0, 50.0]), np.array([120.0, 120.0])
    image_points = rng.uniform(15, 105, (1, 12, 2)).astype(np.float32)
    use_udp = codec == 'UDPHeatmap'
    crop = TopdownAffine(input_size=(256, 256), use_udp=use_udp)(
        dict(
            img=np.zeros((120, 140, 3), np.uint8),
            keypoints=image_points,
            bbox_center=center[None],
            bbox_scale=scale[None],
        )
    )
    make = dict(type=codec, input_size=(256, 256), heatmap_size=(64, 64), sigma=2.0)
    encoded = KEYPOINT_CODECS.build(make).encode(crop['transformed_keypoints'])
    counted = encoded['keypoint_weights'][0] > 0
    sample = make_sample(image_points[0], counted.astype(float), side=256)
    sample.set_metainfo(dict(input_center=center, input_scale=scale))
    with_heatmaps(sample, encoded['heatmaps'])
    # half a cell is met by the very same cell alone
    same = dict(protocol='regda', thr=0.5 / 64, batch_size=1)
    figure = evaluate(CropPCK(**same, use_udp=use_udp), [sample])['PCK']
    assert counted.sum() > 8 and figure == pytest.approx(counted.mean())
    other = evaluate(CropPCK(**same, use_udp=not use_udp), [sample])['PCK']
    assert other < 0.7 * figure


def test_subpixel_pools_the_instances_of_a_group():
    gt = np.full((3, 3, 2), 30.0)
    pred = gt + np.array([[0, 0, 5], [5, 0, 0], [5, 0, 5]])[..., None]
    visible = np.array([[1, 1, 1], [1, 0, 1], [0, 1, 1]])
    samples = [make_sample(g, v, keypoints=p[None]) for g, v, p in zip(gt, visible, pred)]
    groups = dict(first=[0], ends=[0, 2], all=[0, 1])
    # Keypoint 0 hits 1 of 2, keypoint 1 hits 2 of 2, keypoint 2 hits 1 of 3.
    assert evaluate(CropPCK(), samples) == {'PCK': pytest.approx(4 / 7)}
    assert evaluate(CropPCK(groups=groups), samples) == {
        'PCK': pytest.approx(3 / 4),
        'PCK-first': pytest.approx(1 / 2),
        'PCK-ends': pytest.approx(2 / 5),
    }
    del groups['all']
    assert evaluate(CropPCK(groups=groups), samples)['PCK'] == pytest.approx(4 / 7)


@pytest.mark.parametrize('protocol', ['subpixel', 'regda'])
def test_the_body_mean_leaves_out_trunk_and_head(protocol):
    gt = np.full((16, 2), 32.0)
    pred = gt.copy()
    pred[[6, 7, 8, 9]] = 60
    pred[12] = 60
    sample = make_sample(gt, keypoints=pred[None])
    with_heatmaps(sample, torch.stack([spike(tuple((p // 4).astype(int))) for p in pred]))
    result = evaluate(CropPCK(protocol=protocol, groups='body16', prefix='t'), [sample])
    joints = dict.fromkeys(['elbow', 'wrist', 'hip', 'knee', 'ankle'], 1.0)
    assert result == pytest.approx(
        {'t/PCK': 11 / 12, 't/PCK-shoulder': 0.5}
        | {f't/PCK-{joint}': share for joint, share in joints.items()}
    )
    assert [key for key in result if key.endswith('PCK')] == ['t/PCK']


def test_groups_of_the_literature_partition_their_keypoints():
    scored = dict(body16=16 - 4, hand21=21, animal18=18, animal14=14)
    for name, groups in KEYPOINT_GROUPS.items():
        parts = [k for group, part in groups.items() if group != 'all' for k in part]
        assert len(set(parts)) == len(parts)
        assert set(parts) | ({0} if name == 'hand21' else set()) == set(groups['all'])
        assert len(groups['all']) == scored[name]


@pytest.mark.parametrize('metainfo', [ANIMAL18, ANIMAL14])
def test_groups_of_animals_are_the_keypoints_of_their_name(metainfo):
    names = [point['name'] for point in metainfo['keypoint_info'].values()]
    groups = KEYPOINT_GROUPS[metainfo['dataset_name']]
    for group, keypoints in groups.items():
        found = [k for k, name in enumerate(names) if name.split('_')[-1] == group]
        assert group == 'all' or list(keypoints) == found


def test_two_protocols_stand_side_by_side():
    samples = random_samples(3)
    for sample in samples:
        sample.pred_instances = InstanceData(keypoints=sample.gt_instances.keypoints)
    both = [
        METRICS.build(dict(type='CropPCK', prefix='target')),
        METRICS.build(dict(type='CropPCK', prefix='target/regda', protocol='regda')),
    ]
    result = evaluate(both, samples)
    assert set(result) == {'target/PCK', 'target/regda/PCK'}
    assert result['target/PCK'] == 1 > result['target/regda/PCK']
    both[1].prefix = 'target'
    with pytest.raises(ValueError, match='same metric name'):
        evaluate(both, samples)


def test_keypoints_that_never_count_are_reported(monkeypatch):
    said = []
    monkeypatch.setattr(crop_pck_metric, 'print_log', lambda text, *_: said.append(text))
    samples = make_samples([[(8, 8)] * 3], [[(8, 8)] * 3], [[1, 0, 0]])
    result = evaluate(CropPCK(protocol='regda', groups=dict(all=[0, 2])), samples)
    assert result == {'PCK': 0.5}
    assert said == [
        "Keypoints [2] count in no sample; the protocol 'regda' averages them as 0."
    ]
    evaluate(CropPCK(protocol='regda', groups=dict(all=[0])), samples)
    assert len(said) == 1


def test_joints_that_are_not_visible_may_hold_anything():
    samples = random_samples(4)
    expected = evaluate(CropPCK(protocol='regda', thr=0.1), samples)
    for sample in samples:
        hidden = sample.gt_instances.keypoints_visible[0] == 0
        sample.gt_instances.keypoints[0, hidden] = np.nan
        sample.pred_fields.heatmaps[torch.from_numpy(hidden)] = float('nan')
    assert evaluate(CropPCK(protocol='regda', thr=0.1), samples) == expected


def test_mistakes_are_named():
    with pytest.raises(UserError, match="no protocol 'regd'"):
        CropPCK(protocol='regd')
    with pytest.raises(UserError, match="no groups 'body'"):
        CropPCK(groups='body')
    with pytest.raises(UserError, match='batch_size over 0'):
        CropPCK(batch_size=0)
    samples = random_samples(2)
    with pytest.raises(UserError, match=r"'shoulder' has keypoints \[12, 21\].* 21:"):
        evaluate(CropPCK(protocol='regda', groups=dict(shoulder=[12, 21])), samples)
    for sample in samples:
        sample.gt_instances.keypoints_visible[0, 9:] = 0
    with pytest.raises(UserError, match='no keypoint to score for PCK-tip'):
        evaluate(CropPCK(protocol='regda', groups=dict(tip=[12, 13])), samples)
    samples[1].gt_instances.keypoints_visible[:] = 1
    samples[1].pred_fields.heatmaps[2] = float('nan')
    with pytest.raises(UserError, match=r'images/7.jpg hold NaN .* earlier checkpoint'):
        evaluate(CropPCK(protocol='regda'), samples)
    with_heatmaps(samples[1], torch.zeros(17, CELLS, CELLS))
    with pytest.raises(UserError, match='same keypoints'):
        evaluate(CropPCK(protocol='regda'), samples)
    bare = make_sample(np.zeros((3, 2)), keypoints=np.zeros((1, 3, 2)))
    with pytest.raises(UserError, match='output_heatmaps=True'):
        evaluate(CropPCK(protocol='regda'), [bare])


def stock_estimator(head):
    """A small stock mmpose estimator of five keypoints on crops of 64 px."""
    heads = dict(
        HeatmapHead=dict(
            type='HeatmapHead',
            in_channels=64,
            out_channels=5,
            deconv_out_channels=(8, 8, 8),
            deconv_kernel_sizes=(4, 4, 4),
            decoder=dict(
                type='MSRAHeatmap', input_size=(64, 64), heatmap_size=(16, 16), sigma=2
            ),
        ),
        SimCCHead=dict(
            type='SimCCHead',
            in_channels=64,
            out_channels=5,
            input_size=(64, 64),
            in_featuremap_size=(2, 2),
            deconv_out_channels=None,
            decoder=dict(type='SimCCLabel', input_size=(64, 64), simcc_split_ratio=2.0),
        ),
    )
    init_default_scope('mmpose')
    torch.manual_seed(0)
    return MODELS.build(
        dict(
            type='TopdownPoseEstimator',
            data_preprocessor=dict(type='PoseDataPreprocessor'),
            backbone=dict(type='ResNet', depth=18, stem_channels=8, base_channels=8),
            head=heads[head],
            test_cfg=dict(flip_test=False, output_heatmaps=True),
        )
    ).eval()


def predict(head):
    """Predictions of a random estimator, with a truth near to some of them."""
    rng = np.random.default_rng(1)
    inputs = torch.from_numpy(rng.normal(0, 1, (6, 3, 64, 64))).float()
    samples = [make_sample(np.zeros((5, 2))) for _ in inputs]
    with torch.no_grad():
        samples = stock_estimator(head).test_step(
            dict(inputs=list(inputs), data_samples=samples)
        )
    for sample in samples:
        truth = sample.pred_instances.keypoints + rng.normal(0, 3, (1, 5, 2))
        sample.gt_instances.keypoints = truth
    return samples


def test_a_stock_heatmap_head(published):
    samples = predict('HeatmapHead')
    assert tuple(samples[0].pred_fields.heatmaps.shape) == (5, 16, 16)
    result = evaluate(CropPCK(protocol='regda', thr=0.1, batch_size=2), samples)
    assert result == pytest.approx(published(samples, 0.1, 2))
    assert 0.1 < result['PCK'] < 1


def test_a_stock_simcc_head(published):
    samples = predict('SimCCHead')
    fine = samples[0].pred_fields.heatmaps.shape
    assert tuple(fine) == (5, 128, 128)
    metric = CropPCK(protocol='regda', thr=0.1, simcc_cells=(16, 16), batch_size=2)
    result = evaluate(metric, samples)
    for sample in samples:
        # The decoded keypoint is the peak's bin in crop px: its cell, and a spike there.
        cells = (sample.pred_instances.keypoints[0] / 4 + 0.5).astype(int)
        del sample.pred_fields
        with_heatmaps(sample, torch.stack([spike(tuple(c)) for c in cells]))
    assert result == pytest.approx(published(samples, 0.1, 2))
    assert 0 < result['PCK'] <= 1
