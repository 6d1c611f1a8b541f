"""What must be known of a stock mmpose config before it is adapted."""

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.utils import get_installed_path
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS, MODELS
from torch import Tensor, nn

from mmpose_uda.config import imported_modules, load_config, user_errors
from mmpose_uda.datasets.keypoint_names import parse_definition
from mmpose_uda.datasets.stock_views import class_name, derive_views
from mmpose_uda.errors import UserError
from mmpose_uda.models.readers import find_reader
from mmpose_uda.models.utils import batch_norm_layers, capture_features

# Hooks that do not suit an adaptation, and why.
UNFIT_HOOKS = dict(
    EMAHook='would average the teacher, which is an average already',
    PipelineSwitchHook='would switch a pipeline that the views do not use',
)


@dataclass(frozen=True)
class StockConfig:
    """A stock config and what its adaptation depends on.

    Args:
        cfg (Config): The config itself.
        head (str): Class of the head.
        has_distributions (bool): Whether pseudo labels can be read off the head.
        has_maps (bool): Whether the head has maps of positions.
        has_batch_norm (bool): Whether the network has BatchNorm layers.
        channels (int): Number of channels of the backbone's last features.
    """

    cfg: Config
    head: str
    has_distributions: bool
    has_maps: bool
    has_batch_norm: bool
    channels: int

    @property
    def decays_layers(self) -> bool:
        """Whether it uses mmpose's layer-wise learning rates."""
        name = (self.cfg.get('optim_wrapper') or {}).get('constructor')
        return name == 'LayerDecayOptimWrapperConstructor'

    @property
    def hooks(self) -> list[dict]:
        """Its custom hooks."""
        return [hook.to_dict() for hook in self.cfg.get('custom_hooks') or ()]

    @property
    def metainfo(self) -> dict:
        """Keypoint definition of its training data, or of its test data without any."""
        loader = self.cfg.get('train_dataloader') or self.cfg.test_dataloader
        kind = DATASETS.get(loader.dataset.type)
        metainfo = loader.dataset.get('metainfo') or getattr(kind, 'METAINFO', None)
        if not metainfo:
            raise UserError(
                f'The keypoints of a {loader.dataset.type} are not known: correct the '
                'type of the data set, or give it a `metainfo`.'
            )
        return dict(metainfo)

    @property
    def skeleton(self) -> list[tuple[int, int]]:
        """Bones of its keypoints as pairs."""
        links = parse_pose_metainfo(self.metainfo)['skeleton_links']
        return [tuple(link) for link in links]

    @property
    def imports(self) -> list[str]:
        """Modules that its own parts come from."""
        return imported_modules(self.cfg)

    @property
    def metrics(self) -> list[dict]:
        """The metrics that it validates with."""
        evaluator = self.cfg.get('val_evaluator') or dict(type='CocoMetric')
        metrics = evaluator if isinstance(evaluator, (list, tuple)) else [evaluator]
        return [dict(metric) for metric in metrics]


def examine(base: str, trains: bool = True) -> StockConfig:
    """Read a stock config and build its network.

    Args:
        base (str): Path of the config, or 'mmpose::' and a path in mmpose's configs.
        trains (bool): Whether it must define a training, which an export does not.

    Raises:
        UserError: It does not exist, does not run, or is not for a top-down estimator.
    """
    cfg = _read(base)
    with user_errors(cfg):
        _require_top_down(cfg, base, trains)
        init_default_scope('mmpose')
        network = MODELS.build(cfg.model)
        reader = find_reader(network.head)
        found = StockConfig(
            cfg=cfg,
            head=type(network.head).__name__,
            has_distributions=reader is not None,
            has_maps=reader is not None and reader.has_maps,
            has_batch_norm=bool(batch_norm_layers(network)),
            channels=_channels(network, cfg),
        )
        parse_definition(found.metainfo, f'the data of {base}')
    return found


def _read(base: str) -> Config:
    if '::' not in base:
        return load_config(base)
    try:
        return Config.fromstring(f'_base_ = {base!r}', '.py')
    except (FileNotFoundError, ModuleNotFoundError, ValueError) as error:
        raise UserError(f'There is no config {base}: {_remedy(base)}.') from error


def _remedy(base: str) -> str:
    package, _, path = base.partition('::')
    if package == 'mmpose':
        root = Path(get_installed_path('mmpose'), '.mim', 'configs')
        known = [found.relative_to(root).as_posix() for found in root.rglob('*.py')]
        if near := get_close_matches(path, known, n=2, cutoff=0.9):
            return 'use ' + ' or '.join(f'mmpose::{name}' for name in near)
    return (
        'give the path of a file, or mmpose:: and a path such as '
        'body_2d_keypoint/topdown_heatmap/coco/....py'
    )


def _require_top_down(cfg: Config, base: str, trains: bool) -> None:
    kind = (cfg.get('model') or {}).get('type')
    if kind != 'TopdownPoseEstimator':
        raise UserError(
            f'{base} has model.type={kind!r}: only a TopdownPoseEstimator can be adapted.'
        )
    if cfg.get('train_dataloader') is not None:
        derive_views(cfg.train_dataloader.dataset.get('pipeline'))
    elif trains:
        raise UserError(f'{base} has no `train_dataloader`: give a config that trains.')
    elif cfg.get('test_dataloader') is None:
        raise UserError(f'{base} has neither training nor test data: add some.')


def is_crop(step: dict) -> bool:
    """Whether a transform cuts out the box, be it mmpose's or this package's."""
    return class_name(step).startswith('TopdownAffine')


@torch.no_grad()
def _channels(network: nn.Module, cfg: Config) -> int:
    """Number of channels of the backbone's last features, from a blank image."""
    loader = cfg.get('train_dataloader') or cfg.test_dataloader
    crop = next(filter(is_crop, loader.dataset.pipeline), {})
    if 'input_size' not in crop:
        raise UserError(
            f'The pipeline of {cfg.filename} has no TopdownAffine with an `input_size`: '
            'add it.'
        )
    width, height = crop['input_size']
    seen: dict[str, Tensor] = {}
    with capture_features(network.eval(), ['backbone'], seen):
        network.backbone(torch.zeros(1, 3, height, width))
    return seen['backbone'].shape[1]
