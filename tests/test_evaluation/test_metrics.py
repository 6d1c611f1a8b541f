"""The metric objects, fed the way mmengine's evaluator feeds them."""

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.structures import InstanceData
from mmpose.registry import METRICS
from mmpose.structures import PoseDataSample

from mmpose_uda.errors import UserError
from mmpose_uda.evaluation import (
    CropPCK,
    RootAlignedMPJPE,
    mpjpe,
    mpjpe_metric,
    n_mpjpe,
    pa_mpjpe,
    pa_pck_3d_auc,
    pck_3d,
    pck_3d_auc,
    pck_3d_mean,
    st_mpjpe,
)

N, K = 7, 21


@pytest.fixture
def arrays():
    rng = np.random.default_rng(0)
    gt_3d = rng.normal(0, 40, (N, K, 3)).astype(np.float32) + 500
    pred_3d = gt_3d + rng.normal(0, 15, gt_3d.shape).astype(np.float32) - 500
    gt = rng.uniform(50, 250, (N, K, 2)).astype(np.float32)
    pred = gt + rng.normal(0, 6, gt.shape).astype(np.float32)
    visible = (rng.random((N, K)) < 0.8).astype(np.float32)
    visible[:, 0] = 1
    return dict(gt_3d=gt_3d, pred_3d=pred_3d, gt=gt, pred=pred, visible=visible)


def make_samples(arrays):
    """Data samples as a model returns them; every second box is twice as large."""
    samples = []
    for n in range(N):
        sample = PoseDataSample(
            metainfo=dict(
                img_path=f'images/{n}.jpg',
                input_size=(96, 96),
                input_center=np.array([150.0, 140.0], np.float32),
                input_scale=np.array([100.0, 100.0], np.float32) * (1 + n % 2),
            )
        )
        sample.gt_instances = InstanceData(
            keypoints=arrays['gt'][None, n],
            keypoints_3d=arrays['gt_3d'][None, n],
            keypoints_visible=arrays['visible'][None, n],
        )
        sample.pred_instances = InstanceData(
            keypoints=arrays['pred'][None, n],
            keypoints_3d=torch.from_numpy(arrays['pred_3d'][None, n]),
        )
        samples.append(sample)
    return samples


def evaluate(metric, samples, batch_size):
    evaluator = Evaluator(metric)
    for start in range(0, len(samples), batch_size):
        evaluator.process(samples[start : start + batch_size])
    return evaluator.evaluate(len(samples))


@pytest.mark.parametrize('batch_size', [1, 3, N])
def test_root_aligned_mpjpe(arrays, batch_size):
    metric = METRICS.build(dict(type='RootAlignedMPJPE', prefix='target'))
    result = evaluate(metric, make_samples(arrays), batch_size)
    poses = arrays['pred_3d'], arrays['gt_3d'], arrays['visible']
    assert result == {
        'target/MPJPE': pytest.approx(mpjpe(*poses)),
        'target/PA-MPJPE': pytest.approx(pa_mpjpe(*poses)),
        'target/AUC': pytest.approx(pck_3d_auc(*poses)),
    }
    # Noise of 15 mm an axis on joint and root alike: sqrt(2) * 15 * sqrt(8 / pi).
    assert 28 < result['target/MPJPE'] < 38
    assert 15 < result['target/PA-MPJPE'] < 25


def test_figures_by_name(arrays):
    names = ['PCK3D-AUC', 'N-MPJPE', 'PCK3D']
    metric = dict(type='RootAlignedMPJPE', metrics=names, root_index=3, prefix='target')
    arrays['visible'][:, 3] = 1
    result = evaluate(METRICS.build(metric), make_samples(arrays), 3)
    poses = arrays['pred_3d'], arrays['gt_3d'], arrays['visible']
    assert result == {
        'target/PCK3D-AUC': pytest.approx(pck_3d_mean(*poses, root=3)),
        'target/N-MPJPE': pytest.approx(n_mpjpe(*poses, root=3)),
        'target/PCK3D': pytest.approx(pck_3d(*poses, root=3)),
    }


@pytest.mark.parametrize('names', [['MPJPE', 'PAMPJPE'], 'MPJPE'])
def test_unknown_figures_are_refused(names):
    with pytest.raises(UserError, match="knows no figure '(PAMPJPE|M)': .*N-MPJPE"):
        RootAlignedMPJPE(metrics=names)


def test_root_and_range_of_the_auc_are_arguments(arrays):
    result = evaluate(
        RootAlignedMPJPE(root_index=9, auc_max=150.0), make_samples(arrays), 4
    )
    poses = arrays['pred_3d'], arrays['gt_3d'], arrays['visible']
    assert result['MPJPE'] == pytest.approx(mpjpe(*poses, root=9))
    assert result['AUC'] == pytest.approx(pck_3d_auc(*poses, root=9, max_threshold=150.0))


