"""Two processes with half of a batch each do what one does with the whole.

``python tests/test_models/test_two_processes.py`` prints the table of docs/distributed.md.
"""

import sys
import tempfile
from pathlib import Path

import pytest
import torch
import torch.multiprocessing as multiprocessing
from mmengine.model import MMDistributedDataParallel
from mmengine.registry import init_default_scope
from mmengine.structures import InstanceData, PixelData
from mmpose.registry import KEYPOINT_CODECS
from model_factory import (
    EMBED_DIMS,
    INPUT_SIZE,
    NUM_KEYPOINTS,
    PATCH_GRID,
    PATCH_SIZE,
    build_adaptive,
    make_batch,
    part_configs,
    regression_estimator,
    resnet_estimator,
    vit_estimator,
)

BATCH_SIZE = 4
STEPS = 2
CELLS = PATCH_GRID[::-1]
STOCK = dict(in_channels=EMBED_DIMS, out_channels=NUM_KEYPOINTS)
INTEGRAL = dict(
    in_channels=EMBED_DIMS,
    num_joints=NUM_KEYPOINTS,
    in_featuremap_size=CELLS,
    deconv_out_channels=(),
    deconv_kernel_sizes=(),
)
SIMCC = dict(
    **STOCK, input_size=INPUT_SIZE, in_featuremap_size=CELLS, simcc_split_ratio=2.0
)
MSE = dict(type='KeypointMSELoss', use_target_weight=True)
SMOOTH = dict(type='SmoothL1Loss', use_target_weight=True)
KL = dict(type='KLDiscretLoss', use_target_weight=True)
SIMCC_LABEL = dict(
    type='SimCCLabel', input_size=INPUT_SIZE, sigma=3.0, simcc_split_ratio=2.0
)
MSRA = dict(type='MSRAHeatmap', input_size=INPUT_SIZE, heatmap_size=CELLS, sigma=1)
GAU = dict(
    hidden_dims=16,
    s=8,
    expansion_factor=2,
    dropout_rate=0.0,
    drop_path=0.0,
    act_fn='ReLU',
    use_rel_bias=False,
    pos_enc=False,
)
# without deconvolutions, which have BatchNorm
HEADS = {
    'HeatmapHead': dict(
        type='HeatmapHead', **STOCK, deconv_out_channels=None, loss=MSE, decoder=MSRA
    ),
    'HeatmapHead, UDP': dict(
        type='HeatmapHead',
        **STOCK,
        deconv_out_channels=None,
        loss=MSE,
        decoder=dict(MSRA, type='UDPHeatmap'),
    ),
    'SimCCHead': dict(
        type='SimCCHead',
        **SIMCC,
        deconv_out_channels=None,
        loss=KL,
        decoder=SIMCC_LABEL,
    ),
    'RTMCCHead': dict(
        type='RTMCCHead',
        **SIMCC,
        gau_cfg=GAU,
        loss=dict(KL, beta=10.0, label_softmax=True),
        decoder=dict(SIMCC_LABEL, normalize=False, use_dark=False),
    ),
    'IntegralRegressionHead': dict(
        type='IntegralRegressionHead',
        **INTEGRAL,
        loss=SMOOTH,
        decoder=dict(type='RegressionLabel', input_size=INPUT_SIZE),
    ),
    'DSNTHead': dict(
        type='DSNTHead',
        **INTEGRAL,
        loss=dict(type='MultipleLossWrapper', losses=[SMOOTH, MSE]),
        decoder=dict(
            type='IntegralRegressionLabel',
            input_size=INPUT_SIZE,
            heatmap_size=CELLS,
            sigma=1.0,
        ),
    ),
}


def mean_teacher(**kwargs):
    return dict(mean_teacher=dict(type='MeanTeacherConsistency', **kwargs))


def attention(**kwargs):
    return dict(attention=dict(type='AttentionRegularization', layers=[0, 1], **kwargs))


def reconstruction(**head):
    part = part_configs()['reconstruction']
    return dict(reconstruction=dict(part, head=head or part['head']))


INFORMATION = dict(information=dict(type='InformationMaximization'))
RELEASED = dict(
    information=dict(
        type='InformationMaximization', loss=dict(type='InfoMaxLoss', mode='released')
    )
)
ADVERSARIAL = dict(
    adversarial=dict(
        type='DomainAdversarial',
        discriminator=dict(type='DomainDiscriminator', in_channels=EMBED_DIMS),
    )
)
SIMMIM = reconstruction(
    type='SimMIMReconstructionHead',
    in_channels=EMBED_DIMS,
    patch_size=PATCH_SIZE,
    patch_grid=PATCH_GRID,
)
OCCLUSION = dict(
    occlusion=dict(type='KeypointOcclusion', min_confidence=0.0), **mean_teacher()
)


