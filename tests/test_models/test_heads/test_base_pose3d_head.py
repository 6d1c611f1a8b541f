"""The flip test of the 3D heads."""

import numpy as np
import pytest
import torch
from mmengine.registry import init_default_scope
from mmpose.registry import MODELS
from model_factory import (
    CODEC,
    INPUT_SIZE,
    NUM_KEYPOINTS,
    make_batch,
    regression_estimator,
    vit_estimator,
)

from mmpose_uda import UserError
from mmpose_uda.codecs import lift_root_relative

ESTIMATORS = dict(volumetric=vit_estimator, regression=regression_estimator)
# Two pairs of left and right; the others are in the middle, the root among them.
FLIP_INDICES = [0, 2, 1, 3, 5, 4, *range(6, NUM_KEYPOINTS)]
WIDTH, HEIGHT = INPUT_SIZE
DEPTH, ROWS, COLUMNS = 5, 8, 12


def samples_of(views=('source',), flip_indices=FLIP_INDICES):
    """Two samples, the first of which has a camera beside the crop's middle."""
    samples = make_batch(views=views)['data_samples'][views[0]]
    for sample in samples:
        sample.set_metainfo(dict(flip_indices=flip_indices))
    camera = dict(focal=[90.0, 80.0], principal_point=[-40.0, 20.0])
    samples[0].set_metainfo(
        dict(camera={key: np.array(value, np.float32) for key, value in camera.items()})
    )
    del samples[1].camera
    return samples


def any_outputs(name, seed):
    """What a head might compute for two crops."""
    generator = torch.Generator().manual_seed(seed)
    if name == 'volumetric':
        shape = (2, NUM_KEYPOINTS, DEPTH, ROWS, COLUMNS)
        return 2 * torch.randn(shape, generator=generator)
    size = torch.tensor([WIDTH, HEIGHT, 60.0])
    positions = size * torch.rand(2, NUM_KEYPOINTS, 3, generator=generator)
    positions[:, 0, 2] = 0
    scales = 6 + torch.rand(2, generator=generator)
    errors = 0.05 + 0.2 * torch.rand(2, NUM_KEYPOINTS, generator=generator)
    return positions, scales, errors.log()


def mirrored_by_hand(name, outputs):
    """What a network that knows no left from right computes for the mirrored crops."""
    if name == 'volumetric':
        mirrored = torch.empty_like(outputs)
        for k, other in enumerate(FLIP_INDICES):
            for column in range(COLUMNS):
                mirrored[:, k, ..., COLUMNS - 1 - column] = outputs[:, other, ..., column]
        return mirrored
    positions, scales, log_errors = (output.clone() for output in outputs)
    for k, other in enumerate(FLIP_INDICES):
        positions[:, k] = outputs[0][:, other]
        positions[:, k, 0] = WIDTH - 1 - outputs[0][:, other, 0]
        log_errors[:, k] = outputs[2][:, other]
    return positions, scales, log_errors


@pytest.fixture(params=ESTIMATORS)
def name(request):
    return request.param


@pytest.fixture
def head(name):
    """A head whose features are what it computes from them."""
    init_default_scope('mmpose')
    torch.manual_seed(0)
    head = MODELS.build(ESTIMATORS[name]()['head'])
    head.forward = lambda feats: feats[0] if name == 'volumetric' else feats
    return head


def as_feats(outputs):
    return outputs if isinstance(outputs, tuple) else (outputs,)


def predict_both(head, plain, mirrored, samples=None):
    feats = [as_feats(plain), as_feats(mirrored)]
    return head.predict(feats, samples or samples_of(), dict(flip_test=True))


def assert_same(found, expected, atol=1e-3):
    for one, other in zip(found, expected, strict=True):
        for key in ('keypoints', 'keypoint_scores', 'keypoints_3d'):
            np.testing.assert_allclose(one[key], other[key], atol=atol)


def test_changes_nothing_of_a_network_that_is_equivariant(name, head):
    outputs = any_outputs(name, 0)
    plain = head.predict(as_feats(outputs), samples_of())
    assert_same(predict_both(head, outputs, mirrored_by_hand(name, outputs)), plain)


