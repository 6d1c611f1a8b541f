"""Images that are trained on and tested with."""

import hashlib
import os.path as osp
from collections.abc import Sequence

from mmengine import fileio

from mmpose_uda.analysis.data_check.findings import DataReport
from mmpose_uda.analysis.data_check.images import in_threads
from mmpose_uda.analysis.data_check.parts import Part


def check_duplicates(report: DataReport, parts: Sequence[Part]) -> None:
    """Compare the images of every data set for training with those of every other.

    Test data that say themselves that they are trained on (``transductive``), or that are
    the very data of the training, are told and no problem.
    """
    for trained in parts:
        for tested in parts:
            if trained.is_trained_on and not tested.is_trained_on:
                _compare(report, trained, tested)


def _compare(report: DataReport, trained: Part, tested: Part) -> None:
    if not (trained.infos and tested.infos):
        return
    if trained.identity == tested.identity:
        report.remarks.append(
            f'The {tested.role} data are the {trained.role} data: they are no measure of '
            'images that were not seen.'
        )
        return
    pairs = same_images(tested.images, trained.images)
    name = f'images also in {trained.role}'
    report.facts[tested.role][name] = str(len(pairs))
    if not pairs:
        return
    first = min(pairs)
    told = (
        f'{len(pairs)} of {len(tested.images)} images of the {tested.role} data are in the '
        f'{trained.role} data too, such as `{first}` as `{pairs[first]}`'
    )
    if any(getattr(part.dataset, 'transductive', False) for part in (trained, tested)):
        report.remarks.append(f'{told}, as the protocol wants it (transductive).')
    else:
        report.problems.append(
            f'{told}: take them out of one, or the test tells nothing of images that were '
            'not seen.'
        )


def same_images(images: Sequence[str], others: Sequence[str]) -> dict[str, str]:
    """Images whose bytes are those of one of the others -> that one.

    Only files of one length are read.
    """
    lengths = {path: _length(path) for path in {*images, *others}}
    shared = {lengths[path] for path in images} & {lengths[path] for path in others}
    read = [path for path in lengths if lengths[path] in shared]
    digests = dict(zip(read, in_threads(_digest, read, 'comparing images')))
    by_digest = {digests[path]: path for path in reversed(others) if path in digests}
    found = {path: by_digest.get(digests[path]) for path in images if path in digests}
    return {path: other for path, other in found.items() if other is not None}


def _length(path: str) -> int:
    """Bytes of a file; -1 where that takes reading it, -2 where it is missing."""
    if osp.isfile(path):
        return osp.getsize(path)
    return -1 if '://' in path else -2


def _digest(path: str) -> bytes:
    try:
        return hashlib.blake2b(fileio.get(path), digest_size=16).digest()
    except OSError:
        return path.encode()  # what is missing equals nothing else
