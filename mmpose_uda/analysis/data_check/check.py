"""Run all checks of the data of a config."""

from typing import Any, Literal, Optional, Union

from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmpose.registry import DATASETS

from mmpose_uda.analysis.data_check.duplicates import check_duplicates
from mmpose_uda.analysis.data_check.files import (
    add_files_of_config,
    add_files_of_part,
    add_mask_folder,
)
from mmpose_uda.analysis.data_check.findings import DataReport
from mmpose_uda.analysis.data_check.image_checks import check_images, check_masks
from mmpose_uda.analysis.data_check.images import choose_images, look_at_all
from mmpose_uda.analysis.data_check.label_checks import (
    check_boxes,
    check_ids,
    check_keypoints,
)
from mmpose_uda.analysis.data_check.parts import Part, find_parts
from mmpose_uda.config import load_config, make_readable, user_errors
from mmpose_uda.errors import UserError


def check_data(
    config: str,
    images: Union[Literal['all'], int] = 'all',
    cfg_options: Optional[dict[str, Any]] = None,
) -> DataReport:
    """Look for data problems that would stop a long run or silently spoil its training.

    No model is built. Built-in data are generated if they do not exist yet.

    Args:
        config (str): Path of a config of this package or of plain mmpose.
        images (str | int): Number of images to decode of each data set, chosen at random
            but the same each time; 'all' for all. Whether images exist, and whether any is
            in both training and test, is checked for all in any case.
        cfg_options (dict, optional): Dotted key -> value, merged into the config.

    Returns:
        DataReport: Each problem is a sentence; none if nothing is wrong.

    Raises:
        UserError: The config cannot be read, or names no data.
    """
    if images != 'all' and images < 1:
        raise UserError(f'--images {images} decodes nothing: use 1 or more, or all.')
    cfg = load_config(config, cfg_options)
    make_readable(cfg)
    parts = find_parts(cfg)
    if not parts:
        raise UserError(f'The config {config} names no data: add a `train_dataloader`.')
    report = DataReport()
    _check_pairs(report, cfg)
    read = [part for part in parts if _is_read(report, part, cfg)]
    add_files_of_config(report, cfg)
    chosen = [path for part in read for path in choose_images(part.images, images)]
    looked_at = look_at_all(chosen)
    for part in read:
        check_images(report, part, looked_at)
        check_masks(report, part, looked_at)
        check_keypoints(report, part)
        check_boxes(report, part, looked_at)
        check_ids(report, part)
    check_duplicates(report, read)
    report.problems = list(dict.fromkeys(report.problems))
    return report


def _check_pairs(report: DataReport, cfg: Config) -> None:
    """Report if the domains and views of a SourceTargetDataset do not fit together."""
    dataset = (cfg.get('train_dataloader') or {}).get('dataset', {})
    if 'source' not in dataset:
        return
    try:
        with user_errors(cfg):
            DATASETS.build(dataset)  # does not read any files yet
    except UserError as error:
        report.problems.append(str(error))


def _is_read(report: DataReport, part: Part, cfg: Config) -> bool:
    """Read a data set; return False if it lists no samples or its files are missing."""
    name = part.config.get('type')
    kind = DATASETS.get(name) if isinstance(name, str) else None
    if kind is not None and not issubclass(kind, BaseDataset):
        report.remarks.append(
            f'The {part.role} data are a {kind.__name__}, which does not list its samples: '
            'they are not checked.'
        )
        return False
    try:
        with user_errors(cfg):
            are_there = add_files_of_part(report, part)
        if not are_there:
            return False
        part.read(cfg)
    except UserError as error:
        report.problems.append(str(error))
        return False
    add_mask_folder(report, part)
    report.facts[part.role] = {
        'images': str(len(part.images)),
        'instances': str(len(part.infos)),
    }
    return True
