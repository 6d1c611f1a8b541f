"""Check that the head and the data of a config match."""

import warnings
from collections.abc import Iterator
from typing import Any, Optional

from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS

from mmpose_uda.datasets.keypoint_names import parse_definition
from mmpose_uda.datasets.stock_views import class_name
from mmpose_uda.errors import UserError

# For each head, the argument that is its number of keypoints.
_COUNTS = dict(
    CPMHead='out_channels',
    DSNTHead='num_joints',
    HeatmapHead='out_channels',
    IntegralRegressionHead='num_joints',
    MSPNHead='out_channels',
    RLEHead='num_joints',
    RTMCCHead='out_channels',
    RegressionHead='num_joints',
    SimCCHead='out_channels',
    ViPNASHead='out_channels',
)
_COMBINED = 3  # heatmaps per keypoint of UDP's combined type: one, and two of offsets
_SPLITS = ('train', 'val', 'test')


def check_fit(cfg: Config) -> None:
    """Refuse a head whose number of keypoints or size of crops differs from the data's.

    Raises:
        UserError: They differ; the message shows both.
    """
    model = (cfg.to_dict().get('model')) or {}
    head = model.get('estimator', model).get('head') or {}
    if not head.get('type'):
        return
    init_default_scope(cfg.get('default_scope', 'mmpose'))
    chosen = (model.get('test_cfg') or {}).get('output_keypoint_indices')
    taken = _decoder(head).get('input_size')
    for split, dataset, steps in _split_datasets(cfg):
        is_chosen = chosen is not None and split != 'train'
        given = len(chosen) if is_chosen else _given_keypoints(head)
        where = f'the {split} data of {cfg.filename}'
        count = _keypoints_of(dataset, steps)
        if None not in (given, count) and given != count:
            raise UserError(
                f'The head gives {given} keypoints and {where} have {count}: set '
                f'{_COUNTS[class_name(head)]} of model.head, or give data with {given}.'
            )
        for size in map(_crop_of, steps):
            if None not in (size, taken) and tuple(size) != tuple(taken):
                raise UserError(
                    f'The head takes crops of {_as_text(taken)} px and {where} are cut '
                    f'to {_as_text(size)}: let the codec and TopdownAffine have the same '
                    'input_size.'
                )


def cropped_size(cfg: Config) -> Optional[tuple[int, int]]:
    """Width and height in px that a config's data are cropped to; None if they are not."""
    for _, _, steps in _split_datasets(cfg):
        for size in filter(None, map(_crop_of, steps)):
            return tuple(size)
    return None


def _given_keypoints(head: dict[str, Any]) -> Optional[int]:
    count = head.get(_COUNTS.get(class_name(head), ''))
    decoder = _decoder(head)
    if count is not None and decoder.get('heatmap_type') == 'combined':
        return count // _COMBINED
    return count


def _decoder(head: dict[str, Any]) -> dict[str, Any]:
    decoder = head.get('decoder') or {}
    # a head of several stages has one for each
    return decoder[-1] if isinstance(decoder, (list, tuple)) else decoder


def _split_datasets(cfg: Config) -> Iterator[tuple[str, dict[str, Any], list[dict]]]:
    """Yield the split, the config and the transforms of each data set of a config."""
    content = cfg.to_dict()
    for split in _SPLITS:
        loader = content.get(f'{split}_dataloader') or {}
        for dataset, steps in _datasets(loader.get('dataset') or {}, []):
            yield split, dataset, steps


def _datasets(
    config: dict[str, Any], steps: list[dict]
) -> Iterator[tuple[dict[str, Any], list[dict]]]:
    """Yield each data set that a data set is made of, and its transforms."""
    steps = [*(config.get('pipeline') or ()), *steps]
    if 'source' in config:
        views = config.get('views') or {}
        domain = 'target' if config['source'] is None else 'source'
        own = dict(config.get(domain) or {})
        if config.get('metainfo') is not None:
            own['metainfo'] = config['metainfo']
        shown = [step for name, v in views.items() if name.startswith(domain) for step in v]
        yield from _datasets(own, [*shown, *steps])
    elif 'datasets' in config:
        # their own keypoints are converted to those of the whole
        yield config, steps
    elif isinstance(config.get('dataset'), dict):
        yield from _datasets(config['dataset'], steps)
    elif config:
        yield config, steps


def _keypoints_of(config: dict[str, Any], steps: list[dict]) -> Optional[int]:
    """How many keypoints a data set gives; None if that is unknown before it is read."""
    for step in steps:
        if class_name(step) == 'KeypointConverter':
            return step.get('num_keypoints')
    kind = DATASETS.get(config['type']) if isinstance(config.get('type'), str) else None
    if kind is None:
        return None
    if hasattr(kind, 'definition_of'):
        metainfo = kind.definition_of(config)
    else:
        metainfo = config.get('metainfo') or getattr(kind, 'METAINFO', None)
    if not metainfo:
        return None
    with warnings.catch_warnings():
        # the warning is that the file is one of mmpose's own
        warnings.simplefilter('ignore', UserWarning)
        return parse_definition(metainfo, f'the {class_name(config)}')['num_keypoints']


def _crop_of(step: dict[str, Any]) -> Optional[tuple[int, int]]:
    is_crop = class_name(step).startswith('TopdownAffine')
    return step.get('input_size') if is_crop else None


def _as_text(size: tuple[int, int]) -> str:
    return ' x '.join(map(str, size))