def selected(*types):
    return mean_teacher(selection=[dict(type=type) for type in types])


PARTS = {
    'supervised': {},
    'MeanTeacherConsistency': mean_teacher(),
    'the same, ThresholdSelection': mean_teacher(
        selection=dict(type='ThresholdSelection', threshold=0.02)
    ),
    'the same, QuantileSelection': mean_teacher(selection=dict(type='QuantileSelection')),
    'the same, KeypointOcclusion': OCCLUSION,
    'the same, PlausibilitySelection': selected('PlausibilitySelection'),
    'the same, DisagreementWeighting': selected(
        'ConfidenceWeighting', 'DisagreementWeighting'
    ),
    'the same, MaskedImageConsistency': dict(
        masked=dict(type='MaskedImageConsistency'), **mean_teacher()
    ),
    'the same, GradientGate': dict(
        gate=dict(type='GradientGate'), **mean_teacher(loss_weight=30.0)
    ),
    'AnatomicalPlausibility': dict(anatomy=dict(type='AnatomicalPlausibility')),
    'InformationMaximization, normalized': INFORMATION,
    'DomainAdversarial': ADVERSARIAL,
    'MaskedReconstruction, MAE': reconstruction(),
    'MaskedReconstruction, SimMIM': SIMMIM,
    'AttentionRegularization, foreground': attention(),
    'AttentionRegularization, agreement': attention(
        foreground_weight=0.0, agreement_weight=1.0
    ),
    'AttentionRegularization, pretrained': attention(
        foreground_weight=0.0, pretrained_weight=1.0
    ),
    'ForegroundSegmentation': dict(foreground=dict(type='ForegroundSegmentation')),
}


def of_part(name):
    """The 3D estimator with one part, and its batch."""
    model = build_adaptive(alignments=PARTS[name])
    # more poses than there are here: a few bound nothing
    model.source_statistics.histograms[:, 150:170] += 10
    # a pose that is all but a point is lifted to rounding errors
    model.student.head.to_volume.weight.data *= 30
    batch = make_batch(BATCH_SIZE)
    for number, sample in enumerate(batch['data_samples']['source']):
        mask = sample.gt_foreground  # of another size in each image
        mask[:, : 6 + 4 * number] = 0
    return model, batch


def of_head(name, parts):
    """A stock head that learns from labels and pseudo labels, and its batch."""
    estimator = vit_estimator(head=HEADS[name])
    model = build_adaptive(estimator=estimator, alignments=parts, foreground_head=None)
    return model, labelled_for(HEADS[name]['decoder'])


def of_regression():
    """The 3D head that has no maps of positions."""
    estimator = regression_estimator()
    model = build_adaptive(
        estimator=estimator, alignments=mean_teacher(), foreground_head=None
    )
    return model, make_batch(BATCH_SIZE, foreground=False)


def with_batch_norm():
    estimator = resnet_estimator()
    model = build_adaptive(
        estimator=estimator, alignments=mean_teacher(), foreground_head=None
    )
    return model, labelled_for(estimator['head']['decoder'])


def labelled_for(codec):
    """A batch with the labels that a codec makes."""
    batch, codec = make_batch(BATCH_SIZE, foreground=False), KEYPOINT_CODECS.build(codec)
    for sample in batch['data_samples']['source']:
        points = sample.gt_instance_labels.keypoint_labels[..., :2].numpy()
        encoded = codec.encode(points, torch.ones(points.shape[:2]).numpy())
        labels = InstanceData()
        for key, value in encoded.items():
            if key == 'heatmaps':
                sample.gt_fields = PixelData(heatmaps=torch.from_numpy(value))
            else:
                labels.set_field(torch.as_tensor(value), key)
        sample.gt_instance_labels = labels
    return batch


CASES = {name: (of_part, name) for name in PARTS}
CASES |= {name: (of_head, name, {**mean_teacher(), **INFORMATION}) for name in HEADS}
CASES['RegressionPose3DHead'] = (of_regression,)
CASES['HeatmapHead, InfoMaxLoss released'] = (of_head, 'HeatmapHead', RELEASED)
CASES['HeatmapHead, BatchNorm'] = (with_batch_norm,)
# docs/distributed.md says why
DIFFERENT = {'SimCCHead', 'RTMCCHead', 'HeatmapHead, BatchNorm'}


