"""The config of an exported estimator: what remains of a training's config."""

import os.path as osp
import pprint
from pathlib import Path
from typing import Any, Iterator, Optional

from mmengine.config import Config
from mmengine.registry import Registry
from mmpose import registry as mmpose_registry

from mmpose_uda.config import imported_modules
from mmpose_uda.deploy.stock_parts import replaced_dataset, with_stock_parts

METAINFO_FILE = 'metainfo.py'

_READ_BY_TOOLS = dict(
    data_mode='topdown',
    test_cfg=dict(),
    default_hooks=dict(visualization=dict(type='PoseVisualizationHook', enable=False)),
    visualizer=dict(
        type='PoseLocalVisualizer', vis_backends=[dict(type='LocalVisBackend')]
    ),
)
_PACKAGE = 'mmpose_uda'
_KEPT = ('default_scope', 'env_cfg', 'codec', 'test_dataloader', 'test_evaluator')
# MMPoseInferencer chooses its detector by the folder of the class, such as 'body'.
_INFERRED_AS = dict(
    hand21='FreiHandDataset',
    animal18='AnimalPoseDataset',
    animal14='AnimalPoseDataset',
)


def deployed_config(cfg: Config) -> Config:
    """Return the config in stock parts of mmpose, if it has all of them.

    These are the model, the test data and the metrics. Otherwise they stay as they were and
    the config imports this package, as a whole because importing any of its modules imports
    all. In both cases the model is only the estimator. The config's own imports are kept.

    Args:
        cfg (Config): The config of the training.

    Returns:
        Config: With all that mmpose's ``tools/test.py`` and ``MMPoseInferencer`` read.
    """
    own = {key: cfg[key] for key in _KEPT if cfg.get(key) is not None}
    own['model'] = _without_pretraining(cfg.model.estimator)
    if keypoint_definition(cfg) is not None:
        own['test_dataloader'] = _with_metainfo_file(cfg.test_dataloader)
    stock = with_stock_parts(own)
    is_stock = _parts_of_this_package().isdisjoint(_types(stock))
    deployed = stock if is_stock else own
    imports = [m for m in imported_modules(cfg) if m.split('.')[0] != _PACKAGE]
    if not is_stock:
        imports.insert(0, _PACKAGE)  # first, because importing it repairs the stack
    if imports:
        deployed['custom_imports'] = dict(imports=imports, allow_failed_imports=False)
    if 'test_dataloader' in deployed:
        deployed['dataset_type'] = _inferred_as(cfg)
    return Config(dict(deployed, **_READ_BY_TOOLS))


def keypoint_definition(cfg: Config) -> Optional[dict]:
    """The keypoints of the test data in mmpose's format; None if mmpose defines them."""
    if cfg.get('test_dataloader') is None:
        return None
    dataset = cfg.test_dataloader.dataset
    metainfo = dataset.get('metainfo')
    own_class = replaced_dataset(dataset.type)
    if own_class is not None and not isinstance(metainfo, dict):
        return own_class.definition_of(dataset)
    if metainfo is None or 'from_file' not in metainfo:
        return metainfo
    # mmpose finds its own files anywhere; a file of the user's has to go with the export
    path = metainfo['from_file']
    return Config.fromfile(path).dataset_info if osp.isfile(path) else None


def write_metainfo(definition: dict, partial: Path) -> None:
    """Write a keypoint definition in mmpose's format to a separate file.

    In a config, mmengine would sort the keypoints by their numbers as text when it writes
    it, and mmpose would then mix up which keypoints are flipped into each other.
    """
    text = pprint.pformat(dict(definition), sort_dicts=False)
    partial.write_text(f'dataset_info = {text}\n', 'utf-8')


def _with_metainfo_file(loader: dict) -> dict:
    # The folder is filled in when the config is read, so the export can be moved.
    metainfo = dict(from_file='{{ fileDirname }}/' + METAINFO_FILE)
    return dict(loader, dataset=dict(loader['dataset'], metainfo=metainfo))


def _inferred_as(cfg: Config) -> str:
    """The type of data set by which MMPoseInferencer chooses what to detect."""
    dataset = cfg.test_dataloader.dataset
    # a config that inherits from a stock one names the data set of that one
    for named in (dataset.type, cfg.get('dataset_type')):
        if named is not None and replaced_dataset(named) is None:
            return named
    name = (keypoint_definition(cfg) or {}).get('dataset_name')
    return _INFERRED_AS.get(name, 'CocoDataset')


def _without_pretraining(value: Any) -> Any:
    """A copy of a model's config that loads no weights: the checkpoint holds all."""
    if isinstance(value, (list, tuple)):
        return type(value)(_without_pretraining(item) for item in value)
    if not isinstance(value, dict):
        return value
    return {
        key: _without_pretraining(item)
        for key, item in value.items()
        if key != 'init_cfg' or 'Pretrained' not in _types(item)
    }


def _types(value: Any) -> Iterator[str]:
    """All values of ``type`` keys in nested dicts and lists."""
    if isinstance(value, dict):
        if isinstance(value.get('type'), str):
            yield value['type']
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _types(item)


def _parts_of_this_package() -> set[str]:
    """The names under which this package registers its parts with mmpose."""
    registries = (r for r in vars(mmpose_registry).values() if isinstance(r, Registry))
    return {
        name
        for registry in registries
        for name, part in registry.module_dict.items()
        if part.__module__.startswith(f'{_PACKAGE}.')
    }
