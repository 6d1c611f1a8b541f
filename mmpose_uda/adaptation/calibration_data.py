"""Benchmarks to calibrate the verdict on, whose labels only measure the outcome."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS
from PIL import Image

from mmpose_uda.adaptation.calibration_plan import PLANS, Planned
from mmpose_uda.adaptation.target_images import TargetImage
from mmpose_uda.config import load_config, prepare_data
from mmpose_uda.convert.source_folder import SourceFolder
from mmpose_uda.datasets.coco_file import load_coco


@dataclass(frozen=True)
class Benchmark:
    """A target to adapt to, with labels that only measure the outcome.

    Args:
        name (str): Name in folders and tables.
        config (str): Config of a built-in benchmark, on whose source the model is trained.
        target (list[TargetImage]): Images and boxes.
        test (SourceFolder): Labelled target images.
        source (SourceFolder): Labelled images that the model was trained on.
        plan (tuple[Planned, ...]): Runs to make there.
    """

    name: str
    config: str
    target: list[TargetImage]
    test: SourceFolder
    source: SourceFolder
    plan: tuple[Planned, ...] = PLANS['rendered']


def builtin_benchmark(config: str) -> Benchmark:
    """Return a built-in benchmark, whose data are generated if they are missing."""
    cfg = _prepared(config)
    data = cfg.train_dataloader.dataset
    return Benchmark(
        name=Path(config).stem,
        config=config,
        target=_images(data.target),
        test=_folder(cfg.val_dataloader.dataset),
        source=_folder(data.source),
    )


def real_benchmarks(config: str, folder: str) -> Iterator[Benchmark]:
    """Yield benchmarks of photographs for both halves of the runs.

    Args:
        config (str): Config of the built-in benchmark that has the same keypoints.
        folder (str): Folder with ``images``, ``train.json`` (images and boxes),
            ``tune.json`` (labels that thresholds may be fitted to) and ``test.json`` (other
            labels).
    """
    cfg = _prepared(config)
    target = dict(
        cfg.train_dataloader.dataset.target, data_root=folder, ann_file='train.json'
    )
    images = _images(target)
    for labels, plan in (
        ('tune.json', 'photographs_to_fit'),
        ('test.json', 'photographs_held_out'),
    ):
        load_coco(str(Path(folder, labels)))
        yield Benchmark(
            name=f'{Path(config).stem}_{Path(folder).name}',
            config=config,
            target=images,
            test=SourceFolder(Path(folder), 'images/', labels, None),
            source=_folder(cfg.train_dataloader.dataset.source),
            plan=PLANS[plan],
        )


def _prepared(config: str) -> Config:
    cfg = load_config(config)
    init_default_scope('mmpose')
    prepare_data(cfg)
    return cfg


def _images(config: dict) -> list[TargetImage]:
    """Images and boxes of a data set, without its labels."""
    data = DATASETS.build(dict(config, pipeline=[], labels=False))
    found: dict[str, TargetImage] = {}
    for info in (data.get_data_info(i) for i in range(len(data))):
        path = str(Path(info['img_path']).absolute())
        x1, y1, x2, y2 = map(float, info['bbox'][0])
        if path not in found:
            with Image.open(path) as image:
                found[path] = TargetImage(path, image.size, [])
        found[path].boxes.append([x1, y1, x2 - x1, y2 - y1])
    return list(found.values())


def _folder(config: dict) -> SourceFolder:
    images = config.get('data_prefix', {}).get('img', 'images/')
    return SourceFolder(Path(config['data_root']), images, config['ann_file'], None)