def train(case, rank=0, world=1):
    """Losses of each step and the state at the end."""
    make, *args = CASES[case]
    model, batch = make(*args)
    for samples in batch['data_samples'].values():
        for key, sample in enumerate(samples):
            sample.set_metainfo(dict(draw_key=key))
    part = slice(rank, None, world)
    batch = {
        key: {view: values[part] for view, values in views.items()}
        for key, views in batch.items()
    }
    model.begin_run()
    model.source_statistics.is_earlier.fill_(False)
    model.update_teacher()
    model.train()
    runs = model
    if world > 1:
        runs = MMDistributedDataParallel(
            model, broadcast_buffers=False, find_unused_parameters=True
        )
    optimizer = torch.optim.SGD(model.trained_parameters(), lr=0.1)
    seen = []
    for _ in range(STEPS):
        losses = runs(**model.data_preprocessor(batch, training=True), mode='loss')
        sum(value for key, value in losses.items() if 'loss' in key).backward()
        optimizer.step()
        optimizer.zero_grad()
        model.update_teacher()
        seen.append({key: value.detach() for key, value in losses.items()})
    return seen, model.state_dict()


def train_on_a_rank(rank, folder):
    init_default_scope('mmpose')
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/rendezvous', rank=rank, world_size=2
    )
    results = {case: train(case, rank, 2) for case in CASES}
    torch.save(results, Path(folder) / f'{rank}.pt')
    torch.distributed.destroy_process_group()


def train_on_two(folder):
    """Results of both processes."""
    multiprocessing.start_processes(
        train_on_a_rank, (str(folder),), nprocs=2, start_method='fork'
    )
    return [torch.load(Path(folder) / f'{rank}.pt') for rank in range(2)]


def difference(first, second):
    """Largest difference of losses, relative, and of weights and buffers."""
    losses = [
        abs(a[key] - b[key]) / abs(b[key]).clamp_min(1e-2)
        for a, b in zip(first[0], second[0])
        for key in b
    ]
    weights = [
        (first[1][key].double() - value.double()).abs().max()
        for key, value in second[1].items()
        if value.numel()
    ]
    return float(max(losses)), float(max(weights))


def together(of_ranks):
    """Two processes as one: the mean of losses, the state of either."""
    (first, state), (second, _) = of_ranks
    means = [{key: (a[key] + b[key]) / 2 for key in a} for a, b in zip(first, second)]
    return means, state


@pytest.fixture(scope='module')
def of_two(tmp_path_factory):
    return train_on_two(tmp_path_factory.mktemp('two'))


@pytest.mark.parametrize('case', CASES)
def test_processes_end_with_the_same_state(of_two, case):
    (_, first), (_, second) = (results[case] for results in of_two)
    for key, value in first.items():
        assert torch.equal(second[key], value), key


@pytest.mark.parametrize('case', sorted(CASES.keys() - DIFFERENT))
def test_two_processes_are_one(of_two, case):
    whole = train(case)
    before = train_nothing(case)
    assert difference(whole, (whole[0], before))[1] > 1e-4  # something was learned
    losses, weights = difference(together([r[case] for r in of_two]), whole)
    assert losses < 1e-5 and weights < 1e-5


def train_nothing(case):
    make, *args = CASES[case]
    return make(*args)[0].state_dict()


@pytest.mark.parametrize('case', ['SimCCHead', 'RTMCCHead'])
def test_the_loss_of_simcc_is_a_sum_over_the_batch_of_a_process(of_two, case):
    (whole, *_), _ = train(case)
    (means, *_), _ = together([results[case] for results in of_two])
    for key in ('loss_kpt', 'mean_teacher/loss'):
        torch.testing.assert_close(2 * means[key], whole[key])
    for key in ('information/loss', 'mean_teacher/pseudo_label_confidence'):
        torch.testing.assert_close(means[key], whole[key])


def main():
    init_default_scope('mmpose')
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        of_two = train_on_two(folder)
    print('| case | losses | weights |\n| --- | --- | --- |')
    for case in CASES:
        losses, weights = difference(together([r[case] for r in of_two]), train(case))
        print(f'| {case} | {losses:.0e} | {weights:.0e} |')


if __name__ == '__main__':
    sys.path[:0] = [str(Path(__file__).parents[1])]
    main()
