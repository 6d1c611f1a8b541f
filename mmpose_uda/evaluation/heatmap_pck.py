"""PCK on heatmap cells, averaged over batches, as RegDA and later work compute it.

The published figures of 2D adaptation score the cell of the predicted heatmap's peak
against the cell of the true heatmap's peak, and average over test batches. The rules are
those of the evaluation code of RegDA (thuml/Transfer-Learning-Library), UniFrame
(VisionLearningGroup/UDA_PoseEstimation) and DAML (sunshinglight/DAML_PoseEstimation). A
cell is a column and a row, counted from 0, on a map of [W, H] cells.

UniFrame's data sets of animals come from other code (CC-SSL, Mu et al., CVPR 2020) and draw
their true heatmaps differently: ``rounding=0`` and ``reach=ANIMAL_REACH`` below.
"""

import numpy as np
from torch import Tensor

from .functional import crop_distances

ANIMAL_REACH = 3
"""Cells that the true Gaussians of animals reach: three times their sigma of 1."""


def keypoint_cells(
    points: np.ndarray,
    crop_size: np.ndarray,
    heatmap_size: np.ndarray,
    use_udp: bool = False,
    rounding: float = 0.5,
) -> np.ndarray:
    """Return the cells in which the true heatmaps peak, without drawing them.

    The Gaussian's centre is ``int(x / stride + rounding)``. If it is outside the map,
    nothing is drawn, not even the Gaussian's tail, so :func:`is_counted` has to leave out
    such a keypoint.

    Args:
        points (np.ndarray): Points [..., 2] in crop px.
        crop_size (np.ndarray): Width and height [2] of the crop, px.
        heatmap_size (np.ndarray): Width and height [2] of the heatmap, cells.
        use_udp (bool): Whether the first and the last cell lie on the sides of the box,
            as those of UDP do (Huang et al. 2020): there is one step fewer than cells.
        rounding (float): 0.5 takes the nearest cell, 0 truncates to one.

    Returns:
        np.ndarray: Whole numbers [..., 2], float64; outside the map where the centre is.
    """
    steps = heatmap_size - 1 if use_udp else heatmap_size
    stride = np.asarray(crop_size, np.float64) / steps
    return np.trunc(np.asarray(points, np.float64) / stride + rounding)


def is_counted(
    cells: np.ndarray, heatmap_size: np.ndarray, reach: int | None = None
) -> np.ndarray:
    """Whether true cells are scored.

    Cells outside the map, whose heatmaps are empty, are not, nor are those in the first two
    columns or rows: the published code takes cell (0, 0) for an empty heatmap and so
    leaves out every cell that is not above 1 in both coordinates.

    Args:
        cells (np.ndarray): Whole numbers [..., 2].
        heatmap_size (np.ndarray): Width and height [2] of the heatmap, cells.
        reach (int, optional): Cells that a Gaussian reaches on each side of its own, for
            code that does not draw a Gaussian that would be cut off. That code also leaves
            out one that just fits at the right or the bottom: of 64 cells, 3 to 59 count
            for a reach of 3.

    Returns:
        np.ndarray: bool [...].
    """
    first, end = (2, 0) if reach is None else (max(reach, 2), reach + 1)
    return ((cells >= first) & (cells < np.asarray(heatmap_size) - end)).all(-1)


def heatmap_peak_cells(heatmaps: Tensor) -> np.ndarray:
    """The cell of each map's first largest value, or (0, 0) if none is positive.

    Args:
        heatmaps (Tensor): Maps [K, H, W] on any device.

    Returns:
        np.ndarray: Cells [K, 2], float64; NaN for a map that holds NaN.
    """
    peak, index = heatmaps.detach().flatten(1).max(1)
    width = heatmaps.shape[-1]
    index = index.cpu().numpy()
    cells = np.stack([index % width, index // width], -1)
    return _emptied(cells, peak.double().cpu().numpy())


def simcc_peak_cells(
    x_labels: Tensor,
    y_labels: Tensor,
    heatmap_size: tuple[int, int],
    rounding: float = 0.5,
) -> np.ndarray:
    """The cells nearest to the peaks of two marginals, which no published figure uses.

    A SimCC head has no heatmap of the protocol's size, but finer bins on each axis. The
    bin of the largest value is mapped to a cell in the same way as the true point.

    Args:
        x_labels (Tensor): Values [K, Wx] over the bins of the crop's width.
        y_labels (Tensor): Values [K, Wy] over the bins of the crop's height.
        heatmap_size (tuple[int, int]): Width and height of the map, cells.
        rounding (float): As for :func:`keypoint_cells`.

    Returns:
        np.ndarray: Cells [K, 2], float64; NaN where a marginal holds NaN.
    """
    peaks, bins = zip(*(labels.detach().max(1) for labels in (x_labels, y_labels)))
    bins = np.stack([b.cpu().numpy() for b in bins], -1)
    peak = peaks[0].double() * peaks[1].double()
    size = np.array([x_labels.shape[1], y_labels.shape[1]])
    cells = keypoint_cells(bins, size, np.asarray(heatmap_size), rounding=rounding)
    return _emptied(cells, peak.cpu().numpy())


def _emptied(cells: np.ndarray, peak: np.ndarray) -> np.ndarray:
    """Cells [K, 2] with (0, 0) where the peak [K] is not positive, NaN where it is NaN."""
    emptied = np.where(peak[:, None] > 0, cells, 0.0)
    return np.where(np.isnan(peak)[:, None], np.nan, emptied)


def batch_averaged_pck(
    pred: np.ndarray,
    gt: np.ndarray,
    size: np.ndarray,
    counted: np.ndarray,
    thr: float = 0.05,
    batch_size: int = 32,
) -> float:
    """The mean over keypoints of their PCK, each an average over batches of samples.

    The weight of a batch is its number of samples, including those in which the keypoint
    does not count; a batch is left out for a keypoint that counts in none of its samples. A
    keypoint that counts in no batch has a PCK of 0. So the figure depends on the batch
    size. These are the rules of UniFrame and DAML; in the scripts of RegDA a keypoint that
    counts nowhere in a batch enters the mean as -1 instead, so the two agree if every
    keypoint counts in every batch.

    Args:
        pred (np.ndarray): Predicted cells [N, K, 2], in the order of the data set.
        gt (np.ndarray): True cells [N, K, 2].
        size (np.ndarray): Width and height [N, 2] of the heatmaps, cells.
        counted (np.ndarray): Which keypoints count, bool [N, K].
        thr (float): Upper limit of the distance of a hit, as a share of the side; the limit
            itself is no hit. The published 0.5 is in tenths of the side: 0.05 here, 3.2 of
            64 cells.
        batch_size (int): Samples in a batch; the last has what is left.
    """
    hit = counted & (crop_distances(pred, gt, size) < thr)
    starts = np.arange(0, len(pred), batch_size)
    hits, totals = (
        np.add.reduceat(values.astype(int), starts) for values in (hit, counted)
    )
    samples = np.diff([*starts, len(pred)])[:, None] * (totals > 0)
    weighted = samples * hits / np.maximum(totals, 1)
    return float((weighted.sum(0) / np.maximum(samples.sum(0), 1)).mean())
