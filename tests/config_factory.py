"""The repository's configs on tiny data, to run them in seconds."""

import itertools
import json
import re
from pathlib import Path
from typing import Any, Iterator
from unittest.mock import patch

import pytest
from data_factory import write_pose_dataset
from mmengine.config import Config, ConfigDict
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS, HOOKS
from published_3d_factory import write_dex_ycb, write_ho3d, write_stb
from published_animal_factory import (
    write_animal_pose,
    write_synthetic_animal,
    write_tigdog,
)
from published_body_factory import (
    write_mpi_inf_3dhp,
    write_mpi_inf_3dhp_test,
    write_surreal_full,
    write_three_dpw,
)
from published_factory import (
    write_freihand,
    write_hand_3d_studio,
    write_human36m,
    write_lsp,
    write_raw_human36m,
    write_rendered_hand_pose,
    write_surreal,
)

from mmpose_uda.metainfo import named_metainfo

CONFIG_DIR = Path(__file__).parents[1] / 'configs' / 'uda'
PHASE_ITERS = 2
BATCH_SIZE = 4
NUM_IMAGES = 9  # no multiple of the batch: the last batch of a validation is smaller
# Type of a public data set -> how it is written, from its folder and config.
PUBLISHED = dict(
    SyntheticAnimal=lambda root, cfg: write_synthetic_animal(root, tuple(cfg.animals)),
    # six shots: `own_split` holds out a fifth of them
    TigDog=lambda root, cfg: write_tigdog(
        root, shots=[(n, 2 * n, 2 * n + 1) for n in range(1, 7)]
    ),
    AnimalPose14=lambda root, cfg: write_animal_pose(root),
    SURREAL=lambda root, cfg: write_surreal(root),
    LSP=lambda root, cfg: write_lsp(root),
    Human36MRGB=lambda root, cfg: write_human36m(root, side=64),
    RenderedHandPose=lambda root, cfg: write_rendered_hand_pose(root),
    Hand3DStudio=lambda root, cfg: write_hand_3d_studio(root, count=24),
    FreiHAND=lambda root, cfg: write_freihand(root),
    HO3D=lambda root, cfg: write_ho3d(root, cfg.version),
    DexYCB=lambda root, cfg: write_dex_ycb(root),
    STB=lambda root, cfg: write_stb(root),
    Human36M3D=lambda root, cfg: write_raw_human36m(root),
    MPIINF3DHP=lambda root, cfg: write_whole_mpi_inf_3dhp(root),
    ThreeDPW=lambda root, cfg: write_three_dpw(root),
    SURREAL3D=lambda root, cfg: write_surreal_full(root),
)

# 2D configs of public data that go through kill, resume and export, as all in 3D do; the
# others, which are like these on other data, only train.
WHOLE_RUNS = ('surreal2lsp.py', 'synanimal2tigdog.py')
# The paper's network on the built-in data.
R101 = ('animal_2d_r101.py', 'hand_2d_r101.py', 'human_2d_r101.py')

_count = itertools.count()


def write_whole_mpi_inf_3dhp(root) -> None:
    """Its training and its test, whose files are HDF5."""
    pytest.importorskip('h5py')
    write_mpi_inf_3dhp(root)
    write_mpi_inf_3dhp_test(root)


def make_images_unlike(root) -> None:
    """Give each image under a folder bytes of its own, behind what is decoded.

    Those of a drawn data set are one and the same, and would be found to be.
    """
    for number, path in enumerate(sorted(Path(root).rglob('*'))):
        if path.suffix in ('.jpg', '.png'):
            with open(path, 'ab') as file:
                file.write(str(number).encode())


class Killed(Exception):
    """Ends a run as a kill does: nothing is tidied up or saved."""


@HOOKS.register_module()
class KillHook(Hook):
    """Ends the run before an iteration.

    Args:
        at (int): The first iteration that is not run.
    """

    def __init__(self, at: int):
        self.at = at

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.iter == self.at:
            raise Killed


@HOOKS.register_module()
class RecordHook(Hook):
    """Writes what each iteration was given into ``work_dir/record.json``."""

    priority = 'VERY_LOW'

    def __init__(self):
        self.rows = []

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        self.rows.append(
            dict(
                phase=runner.train_loop.phase.name,
                views=sorted(data_batch['inputs']),
                losses={key: value.item() for key, value in outputs.items()},
                lr=runner.optim_wrapper.get_lr()['lr'][0],
            )
        )
        Path(runner.work_dir, 'record.json').write_text(json.dumps(self.rows))


def runnable_configs() -> list[Path]:
    """Configs under ``configs/uda`` that ``tools/train.py`` takes."""
    return sorted(
        path
        for path in CONFIG_DIR.rglob('*.py')
        if not any(part.startswith('_') for part in path.relative_to(CONFIG_DIR).parts)
    )


