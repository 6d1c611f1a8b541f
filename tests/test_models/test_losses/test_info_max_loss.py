import warnings

import numpy as np
import pytest
import torch
import torch.multiprocessing as multiprocessing

from mmpose_uda.errors import UserError
from mmpose_uda.models.losses import InfoMaxLoss


def gaussians(batch=4, keypoints=5, height=12, width=16, noise=0.05, seed=0):
    """Heatmaps [B, K, H, W] with a peak of 1 each, and noise."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    maps = np.empty((batch, keypoints, height, width))
    for b, k in np.ndindex(batch, keypoints):
        y, x = rng.uniform(0, height), rng.uniform(0, width)
        maps[b, k] = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 8)
    return maps + noise * rng.normal(size=maps.shape)


def softmax(values):
    powers = np.exp(values - values.max())
    return powers / powers.sum()


def entropy(probs):
    return -sum(p * np.log(p) for p in probs if p > 0)


def test_released_mode_equals_the_formula_of_the_paper_s_code():
    maps = gaussians() * 3
    batch, keypoints, height, width = maps.shape
    rows, columns, together = [], [], []
    for b, k in np.ndindex(batch, keypoints):
        rows.append(entropy(softmax(maps[b, k].mean(1))) / (height * width))
        columns.append(entropy(softmax(maps[b, k].mean(0))) / (height * width))
    for k in range(keypoints):
        flat = maps[:, k].mean(0).ravel()
        together.append(entropy(softmax(flat)) / (height * width))
    expected = np.mean(rows) + np.mean(columns) - np.mean(together)
    loss = InfoMaxLoss(mode='released')(torch.tensor(maps))
    assert float(loss) == pytest.approx(expected, abs=1e-6)
    assert abs(expected) > 1e-5  # the tolerance is not what makes it pass


def test_released_mode_is_zero_for_uniform_maps():
    loss = InfoMaxLoss(mode='released')(torch.full((2, 3, 64, 64), 0.7))
    assert float(loss) == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize('temperature', [0.2, 1.0])
def test_normalized_mode_equals_a_slow_computation(temperature):
    maps = gaussians()
    batch, keypoints = maps.shape[:2]
    probs = np.array(
        [
            [softmax(maps[b, k].ravel() / temperature) for k in range(keypoints)]
            for b in range(batch)
        ]
    )
    largest = np.log(probs.shape[-1])
    certainty = np.mean([entropy(p) for sample in probs for p in sample]) / largest
    diversity = np.mean([entropy(p) for p in probs.mean(0)]) / largest
    loss = InfoMaxLoss(temperature=temperature)(torch.tensor(maps))
    assert float(loss) == pytest.approx(certainty - diversity, abs=1e-6)


def test_normalized_mode_ranges_from_minus_one_to_zero():
    far_apart = torch.zeros(4, 1, 2, 2)
    for b, (row, column) in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
        far_apart[b, 0, row, column] = 100
    assert InfoMaxLoss()(far_apart) == pytest.approx(-1)
    assert InfoMaxLoss()(far_apart[:1].expand(4, -1, -1, -1)) == pytest.approx(0)
    assert InfoMaxLoss()(torch.zeros(4, 1, 2, 2)) == pytest.approx(0, abs=1e-6)


def test_vectors_of_two_axes_and_volumes():
    x, y = torch.randn(3, 5, 32), torch.randn(3, 5, 24)
    loss = InfoMaxLoss(temperature=1.0)
    expected = 0.5 * (loss(x) + loss(y))
    torch.testing.assert_close(loss((x, y)), expected)
    volume = torch.randn(3, 5, 4, 6, 8)
    torch.testing.assert_close(loss(volume), loss(volume.flatten(2)))


@pytest.mark.parametrize('mode', ['normalized', 'released'])
@pytest.mark.parametrize('apart', [10.4, 200.0])
def test_gradients_are_finite_where_a_softmax_underflows(mode, apart):
    maps = torch.zeros(2, 3, 4, 4)
    maps[:, :, 0, 0] = 10 * apart  # SimCC's beta of 10
    maps[1, :, 2, 3] = 9 * apart
    maps.requires_grad_()
    loss = InfoMaxLoss(mode=mode, temperature=1.0)(maps)
    loss.backward()
    assert loss.isfinite() and maps.grad.isfinite().all()


def test_an_even_batch_of_underflowing_peaks_still_learns():
    """Two samples at one place: diversity pulls them apart, with a gradient."""
    maps = torch.zeros(2, 1, 8)
    maps[:, :, 2] = 30.0
    maps[1, :, 5] = 30.0
    maps.requires_grad_()
    InfoMaxLoss(temperature=1.0)(maps).backward()
    assert maps.grad.isfinite().all() and maps.grad.abs().max() > 1e-3


def gradient_norm(loss, maps):
    maps = maps.clone().requires_grad_()
    loss(maps).backward()
    return float(maps.grad.norm())


def test_what_the_default_is_for():
    """Its gradient is within two orders of magnitude of the consistency loss's.

    On noisy heatmaps of the paper's size; the released formula is inert there.
    """
    clean = torch.tensor(gaussians(8, 16, 64, 64, noise=0)).float()
    noisy = clean + 0.05 * torch.randn(clean.shape, generator=torch.manual_seed(0))
    consistency = gradient_norm(lambda maps: (maps - clean).square().mean(), noisy)
    default = 0.3 * gradient_norm(InfoMaxLoss(), noisy)
    released = 0.3 * gradient_norm(InfoMaxLoss(mode='released'), noisy)
    assert 1e-2 < default / consistency < 1e2
    assert released / consistency < 1e-3


def test_wrong_use_is_refused():
    with pytest.raises(UserError, match='sharp'):
        InfoMaxLoss(mode='sharp')
    with pytest.raises(UserError, match='temperature'):
        InfoMaxLoss(temperature=0)
    with pytest.raises(UserError, match='heatmaps'):
        InfoMaxLoss(mode='released')((torch.randn(2, 3, 8), torch.randn(2, 3, 8)))


def _gradient_of_rank(rank, maps, address, results):
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{address}', rank=rank, world_size=2
    )
    part = maps[2 * rank : 2 * rank + 2].clone().requires_grad_()
    with warnings.catch_warnings():
        warnings.simplefilter('error')  # such as of what torch deprecates
        loss = InfoMaxLoss()(part)
        loss.backward()
    results[rank] = (loss.detach(), part.grad)
    torch.distributed.destroy_process_group()


def test_diversity_counts_over_all_processes(tmp_path):
    maps = torch.tensor(gaussians()).float()
    with multiprocessing.Manager() as manager:
        results = manager.dict()
        multiprocessing.start_processes(
            _gradient_of_rank,
            (maps, tmp_path / 'rendezvous', results),
            nprocs=2,
            start_method='fork',
        )
        (loss_0, grad_0), (loss_1, grad_1) = results[0], results[1]
    whole = maps.clone().requires_grad_()
    loss = InfoMaxLoss()(whole)
    loss.backward()
    # as DDP averages them: losses, and gradients of parameters behind the maps
    torch.testing.assert_close(0.5 * (loss_0 + loss_1), loss.detach())
    torch.testing.assert_close(0.5 * torch.cat([grad_0, grad_1]), whole.grad)


def test_labels_of_a_head_are_not_looked_at():
    maps = torch.tensor(gaussians())
    nothing = torch.full_like(maps, torch.nan)
    loss = InfoMaxLoss()
    assert loss(maps, nothing, nothing[:, :, 0, 0]) == loss(maps)