def test_the_result_is_the_average(name, head):
    one, two = any_outputs(name, 0), any_outputs(name, 1)
    found = predict_both(head, one, mirrored_by_hand(name, two))
    if name == 'volumetric':
        volumes = [v.double().flatten(2).softmax(-1).view(v.shape) for v in (one, two)]
        mean = (volumes[0] + volumes[1]) / 2
        axes = dict(
            w=torch.arange(COLUMNS) * 4 + 1.5,
            h=torch.arange(ROWS) * 4 + 1.5,
            d=torch.arange(DEPTH) * 40 - 80.0,
        )
        expected = torch.stack(
            [torch.einsum(f'bkdhw,{a}->bk', mean, c.double()) for a, c in axes.items()],
            dim=-1,
        )
        lengths = [head.decoder.total_length] * 2
    else:
        expected = (one[0] + two[0]) / 2
        scales = (one[1] + two[1]) / 2
        lateral = (expected - expected[:, :1])[..., :2] * scales.view(2, 1, 1)
        pose = torch.cat([lateral, expected[..., 2:]], dim=-1)
        lengths = [
            sum((p[j] - p[i]).norm().item() for i, j in CODEC['skeleton']) for p in pose
        ]
    for b, (instance, sample) in enumerate(zip(found, samples_of())):
        points = expected[b : b + 1].numpy()
        np.testing.assert_allclose(instance.keypoints, points[..., :2], atol=1e-3)
        camera = sample.metainfo.get('camera') or {}
        assert bool(camera) == (b == 0)
        pose = lift_root_relative(
            points[..., :2].astype(np.float64),
            points[..., 2].astype(np.float64),
            CODEC['skeleton'],
            lengths[b],
            **{key: value[None] for key, value in camera.items()},
        )
        np.testing.assert_allclose(instance.keypoints_3d, pose, atol=0.05)


def test_a_perfect_network_gives_the_true_pose():
    """Of bodies that are beside the optical axis, seen by a camera."""
    head = MODELS.build(regression_estimator()['head'])
    head.forward = lambda feats: feats
    samples = samples_of()
    generator = np.random.default_rng(0)
    body = generator.normal(0, 60, (2, NUM_KEYPOINTS, 3))
    body -= body[:, :1]
    camera = samples[0].metainfo['camera']
    samples[1].set_metainfo(dict(camera=camera))
    in_space = body + [260, -20, 500]
    pixels = in_space[..., :2] / in_space[..., 2:] * camera['focal']
    pixels = pixels + camera['principal_point']
    # the size of the pose, in the only number that tells it
    lateral = pixels - pixels[:, :1]
    scales = []
    for px, depth, pose in zip(lateral, body[..., 2], body):
        length = sum(np.linalg.norm(pose[j] - pose[i]) for i, j in CODEC['skeleton'])
        flat = lift_root_relative(px[None], depth[None], CODEC['skeleton'], length)
        scales.append(np.abs(flat[0, :, :2]).sum() / np.abs(px).sum())
    outputs = (
        torch.tensor(np.concatenate([pixels, body[..., 2:]], axis=-1)).float(),
        torch.tensor(np.array(scales)).float(),
        torch.zeros(2, NUM_KEYPOINTS),
    )
    mirrored = mirrored_by_hand('regression', outputs)
    found = predict_both(head, outputs, mirrored, samples)
    for instance, pose in zip(found, body):
        np.testing.assert_allclose(instance.keypoints_3d[0], pose, atol=0.05)


def test_a_hand_has_no_partners(name, head):
    """Its mirror image is one of the other side, with the same names."""
    outputs = any_outputs(name, 0)
    samples = samples_of(flip_indices=list(range(NUM_KEYPOINTS)))
    found = predict_both(head, outputs, outputs, samples)
    plain = head.predict(as_feats(outputs), samples)
    for one, other in zip(found, plain):
        middle = (WIDTH - 1) / 2
        np.testing.assert_allclose(one.keypoints[..., 0], middle, atol=1e-3)
        np.testing.assert_allclose(
            one.keypoints[..., 1], other.keypoints[..., 1], atol=1e-3
        )


def test_a_root_on_one_side_is_refused(name, head):
    outputs = any_outputs(name, 0)
    samples = samples_of(flip_indices=[1, 0, *range(2, NUM_KEYPOINTS)])
    with pytest.raises(UserError, match='root 0 .*becomes keypoint 1: .*flip_test=False'):
        predict_both(head, outputs, outputs, samples)


def test_the_estimator_looks_at_both(name):
    """Images in, with a network that tells left from right."""
    torch.manual_seed(0)
    config = ESTIMATORS[name](test_cfg=dict(flip_test=True))
    model = MODELS.build(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    images = torch.randn(2, 3, HEIGHT, WIDTH)
    with torch.no_grad():
        found = model.head.predict(
            [model.extract_feat(images), model.extract_feat(images.flip(-1))],
            samples_of(),
            model.test_cfg,
        )
        plain, other = (
            model.head.predict(model.extract_feat(each), samples_of())
            for each in (images, images.flip(-1))
        )
    for b in range(2):
        back = other[b].keypoints[:, FLIP_INDICES] * [-1, 1] + [WIDTH - 1, 0]
        assert np.abs(back - plain[b].keypoints).max() > 0.1
        mean = (plain[b].keypoints + back) / 2
        np.testing.assert_allclose(found[b].keypoints, mean, atol=1e-3)