def _dicts(value: Any) -> Iterator[ConfigDict]:
    """All dicts in nested dicts and lists, each once."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _dicts(item)


def redirect_data(cfg: Config, root: Path) -> None:
    """Let the data sets of a config read tiny ones under ``root``; made if missing."""
    cfg.builtin_data = None
    seed = 0
    for dataset in _dicts([cfg.train_dataloader, cfg.val_dataloader]):
        if dataset.get('type') in PUBLISHED:
            _redirect_published(dataset, root)
        if 'ann_file' not in dataset:
            continue
        metainfo = dataset.get('metainfo') or DATASETS.get(dataset.type).METAINFO
        if isinstance(metainfo, str):
            metainfo = named_metainfo(metainfo)
        names = parse_pose_metainfo(dict(metainfo))['keypoint_id2name'].values()
        dataset.data_root = str(root / Path(dataset.data_root).name)
        seed += 1
        if not Path(dataset.data_root, dataset.ann_file).exists():
            split = Path(dataset.ann_file).stem
            write_pose_dataset(
                dataset.data_root, NUM_IMAGES, split, seed=seed, names=list(names)
            )
    cfg.test_dataloader = cfg.val_dataloader


def _redirect_published(dataset: ConfigDict, root: Path) -> None:
    """Let a public data set read a drawn one under ``root``; made if missing."""
    folder = root / Path(dataset.data_root).name
    if not folder.exists():
        PUBLISHED[dataset.type](folder, dataset)
        make_images_unlike(folder)
    dataset.data_root = str(folder)
    if dataset.get('test_mode'):
        dataset.indices = NUM_IMAGES  # the test of Human3.6M is 3200 draws


def public_configs() -> list[Path]:
    """Configs of public data: those named source2target."""
    return [p for p in runnable_configs() if re.search('[a-z]2[a-z]', p.stem)]


def public_2d_configs() -> list[Path]:
    """Those of 2D poses."""
    return [path for path in public_configs() if not path.stem.endswith('_3d')]


def reads_public(cfg: Config) -> bool:
    """Whether the data of a config are public, not this package's own."""
    return any(d.get('type') in PUBLISHED for d in _dicts(cfg.train_dataloader))


def _shrink(cfg: Config) -> None:
    """Small crops and a small backbone, in the place of those for GPUs."""
    cfg.input_size = (64, 64)
    for part in _dicts(cfg._cfg_dict):
        if 'input_size' in part:
            part.input_size = (64, 64)
        if 'heatmap_size' in part:
            part.heatmap_size = (16, 16)
    if cfg.model.estimator.backbone.type == 'ResNet':
        cfg.model.estimator.backbone.depth = 18
        cfg.model.estimator.head.in_channels = 512
    else:
        _shrink_vit(cfg)


def _shrink_vit(cfg: Config) -> None:
    """Two layers of 32 channels on 4 x 4 patches, and a decoder of one."""
    arch = dict(embed_dims=32, num_layers=2, num_heads=2, feedforward_channels=64)
    cfg.model.estimator.backbone.update(arch=arch, img_size=(64, 64))
    cfg.model.estimator.head.update(in_channels=32, upsample_channels=16)
    cfg.optim_wrapper.paramwise_cfg.num_layers = 2
    parts = cfg.model.alignments
    parts.reconstruction.head.update(
        in_channels=32, patch_grid=(4, 4), embed_dims=32, depth=1, num_heads=2
    )
    parts.attention.layers = [0, 1][-len(parts.attention.layers) :]
    if cfg.model.get('foreground_head') is not None:
        cfg.model.foreground_head.in_channels = 32


def tiny_config(path: Path, data_root: Path, work_dir: Path, small: bool = True) -> Config:
    """A config that trains each of its phases for two iterations.

    Networks, parts and pipelines are those of the file, but for networks for GPUs: those
    are small, unless ``small`` is False.
    """
    cfg = Config.fromfile(path)
    if small and (reads_public(cfg) or path.name in R101):
        _shrink(cfg)
    redirect_data(cfg, data_root)
    for phase in cfg.train_cfg.phases:
        phase.iters = PHASE_ITERS
    loaders = (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader)
    # networks for GPUs take seconds an image
    batch_size = BATCH_SIZE if max(cfg.input_size) < 128 else BATCH_SIZE // 2
    for loader in filter(None, loaders):
        loader.update(batch_size=batch_size, num_workers=0, persistent_workers=False)
    cfg.default_hooks.checkpoint.update(interval=1, max_keep_ckpts=1)
    cfg.default_hooks.logger.interval = 1
    cfg.custom_hooks = [*cfg.custom_hooks, dict(type='RecordHook')]
    cfg.visualizer.vis_backends = [dict(type='LocalVisBackend')]
    cfg.work_dir = str(work_dir)
    # mmengine's logs and pictures of one name are shared by all runs of a process
    cfg.experiment_name = cfg.visualizer.name = f'tiny{next(_count)}'
    return cfg


def run(cfg: Config) -> Runner:
    """Train what a config describes."""
    # Every checkpoint holds the text of the config, and yapf takes seconds for it.
    with patch('mmengine.config.config.FormatCode', lambda text, **_: (text, True)):
        runner = Runner.from_cfg(cfg)
        runner.train()
    return runner


def run_killed_and_resumed(
    path: Path, data_root: Path, work_dir: Path, *kills: int
) -> Runner:
    """Train, kill before each of some iterations, resume, and finish."""
    for number, at in enumerate([*kills, None]):
        cfg = tiny_config(path, data_root, work_dir)
        if number:
            last = Path(work_dir, 'last_checkpoint').read_text()
            cfg.update(resume=True, load_from=last)
        if at is None:
            return run(cfg)
        cfg.custom_hooks.append(dict(type='KillHook', at=at))
        try:
            run(cfg)
        except Killed:
            continue
        raise AssertionError(f'The run ended before iteration {at}.')


def read_summary(work_dir: Path) -> dict:
    """``summary.json`` of a run."""
    return json.loads(Path(work_dir, 'summary.json').read_text())
