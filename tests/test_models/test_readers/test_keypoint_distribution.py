import numpy as np
import pytest
import torch

from mmpose_uda.models.readers import (
    AxisDistribution,
    HeatmapDistributions,
    KeypointDistributions,
    crop_axis,
)


@pytest.fixture
def axis():
    logits = torch.randn(2, 5, 9, generator=torch.Generator().manual_seed(0)) * 2
    return AxisDistribution(logits.log_softmax(-1), origin=-3.0, step=2.5)


CENTRES = -3.0 + 2.5 * np.arange(9)


def test_mean(axis):
    expected = (axis.probs.numpy() * CENTRES).sum(-1)
    np.testing.assert_allclose(axis.mean().numpy(), expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize('radius', [0, 1, 1.5, 3])
def test_peak_mass(axis, radius):
    expected = np.zeros((2, 5))
    for b in range(2):
        for k in range(5):
            probs = axis.probs[b, k].numpy()
            for i in range(9):
                if abs(i - probs.argmax()) <= radius:
                    expected[b, k] += probs[i]
    np.testing.assert_allclose(axis.peak_mass(radius).numpy(), expected, rtol=1e-5)


def test_gaussian_labels(axis):
    coordinates = torch.tensor([[-3.0, 0.1, 17, 100, -50], [1, 2, 3, 4, 5]])
    labels = axis.gaussian_labels(coordinates, sigma=1.2).numpy()
    for b in range(2):
        for k in range(5):
            distance = (CENTRES - float(coordinates[b, k])) / (2.5 * 1.2)
            # far outside every bin underflows before it is normalised
            expected = np.exp(-0.5 * (distance**2 - (distance**2).min()))
            expected /= expected.sum()
            np.testing.assert_allclose(labels[b, k], expected, atol=1e-6)


def test_a_sharp_gaussian_has_its_mean_at_the_point():
    axis = crop_axis(torch.full((1, 1, 64), 1 / 64).log(), 64)
    point = torch.tensor([[20.3]])
    labels = AxisDistribution.of_probs(
        axis.gaussian_labels(point, 1.0), axis.origin, axis.step
    )
    assert float(labels.mean()) == pytest.approx(20.3, abs=1e-3)


def test_contains(axis):
    # the nine bins reach from -4.25 to 18.25
    points = torch.tensor([[-4.26, -4.24, 0, 18.24, 18.26]])
    assert axis.contains(points).tolist() == [[False, True, True, True, False]]
    assert not axis.contains(torch.tensor([[float('nan')]])).any()


def test_bins_tile_the_crop():
    # pixel centres are integers: a crop of 48 px reaches from -0.5 to 47.5
    axis = crop_axis(torch.full((1, 1, 6), 1 / 6).log(), 48)
    expected = [3.5, 11.5, 19.5, 27.5, 35.5, 43.5]
    np.testing.assert_allclose(axis.centres.numpy(), expected)
    points = torch.tensor([[-0.51, -0.5, 47.5, 47.51]])
    assert axis.contains(points).tolist() == [[False, True, True, False]]
    # one bin a pixel: bin i is pixel i
    pixels = crop_axis(torch.full((1, 1, 48), 1 / 48).log(), 48)
    np.testing.assert_allclose(pixels.centres.numpy(), np.arange(48))


def one_hot(bins, count):
    return torch.nn.functional.one_hot(torch.tensor(bins), count).float()[None]


def test_means_and_confidence_of_several_axes():
    x = crop_axis(one_hot([1, 4], 6).log(), 48)
    y = crop_axis(torch.tensor([[[1.0, 0, 0, 0], [0.25, 0.25, 0.25, 0.25]]]).log(), 32)
    z = AxisDistribution.of_probs(one_hot([0, 2], 3), -10.0, 10.0)
    predicted = KeypointDistributions([x, y, z])
    expected = [[[11.5, 3.5, -10], [35.5, 15.5, 10]]]
    np.testing.assert_allclose(predicted.points().numpy(), expected)
    # of a flat axis, the first bin and its one neighbour count
    np.testing.assert_allclose(predicted.confidence().numpy(), [[1, 0.5]])
    points = torch.tensor([[[0.0, 0, 0], [0, 0, 16]]])
    assert predicted.contains(points).tolist() == [[True, False]]
    assert not predicted.contains(torch.tensor([[[0.0, 32, 0], [-1, 0, 0]]])).any()


def test_points_about_the_peak_ignore_the_mass_elsewhere():
    probs = torch.full((1, 1, 40), 0.5 / 40)
    probs[0, 0, 7:10] += torch.tensor([0.1, 0.2, 0.2])
    axis = AxisDistribution.of_probs(probs, origin=0.0, step=0.5)
    near = KeypointDistributions([axis, axis], peak_radius=1.0, about_peak=True)
    # the first of two equal bins is the peak
    seen = probs[0, 0, 7:10].numpy()
    expected = 0.5 * (np.arange(7, 10) * seen).sum() / seen.sum()
    np.testing.assert_allclose(near.points().numpy(), [[[expected] * 2]], rtol=1e-5)
    np.testing.assert_allclose(near.confidence().numpy(), [[seen.sum() ** 2]], rtol=1e-5)


def gaussian(x, y, width=12, height=9, sigma=2.0):
    columns, rows = np.arange(width), np.arange(height)[:, None]
    squares = (columns - x) ** 2 + (rows - y) ** 2
    return torch.tensor(np.exp(-squares / (2 * sigma**2)), dtype=torch.float32)


def test_heatmap_points_lie_between_cells():
    centres = [(4.0, 3.0), (4.3, 3.4), (6.75, 5.1), (0.0, 8.0), (11.0, 0.0)]
    heatmaps = torch.stack([gaussian(*centre) for centre in centres])[None]
    seen = HeatmapDistributions(0.8 * heatmaps, steps=(4.0, 3.0))
    expected = np.array(centres) * [4.0, 3.0]
    np.testing.assert_allclose(seen.points()[0].numpy(), expected, atol=0.15)
    # exact at cells, the border included
    np.testing.assert_allclose(seen.points()[0, [0, 3, 4]], expected[[0, 3, 4]])
    peaks = [float(heatmap.max()) * 0.8 for heatmap in heatmaps[0]]
    np.testing.assert_allclose(seen.confidence()[0].numpy(), peaks, rtol=1e-6)


def test_heatmap_parabola_equals_a_slow_computation():
    heatmaps = torch.rand(2, 3, 6, 7, generator=torch.manual_seed(0))
    found = HeatmapDistributions(heatmaps, steps=(1.0, 1.0)).points().numpy()
    for b in range(2):
        for k in range(3):
            cells = heatmaps[b, k].numpy().astype(float)
            y, x = np.unravel_index(cells.argmax(), cells.shape)
            expected = [float(x), float(y)]
            if 0 < x < 6:
                left, peak, right = cells[y, x - 1 : x + 2]
                expected[0] += 0.5 * (right - left) / (2 * peak - left - right)
            if 0 < y < 5:
                above, peak, below = cells[y - 1 : y + 2, x]
                expected[1] += 0.5 * (below - above) / (2 * peak - above - below)
            np.testing.assert_allclose(found[b, k], expected, rtol=1e-4)


def test_flat_heatmaps_have_a_point_and_no_confidence():
    seen = HeatmapDistributions(torch.zeros(1, 2, 5, 5), steps=(2.0, 2.0))
    assert torch.equal(seen.points(), torch.zeros(1, 2, 2))
    assert torch.equal(seen.confidence(), torch.zeros(1, 2))


def test_heatmaps_contain_half_a_cell_more_than_their_centres():
    seen = HeatmapDistributions(torch.zeros(1, 4, 5, 7), steps=(4.0, 2.0))
    points = torch.tensor([[[-2.0, -1.0], [26.0, 9.0], [26.1, 0], [0, 9.1]]])
    assert seen.contains(points).tolist() == [[True, True, False, False]]


@pytest.mark.parametrize('sigma', [2.0, 6.0])
def test_a_peak_near_an_end_of_the_axis_is_not_pulled_inward(sigma):
    """As SimCC's labels are cut off by the end; half a bin is what a peak leaves open."""
    step, bins = 0.5, torch.arange(128.0)
    for coordinate in (0.0, 0.3, 1.0, 2.5, 5.0, 8.0, 31.75, 60.0, 62.0, 63.5):
        logits = -0.5 * ((bins - coordinate / step) / sigma).square()
        axis = AxisDistribution(logits.log_softmax(-1)[None, None], 0.0, step)
        found = axis.peak_mean(radius=2 * sigma).item()
        assert found == pytest.approx(coordinate, abs=0.5 * step + 1e-3)


# ---- two predictions -----------------------------------------------------------------


def crop_distributions(seed):
    """Of three keypoints in a crop of 16 x 12 px, with a depth."""
    generator = torch.Generator().manual_seed(seed)
    vectors = [torch.randn(2, 3, bins, generator=generator) for bins in (8, 6, 5)]
    x, y, z = (vector.log_softmax(-1) for vector in vectors)
    return KeypointDistributions(
        [crop_axis(x, 16), crop_axis(y, 12), AxisDistribution(z, -20.0, 10.0)]
    )


def test_the_mirror_image_has_left_and_right_exchanged():
    found = crop_distributions(0)
    mirrored = found.mirrored([1, 0, 2])
    for k, other in enumerate([1, 0, 2]):
        x, y, z = found.points()[:, other].unbind(-1)
        expected = torch.stack([15 - x, y, z], dim=-1)
        torch.testing.assert_close(mirrored.points()[:, k], expected)
        torch.testing.assert_close(
            mirrored.confidence()[:, k], found.confidence()[:, other]
        )


def test_the_average_is_that_of_probabilities():
    one, two = crop_distributions(0), crop_distributions(1)
    found = one.averaged(two)
    for axis, first, second in zip(found.axes, one.axes, two.axes, strict=True):
        mean = (first.probs + second.probs) / 2
        torch.testing.assert_close(axis.probs, mean)
        assert (axis.origin, axis.step) == (first.origin, first.step)
    torch.testing.assert_close(found.points(), (one.points() + two.points()) / 2)
