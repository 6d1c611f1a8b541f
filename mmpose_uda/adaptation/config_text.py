"""The config of an adaptation, as text."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Optional

from mmpose_uda.adaptation.length import batch_size
from mmpose_uda.adaptation.split import Split
from mmpose_uda.adaptation.start import Start
from mmpose_uda.analysis.source_free import source_free_teacher
from mmpose_uda.convert.source_folder import SourceFolder
from mmpose_uda.templates import fill_text

_TEMPLATE = Path(__file__).parent / 'templates' / 'adapt.py.jinja'
_LINES = 20  # of the log, so that curves have enough points


def config_text(
    start: Start,
    split: Split,
    paths: Sequence[str],
    labelled: Sequence[SourceFolder],
    source: Optional[SourceFolder],
    repeats: int,
    out: Path,
    iters: int,
    seed: int,
) -> str:
    """Write the config.

    Args:
        start (Start): The model that is adapted.
        split (Split): The images.
        paths (Sequence[str]): Where they come from.
        labelled (Sequence[SourceFolder]): Labelled images, at most two folders.
        source (SourceFolder, optional): The one of ``labelled`` that the model was trained
            on.
        repeats (int): How often the second of ``labelled`` is repeated; the first is used
            once.
        out (Path): Folder of the config.
        iters (int): Steps of the training.
        seed (int): Seed of the training.

    Returns:
        str: Python code.
    """
    base = start.base if '::' in start.base else os.path.relpath(start.base, out)
    images = len(split.trained)
    parts = _parts(start, source is not None)
    parts = ['supervised', *parts] if labelled else parts
    return fill_text(
        _TEMPLATE,
        dict(repr=repr, call=_as_call),
        start=start,
        split=split,
        paths=', '.join(paths),
        labelled=labelled,
        has_source=source is not None,
        repeats=repeats,
        out=out,
        base=base,
        # keys that the base has too: mmengine would merge their values
        replaced={key for key, value in start.cfg.items() if isinstance(value, dict)},
        # this package comes first, because importing it repairs the stack
        imports=list(dict.fromkeys(['mmpose_uda', *start.stock.imports])),
        batch_size=batch_size(images),
        workers=min(2, (os.cpu_count() or 1)),
        iters=iters,
        source_free_teacher=source_free_teacher(iters),
        warmup=max(1, iters // 10),
        interval=max(1, min(20, iters // _LINES)),
        parts=parts,
        seed=seed,
    )


def _parts(start: Start, has_source: bool) -> list[str]:
    """Parts of the adaptation, except the one that learns from labels.

    Without a source nothing is hidden from the student, because nothing would correct its
    guesses (docs/source_free.md has what that cost).
    """
    parts = ['mean_teacher']
    if has_source:
        parts += ['occlusion', 'masked']
        parts += ['information'] if start.stock.has_maps else []
    if start.is_3d and (has_source or start.statistics):
        parts.append('anatomy')
    return parts if has_source else [*parts, 'stay']


def _as_call(value: Any) -> str:
    """Format plain values as configs have them: ``dict(type='LoadImage')``."""
    if isinstance(value, dict):
        items = {'type': value['type'], **value} if 'type' in value else value
        return f'dict({", ".join(f"{k}={_as_call(v)}" for k, v in items.items())})'
    if isinstance(value, list):
        return f'[{", ".join(map(_as_call, value))}]'
    return repr(value)
