"""Provide what mmpose uses of xtcocotools, by means of pycocotools.

xtcocotools has no build for NumPy 2. It adds to pycocotools custom keypoint tolerances,
sizes of people computed from their boxes, the parts of COCO-WholeBody and CrowdPose's
three grades of crowding. Here each of these is converted to plain COCO keypoints, which
pycocotools evaluates.
"""

import contextlib
import io
from collections.abc import Sequence
from typing import Any, Optional

import numpy as np
from pycocotools import coco, cocoeval

# Keys of an annotation whose keypoints are evaluated, concatenated in this order.
_KEYPOINTS = dict(
    keypoints=['keypoints'],
    keypoints_crowd=['keypoints'],
    keypoints_body=['keypoints'],
    keypoints_foot=['foot_kpts'],
    keypoints_face=['face_kpts'],
    keypoints_lefthand=['lefthand_kpts'],
    keypoints_righthand=['righthand_kpts'],
    keypoints_wholebody=[
        'keypoints',
        'foot_kpts',
        'face_kpts',
        'lefthand_kpts',
        'righthand_kpts',
    ],
)
_AREA_OF_BOX = 0.53  # share of its box that a person covers on average in COCO
_CROWDED = (0.2, 0.8)  # CrowdPose: easy below the first, hard from the second


class COCO(coco.COCO):
    """An annotation file; missing fields that evaluation reads are filled in."""

    def createIndex(self) -> None:
        self.dataset.setdefault('info', {})  # loadRes of pycocotools 2.0.10 copies it
        for annotation in self.dataset.get('annotations', ()):
            annotation.setdefault('iscrowd', 0)
        super().createIndex()


class COCOeval(cocoeval.COCOeval):
    """Average precision of keypoints; other kinds are evaluated as by pycocotools.

    Args:
        cocoGt (COCO): The truth.
        cocoDt (COCO): Predictions, from ``loadRes``.
        iouType (str): 'keypoints'; 'keypoints_crowd' for CrowdPose; 'keypoints_body',
            '..._foot', '..._face', '..._lefthand', '..._righthand' or '..._wholebody'
            for COCO-WholeBody; 'bbox' or 'segm'.
        sigmas (Sequence[float], optional): Tolerance of each keypoint. Defaults to COCO's.
        use_area (bool): Whether a person's size is the annotation's ``area``. If not, or if
            an annotation has no area or 0, the size is a share of the box.
    """

    def __init__(
        self,
        cocoGt: Optional[COCO] = None,
        cocoDt: Optional[COCO] = None,
        iouType: str = 'keypoints',
        sigmas: Optional[Sequence[float]] = None,
        use_area: bool = True,
    ):
        self.by_crowding = iouType == 'keypoints_crowd'
        if iouType in _KEYPOINTS and cocoGt is not None:
            cocoGt = _plain_truth(cocoGt, iouType, use_area)
        if iouType in _KEYPOINTS and cocoDt is not None:
            cocoDt = _plain_predictions(cocoDt, iouType)
        kind = 'keypoints' if iouType in _KEYPOINTS else iouType
        super().__init__(cocoGt, cocoDt, kind)
        if sigmas is not None:
            self.params.kpt_oks_sigmas = np.asarray(sigmas)

    def summarize(self) -> None:
        """Fill ``stats``: AP, AP .5, AP .75, AP (M), AP (L), and the same of AR.

        For CrowdPose they are AP, AP .5, AP .75, AR, AR .5, AR .75 and the AP of easy,
        medium and hard images.
        """
        super().summarize()
        if self.by_crowding:
            overall = self.stats[[0, 1, 2, 5, 6, 7]]
            self.stats = np.append(overall, self._precision_by_crowding())

    def _precision_by_crowding(self) -> list[float]:
        crowding = {i['id']: i['crowdIndex'] for i in self.cocoGt.dataset['images']}
        grades = np.digitize(list(crowding.values()), _CROWDED)
        return [
            self._precision([i for i, found in zip(crowding, grades) if found == grade])
            for grade in range(len(_CROWDED) + 1)
        ]

    def _precision(self, images: list[int]) -> float:
        """Average precision on some of the images, -1 if they show no person."""
        with contextlib.redirect_stdout(io.StringIO()):
            evaluation = cocoeval.COCOeval(self.cocoGt, self.cocoDt, 'keypoints')
            evaluation.params.kpt_oks_sigmas = self.params.kpt_oks_sigmas
            evaluation.params.imgIds = images
            evaluation.evaluate()
            evaluation.accumulate()
        # CrowdPose's own code rounds here
        return round(float(np.mean(evaluation.eval['precision'][:, :, :, 0])), 4)


def _plain_truth(truth: COCO, kind: str, use_area: bool) -> COCO:
    """Convert annotations so that the keypoints of a kind are their ``keypoints``."""
    annotations = []
    # mmpose's data sets skip the others, so nothing is predicted there
    keys = {'bbox', *_KEYPOINTS[kind]}
    complete = [one for one in truth.dataset['annotations'] if keys <= one.keys()]
    # pycocotools reads an id of 0 as none, and keeps only the last of equal ids
    for number, annotation in enumerate(complete, start=1):
        keypoints = _keypoints(annotation, kind)
        plain = dict(annotation, id=number, keypoints=keypoints)
        # CrowdPose has its own count, of visible keypoints only
        if kind != 'keypoints_crowd' or 'num_keypoints' not in annotation:
            plain['num_keypoints'] = _count(keypoints)
        if not use_area or not annotation.get('area'):
            _, _, width, height = annotation['bbox']
            plain['area'] = _AREA_OF_BOX * width * height
        annotations.append(plain)
    return _with_annotations(truth, annotations)


def _plain_predictions(predictions: COCO, kind: str) -> COCO:
    """Convert predictions in the same way, with their score for the kind."""
    score = kind.replace('keypoints_', '') + '_score'
    annotations = []
    for annotation in predictions.dataset.get('annotations', ()):
        keypoints = _keypoints(annotation, kind)
        if _count(keypoints):  # all zeros are no prediction
            own = annotation.get(score, annotation['score'])
            annotations.append(dict(annotation, keypoints=keypoints, score=own))
    return _with_annotations(predictions, annotations)


def _keypoints(annotation: dict[str, Any], kind: str) -> list[float]:
    """Return keypoints in one row: some tools write triples, and null if unlabelled."""
    rows = [np.ravel(np.array(annotation[key], float)) for key in _KEYPOINTS[kind]]
    return np.nan_to_num(np.concatenate(rows)).tolist()


def _count(keypoints: list[float]) -> int:
    return sum(value > 0 for value in keypoints[2::3])


def _with_annotations(origin: COCO, annotations: list[dict]) -> COCO:
    changed = COCO()
    changed.dataset = dict(origin.dataset, annotations=annotations)
    with contextlib.redirect_stdout(io.StringIO()):
        changed.createIndex()
    return changed
