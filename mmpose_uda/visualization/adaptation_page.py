"""An adaptation without labels as one HTML page that needs no other file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from markupsafe import Markup

from mmpose_uda.templates import fill_page

from .canvas import points_on_tile, to_tile
from .report_charts import line_chart
from .report_gallery import data_uri
from .skeleton import draw_skeleton

_TEMPLATES = Path(__file__).parent / 'templates'
_WIDTH = 260  # of a picture, px
_MARGIN = 0.15  # around a box, of its sides


@dataclass(frozen=True)
class SignalRow:
    """A line of the table of signals.

    Args:
        name (str): Which.
        before (str): Of the starting model.
        after (str): Of the adapted one; of a signal of both, its only value.
        meaning (str): How to read it.
    """

    name: str
    before: str
    after: str
    meaning: str


@dataclass(frozen=True)
class Curve:
    """Something that was logged while training.

    Args:
        title (str): What.
        meaning (str): How to read it.
        steps (Sequence[float]): Iterations.
        values (Sequence[float]): As many.
    """

    title: str
    meaning: str
    steps: Sequence[float]
    values: Sequence[float]

    @property
    def chart(self) -> Markup:
        """It, drawn."""
        name = f'Line chart of {self.title} over the steps of the training.'
        return line_chart(name, 'step', self.title, self.steps, self.values)


@dataclass(frozen=True)
class ShownImage:
    """What both models find in a held-out image.

    Args:
        name (str): Of the image.
        moved (float): Mean distance between both, in sides of the box.
        before (str): Data URI of the picture.
        after (str): The same of the adapted model.
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
        """Draw two poses.

        Args:
            name (str): Of the image.
            moved (float): See the class.
            image (np.ndarray): [h, w, 3] BGR uint8.
            box (np.ndarray): [4], x1, y1, x2, y2, px.
            poses (Sequence[np.ndarray]): Of before and after, [K, 2] px.
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
    """The box with a margin, as far as it is in the image, and its corner."""
    margin = _MARGIN * (box[2:] - box[:2])
    low = np.floor(box[:2] - margin).clip(0).astype(int)
    high = np.ceil(box[2:] + margin).astype(int)
    crop = image[low[1] : max(high[1], low[1] + 1), low[0] : max(high[0], low[0] + 1)]
    if not crop.size:
        crop, low = image, np.zeros(2, int)
    if crop.shape[0] > 3 * crop.shape[1]:  # a strip would be very high as wide as a tile
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
    """The page as text.

    Args:
        title (str): What was adapted.
        decision (str): 'better', 'worse' or another.
        sentence (str): The verdict.
        facts (Mapping[str, str]): Name -> value of what stands on top.
        signals (Sequence[SignalRow]): What the verdict looked at.
        notes (Sequence[str]): Sentences below them.
        curves (Sequence[Curve]): What was logged.
        images (Sequence[ShownImage]): In the order of the page.
        labelled (Sequence[SignalRow]): What labelled images say; none where there are none.
        labelled_note (str): How to read that.
        steps (Sequence[str]): What to do next, as HTML-free text.
        colophon (Mapping[str, str]): Name -> text of what stands at the end.
    """
    return fill_page(
        _TEMPLATES / 'adaptation.html.jinja',
        style=Markup((_TEMPLATES / 'report.css').read_text('utf-8')),
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