def test_figures_of_published_protocols(arrays):
    joints = [1, 5, 9, 13, 17]
    metric = dict(
        type='RootAlignedMPJPE',
        metrics=['MPJPE', 'PA-MPJPE', 'ST-MPJPE', 'AUC', 'PA-AUC', 'PCK3D'],
        auc_range=(20, 50, 12),
        pck_thr=40.0,
        joints=joints,
        scale_bone=(0, 5),
    )
    arrays['visible'][:, 5] = 1
    result = evaluate(METRICS.build(metric), make_samples(arrays), 3)
    poses = arrays['pred_3d'], arrays['gt_3d'], arrays['visible']
    auc = dict(min_threshold=20, max_threshold=50, steps=12)
    assert result == {
        'MPJPE': pytest.approx(mpjpe(*poses, joints=joints)),
        'PA-MPJPE': pytest.approx(pa_mpjpe(*poses, joints=joints)),
        'ST-MPJPE': pytest.approx(st_mpjpe(*poses, bone=(0, 5), joints=joints)),
        'AUC': pytest.approx(pck_3d_auc(*poses, joints=joints, **auc)),
        'PA-AUC': pytest.approx(pa_pck_3d_auc(*poses, joints=joints, **auc)),
        'PCK3D': pytest.approx(pck_3d(*poses, threshold=40.0, joints=joints)),
    }
    assert 0 < result['PCK3D'] < 1


@pytest.mark.parametrize('auc_range', [(50, 20, 12), (0, 50, 1), (-1, 50, 100)])
def test_ranges_without_thresholds_are_refused(auc_range):
    with pytest.raises(UserError, match='AUC has no range'):
        RootAlignedMPJPE(auc_range=auc_range)


@pytest.mark.parametrize('batch_size', [1, 3, N])
def test_crop_pck(arrays, batch_size):
    result = evaluate(
        METRICS.build(dict(type='CropPCK', thr=0.05, prefix='target')),
        make_samples(arrays),
        batch_size,
    )
    hits, total = 0, 0
    for n in range(N):
        side = 100 * (1 + n % 2)
        for k in range(K):
            if arrays['visible'][n, k]:
                error = np.hypot(*(arrays['pred'][n, k] - arrays['gt'][n, k]))
                hits, total = hits + (error / side < 0.05), total + 1
    assert result == {'target/PCK': pytest.approx(hits / total)}
    assert 0.1 < hits / total < 0.9


def test_crop_pck_of_other_thresholds_grows(arrays):
    shares = [
        evaluate(CropPCK(thr=thr), make_samples(arrays), 4)['PCK']
        for thr in (0.01, 0.05, 0.1, 1.0)
    ]
    assert shares == sorted(set(shares)) and shares[-1] == 1


def test_visibility_with_weights_in_a_second_column(arrays):
    samples = make_samples(arrays)
    expected = evaluate(RootAlignedMPJPE(), samples, 2)
    for sample in samples:
        visible = sample.gt_instances.keypoints_visible
        sample.gt_instances.keypoints_visible = np.stack(
            [visible, np.ones_like(visible)], -1
        )
    assert evaluate(RootAlignedMPJPE(), samples, 2) == expected


def test_joints_that_are_not_visible_do_not_matter(arrays):
    both = [RootAlignedMPJPE(), CropPCK()]
    expected = evaluate(both, make_samples(arrays), 2)
    hidden = arrays['visible'] == 0
    for key in ('gt', 'pred', 'gt_3d', 'pred_3d'):
        arrays[key][hidden] = np.nan
    assert evaluate(both, make_samples(arrays), 2) == expected


def test_poses_without_root_count_for_pa_alone(arrays, monkeypatch):
    said = []
    monkeypatch.setattr(mpjpe_metric, 'print_log', lambda text, *_: said.append(text))
    arrays['visible'][0, 0] = 0
    result = evaluate(RootAlignedMPJPE(), make_samples(arrays), 2)
    poses = arrays['pred_3d'], arrays['gt_3d'], arrays['visible']
    assert result['MPJPE'] == pytest.approx(mpjpe(*(a[1:] for a in poses)))
    assert result['PA-MPJPE'] == pytest.approx(pa_mpjpe(*poses))
    assert said[0].startswith(f'1 of {N} poses have no visible root')


def test_missing_keys_and_nan_are_named(arrays):
    samples = make_samples(arrays)
    del samples[2].gt_instances.keypoints_3d
    with pytest.raises(UserError, match=r'gt_instances.keypoints_3d .*images/2.jpg'):
        evaluate(RootAlignedMPJPE(), samples, 2)
    samples = make_samples(arrays)
    del samples[1].pred_instances.keypoints_3d
    with pytest.raises(UserError, match='head that predicts it'):
        evaluate(RootAlignedMPJPE(), samples, 2)
    samples = make_samples(arrays)
    samples[3].pred_instances.keypoints_3d[0, 0, 0] = float('nan')
    with pytest.raises(UserError, match=r'images/3.jpg hold NaN .* earlier checkpoint'):
        evaluate(RootAlignedMPJPE(), samples, 2)
    samples = make_samples(arrays)
    samples[3].pred_instances.keypoints = samples[3].pred_instances.keypoints[:, :17]
    with pytest.raises(UserError, match='same keypoints'):
        evaluate(CropPCK(), samples, 2)


@pytest.mark.parametrize(
    ('metric', 'what'), [(RootAlignedMPJPE(), 'joint'), (CropPCK(), 'keypoint')]
)
def test_no_sample_or_nothing_visible_is_refused(arrays, metric, what):
    with pytest.raises(UserError, match='got no sample'):
        metric.compute_metrics([])
    arrays['visible'][:] = 0
    with pytest.raises(UserError, match=f'no {what} to score'):
        evaluate(metric, make_samples(arrays), 2)
