"""Find images that are used for both training and testing."""

import hashlib
import os.path as osp
from collections.abc import Sequence

from mmengine import fileio

from mmpose_uda.analysis.data_check.findings import DataReport
from mmpose_uda.analysis.data_check.images import in_threads
from mmpose_uda.analysis.data_check.parts import Part


def check_duplicates(report: DataReport, parts: Sequence[Part]) -> None:
    """Compare the images of every training data set with those of all other data sets.

    Test data that declare to be trained on (``transductive``), or that are identical to
    training data, are reported as a remark, not as a problem.
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
            f'The {tested.role} data are the {trained.role} data: they do not measure '
            'performance on unseen images.'
        )
        return
    pairs = same_images(tested.images, trained.images)
    name = f'images also in {trained.role}'
    report.facts[tested.role][name] = str(len(pairs))
    if not pairs:
        return
    first = min(pairs)
    shared = (
        f'{len(pairs)} of {len(tested.images)} images of the {tested.role} data are in the '
        f'{trained.role} data too, such as `{first}` as `{pairs[first]}`'
    )
    if any(getattr(part.dataset, 'transductive', False) for part in (trained, tested)):
        report.remarks.append(f'{shared}, as intended by the protocol (transductive).')
    else:
        report.problems.append(
            f'{shared}: remove them from one, or the test does not measure performance on '
            'unseen images.'
        )


def same_images(images: Sequence[str], others: Sequence[str]) -> dict[str, str]:
    """Map images to byte-identical ones among the others.

    Only files of equal length are read.
    """
    lengths = {path: _length(path) for path in {*images, *others}}
    shared = {lengths[path] for path in images} & {lengths[path] for path in others}
    read = [path for path in lengths if lengths[path] in shared]
    digests = dict(zip(read, in_threads(_digest, read, 'comparing images')))
    by_digest = {digests[path]: path for path in reversed(others) if path in digests}
    found = {path: by_digest.get(digests[path]) for path in images if path in digests}
    return {path: other for path, other in found.items() if other is not None}


def _length(path: str) -> int:
    """Length of a file in bytes; -1 if only reading it could show that, -2 if missing."""
    if osp.isfile(path):
        return osp.getsize(path)
    return -1 if '://' in path else -2


def _digest(path: str) -> bytes:
    try:
        return hashlib.blake2b(fileio.get(path), digest_size=16).digest()
    except OSError:
        return path.encode()  # a missing file equals no other
