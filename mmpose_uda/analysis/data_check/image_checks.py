"""Check the images and masks of a data set."""

import os.path as osp
from collections.abc import Mapping, Sequence

from mmengine import fileio

from mmpose_uda.analysis.data_check.findings import DataReport
from mmpose_uda.analysis.data_check.images import ImageFacts, in_threads, mask_fault
from mmpose_uda.analysis.data_check.parts import Part
from mmpose_uda.datasets.faults import quoted
from mmpose_uda.datasets.mask_files import file_of_mask


def check_images(
    report: DataReport, part: Part, looked_at: Mapping[str, ImageFacts]
) -> None:
    """Report which images are missing or do not decode, and how large they are.

    Args:
        report (DataReport): Report to which findings are added.
        part (Part): A data set that has been read.
        looked_at (Mapping[str, ImageFacts]): Path -> facts of the decoded images of this
            data set and others.
    """
    images, facts = part.images, report.facts[part.role]
    own = {path: looked_at[path] for path in images if path in looked_at}
    faults = {path: seen.fault for path, seen in own.items() if seen.fault}
    for path in images:
        if path not in own and not fileio.exists(path):
            faults[path] = 'is missing'
    facts['images decoded'] = str(len(own))
    facts['missing or unreadable'] = str(len(faults))
    facts['size, px'] = _range_of_sizes([seen.size for seen in own.values() if seen.size])
    if faults:
        first = min(faults)
        report.problems.append(
            f'{len(faults)} of {len(images)} images of the {part.role} data cannot be '
            f'used, the first is `{first}`, which {faults[first]}: replace the files, or '
            'remove them from the data set.'
        )
    _check_sizes(report, part, own)


def check_masks(
    report: DataReport, part: Part, looked_at: Mapping[str, ImageFacts]
) -> None:
    """Report which masks are missing or, for decoded images, do not fit their image."""
    masks = part.masks
    if not masks:
        return

    def fault_of(mask: str) -> str:
        info = masks[mask]
        seen = looked_at.get(info['img_path'])
        if seen is not None:
            return mask_fault(mask, seen.size, info.get('mask_values'))
        return '' if fileio.exists(file_of_mask(mask)) else 'is missing'

    found = in_threads(fault_of, list(masks), 'decoding masks')
    faults = {mask: fault for mask, fault in zip(masks, found) if fault}
    report.facts[part.role]['masks missing or unfit'] = f'{len(faults)} of {len(masks)}'
    if faults:
        first = min(faults)
        report.problems.append(
            f'{len(faults)} of {len(masks)} masks of the {part.role} data cannot be used, '
            f'the first is `{first}`, which {faults[first]}: make them again, or remove '
            'their `mask_file` from the annotations.'
        )


def _range_of_sizes(sizes: Sequence[tuple[int, int]]) -> str:
    if not sizes:
        return '-'
    widths, heights = zip(*sizes)
    least, most = (min(widths), min(heights)), (max(widths), max(heights))
    texts = [f'{width} x {height}' for width, height in (least, most)]
    return texts[0] if least == most else ' to '.join(texts)


def _check_sizes(report: DataReport, part: Part, own: Mapping[str, ImageFacts]) -> None:
    """Compare image sizes with those in the annotation file."""
    said = _said_sizes(part)
    wrong = sorted(
        path
        for path, seen in own.items()
        if path in said and seen.size is not None and said[path] != seen.size
    )
    if said:
        report.facts[part.role]['other size than in the file'] = str(len(wrong))
    if not wrong:
        return
    first, seen = wrong[0], own[wrong[0]]
    width, height = map(quoted, said[first])
    if seen.is_turned and said[first] == seen.stored:
        cause = (
            f', which its EXIF orientation {seen.orientation} turns when it is loaded: '
            'save the images turned and without it, with labels that fit'
        )
    else:
        cause = ': correct the file, and labels that were made for another size'
    report.problems.append(
        f'`{part.dataset.ann_file}` gives {len(wrong)} of {len(own)} images another size '
        f'than they have, such as {width} x {height} px instead of {seen.size[0]} x '
        f'{seen.size[1]} for `{first}`{cause}.'
    )


def _said_sizes(part: Part) -> dict[str, tuple[int, int]]:
    """Path of an image -> width and height in the annotation file."""
    folder = part.dataset.data_prefix.get('img') or ''
    return {
        osp.join(folder, image['file_name']): (image['width'], image['height'])
        for image in (part.content or {}).get('images', ())
        if {'file_name', 'width', 'height'} <= set(image)
    }
