"""Report an adaptation without labels as a self-contained HTML page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from markupsafe import Markup

from .canvas import points_on_tile, to_tile
from .pages import render_page
from .report_charts import line_chart
from .report_gallery import data_uri
from .skeleton import draw_skeleton

_WIDTH = 260  # of a picture, px
_MARGIN = 0.15  # around a box, of its sides


@dataclass(frozen=True)
class SignalRow:
    """A row of the table of signals.

    Args:
        name (str): Name of the signal.
        before (str): Its value for the starting model.
        after (str): Its value for the adapted model; the only value of a signal that
            compares both.
        meaning (str): How to interpret it.
    """

    name: str
    before: str
    after: str
    meaning: str


@dataclass(frozen=True)
class Curve:
    """A value that was logged during training.

    Args:
        title (str): Name of the value.
        meaning (str): How to interpret it.
        steps (Sequence[float]): Iterations.
        values (Sequence[float]): The value at each of these steps.
    """

    title: str
    meaning: str
    steps: Sequence[float]
    values: Sequence[float]

    @property
    def chart(self) -> Markup:
        """The curve as an SVG chart."""
        name = f'Line chart of {self.title} over the steps of the training.'
        return line_chart(name, 'step', self.title, self.steps, self.values)


@dataclass(frozen=True)
class ShownImage:
    """The poses that both models predict in a held-out image.

    Args:
        name (str): Name of the image.
        moved (float): Mean distance between both poses, in sides of the box.
        before (str): Data URI of the picture with the starting model's pose.
        after (str): The same for the adapted model.
    """

    name: str
    moved: float
    before: str
    after: str

    @classmethod
    def draw(
        cls,
        name: str,
        moved: float,
        image: np.ndarray,
        box: np.ndarray,
        poses: Sequence[np.ndarray],
        metainfo: dict,
    ) -> 'ShownImage':
        """Draw the two poses.

        Args:
            name (str): Name of the image.
            moved (float): See the class.
            image (np.ndarray): [h, w, 3] BGR uint8.
            box (np.ndarray): [4], x1, y1, x2, y2, px.
            poses (Sequence[np.ndarray]): Poses [K, 2], px, before and after adaptation.
            metainfo (dict): mmpose's ``dataset_meta``.
        """
        crop, corner = _cut_out(image, box)
        tile = to_tile(crop, _WIDTH)
        drawn = [
            draw_skeleton(tile, points_on_tile(pose - corner, crop, tile), metainfo)
            for pose in poses
        ]
        return cls(name, moved, *map(data_uri, drawn))


def _cut_out(image: np.ndarray, box: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The part of the image inside the box with a margin, and its top left corner."""
    margin = _MARGIN * (box[2:] - box[:2])
    low = np.floor(box[:2] - margin).clip(0).astype(int)
    high = np.ceil(box[2:] + margin).astype(int)
    crop = image[low[1] : max(high[1], low[1] + 1), low[0] : max(high[0], low[0] + 1)]
    if not crop.size:
        crop, low = image, np.zeros(2, int)
    if crop.shape[0] > 3 * crop.shape[1]:  # enlarged to a tile, it would be too high
        side = crop.shape[0] // 3 - crop.shape[1]
        crop = cv2.copyMakeBorder(crop, 0, 0, 0, side, cv2.BORDER_CONSTANT)
    return crop, low


def adaptation_page(
    title: str,
    decision: str,
    sentence: str,
    facts: Mapping[str, str],
    signals: Sequence[SignalRow],
    notes: Sequence[str],
    curves: Sequence[Curve],
    images: Sequence[ShownImage],
    labelled: Sequence[SignalRow],
    labelled_note: str,
    steps: Sequence[str],
    colophon: Mapping[str, str],
) -> str:
    """Return the page as text.

    Args:
        title (str): What was adapted.
        decision (str): 'better', 'worse' or another.
        sentence (str): The verdict as a sentence.
        facts (Mapping[str, str]): Name -> value of the facts at the top.
        signals (Sequence[SignalRow]): The signals that the verdict is based on.
        notes (Sequence[str]): Sentences below them.
        curves (Sequence[Curve]): Logged values.
        images (Sequence[ShownImage]): Images in the order of the page.
        labelled (Sequence[SignalRow]): Metrics on labelled images; empty without any.
        labelled_note (str): How to interpret these metrics.
        steps (Sequence[str]): What to do next, as HTML-free text.
        colophon (Mapping[str, str]): Name -> text of the facts at the end.
    """
    return render_page(
        'adaptation.html.jinja',
        title=title,
        tone=decision if decision in ('better', 'worse') else '',
        sentence=sentence,
        facts=facts,
        signals=signals,
        notes=notes,
        curves=curves,
        images=images,
        labelled=labelled,
        labelled_note=labelled_note,
        steps=steps,
        colophon=colophon,
    )
