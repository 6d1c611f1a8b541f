"""Check that the files and folders that a config needs exist."""

from collections.abc import Iterator
from typing import Any, Optional

from mmengine import fileio
from mmengine.config import Config

from mmpose_uda.analysis.data_check.findings import DataReport, FileRow
from mmpose_uda.analysis.data_check.parts import Part
from mmpose_uda.datasets.files import require_path
from mmpose_uda.errors import UserError

# key of a config outside of data sets -> what it names
_WEIGHTS = 'weights'
_NAMED = {
    'checkpoint': _WEIGHTS,
    'encoder': _WEIGHTS,
    'decoder': _WEIGHTS,
    'style_images': 'folder of style images',
    'ann_file': 'annotation file',
}
_SEARCHED = ('model', 'custom_hooks', 'val_evaluator', 'test_evaluator')


def add_files_of_part(report: DataReport, part: Part) -> bool:
    """Check the files that a data set reads before its images.

    Returns:
        bool: Whether all of them exist.
    """
    data = part.dataset
    wanted = {
        'data folder': data.data_root,
        'annotation file': data.ann_file,
        'image folder': data.data_prefix.get('img'),
        'boxes file': getattr(data, 'bbox_file', None),
    }
    if getattr(data, 'mask_folder', None) is not None:
        wanted['mask folder'] = fileio.join_path(data.data_root, data.mask_folder)
    if (wanted['image folder'] or '').rstrip('/') == (data.data_root or '').rstrip('/'):
        del wanted['image folder']
    are_there = True
    for what, path in wanted.items():
        if path:
            row = _row(part.role, what, path)
            report.files.append(row)
            if row.state == 'missing':
                are_there = False
                report.problems.append(_sentence(path, f'{what} of the {part.role} data'))
    return are_there


def add_mask_folder(report: DataReport, part: Part) -> None:
    """Report the mask folder of a data set that has been read."""
    folder = part.dataset.data_prefix.get('mask')
    if folder and part.masks:
        report.files.append(_row(part.role, 'mask folder', folder))


def add_files_of_config(report: DataReport, cfg: Config) -> None:
    """Check weights, style images and the files that evaluators read."""
    content = cfg.to_dict()
    found = {path: (key, what) for key, what, path in _search(content)}
    if content.get('load_from'):
        found[content['load_from']] = ('load_from', _WEIGHTS)
    checked = {row.path for row in report.files}
    for path, (key, what) in found.items():
        if path in checked:
            continue
        row = _row(key, what, path)
        report.files.append(row)
        if row.state == 'missing':
            report.problems.append(
                f'`{key}` names `{path}` ({what}), but there is no such file or folder: '
                f'correct the path in {cfg.filename}.'
            )


def _search(content: dict) -> Iterator[tuple[str, str, str]]:
    for key in _SEARCHED:
        yield from _named_files(content.get(key), key)


def _named_files(node: Any, key: str) -> Iterator[tuple[str, str, str]]:
    """Yield dotted key, kind and path of each file that a config names."""
    items: Any = ()
    if isinstance(node, dict):
        items = node.items()
    elif isinstance(node, (list, tuple)):
        items = enumerate(node)
    for name, value in items:
        if isinstance(value, str) and value and name in _NAMED:
            yield f'{key}.{name}', _NAMED[name], value
        yield from _named_files(value, f'{key}.{name}')


def _row(owner: str, what: str, path: str) -> FileRow:
    if '://' in path:
        return FileRow(owner, what, path, 'remote')
    return FileRow(owner, what, path, 'there' if fileio.exists(path) else 'missing')


def _sentence(path: str, what: str) -> Optional[str]:
    """The message about a missing path, None if it exists."""
    try:
        require_path(path, what)
    except UserError as error:
        return str(error)
    return None
