"""Whether verdicts are right: controlled adaptations whose outcome is known from labels.

What ``tools/analysis_tools/calibrate_verdict.py`` does. Each run is an adaptation as
``tools/adapt.py`` makes it, one that should work, one that does nothing, or one that is
sabotaged. What became of it is measured on labels that the verdict does not see.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS
from PIL import Image
from torch import nn

from mmpose_uda.adaptation.adapt import LOOKED_AT
from mmpose_uda.adaptation.labelled import errors
from mmpose_uda.adaptation.run import AdaptationRun
from mmpose_uda.adaptation.signals import Signals, observe
from mmpose_uda.adaptation.start import Start, read_start
from mmpose_uda.adaptation.target_images import Split, TargetImage, load_frames
from mmpose_uda.adaptation.verdict import BETTER, UNCLEAR, WORSE
from mmpose_uda.analysis.ablation import run_variants
from mmpose_uda.analysis.source_free import SOURCE_START
from mmpose_uda.config import load_config, prepare_data
from mmpose_uda.convert.source_folder import SourceFolder
from mmpose_uda.datasets.coco_file import load_coco
from mmpose_uda.errors import UserError, writing
from mmpose_uda.whole_files import write_whole

_CLEAR = 0.02  # of the error, below which nobody calls it a difference
_SURE = 2.0  # standard errors
_FEW = 4  # images of the case that has too few

CASES: dict[str, dict[str, Any]] = dict(
    source_free={},
    with_source={},
    nothing={'optim_wrapper.optimizer.lr': 1e-9},
    teacher_too_slow={'model.teacher.momentum': 1e-5},
    teacher_too_fast={'model.teacher.momentum': 1.0},
    information_alone={
        'train_cfg.phases.0.parts': ['information'],
        'model.alignments.information.loss_weight': 1.0,
    },
    wrong_target={},
    mirrored_labels={},
    learning_rate_x10={'optim_wrapper.optimizer.lr': 3e-3},
    too_few_images={},
)
"""Case -> what it changes in the config; others are changed elsewhere."""
_WITH_SOURCE = ('with_source', 'mirrored_labels')


@dataclass(frozen=True)
class Benchmark:
    """Something to adapt to, with labels that only the outcome is measured on.

    Args:
        name (str): For folders and tables.
        config (str): Config of a built-in benchmark, whose source the model begins with.
        target (list[TargetImage]): Images and boxes.
        test (SourceFolder): Labelled target images.
        source (SourceFolder): What the model was trained on.
        is_real (bool): Whether the target are photographs.
    """

    name: str
    config: str
    target: list[TargetImage]
    test: SourceFolder
    source: SourceFolder
    is_real: bool = False


@dataclass(frozen=True)
class Outcome:
    """A run, with what the verdict saw and what became of it.

    Args:
        benchmark (str): Where.
        case (str): Which of :data:`CASES`.
        seed (int): Of the model and of the adaptation.
        is_real (bool): Whether the target are photographs.
        signals (Signals): What the verdict saw.
        error (tuple[float, float]): Mean error on labels, before and after.
        unit (str): Its unit.
        truth (str): 'better', 'worse' or 'no clear difference'.
    """

    benchmark: str
    case: str
    seed: int
    is_real: bool
    signals: Signals
    error: tuple[float, float]
    unit: str
    truth: str

    @classmethod
    def read(cls, path: Path) -> 'Outcome':
        """Of a file that :meth:`write` wrote."""
        content = json.loads(path.read_text('utf-8'))
        return cls(**{**content, 'signals': Signals(**content['signals'])})

    def write(self, path: Path) -> None:
        """Keep it: a run that has its file is done."""
        content = {**vars(self), 'signals': self.signals.as_dict()}
        with writing(path):
            write_whole(path, json.dumps(content, indent=2) + '\n')

    def without_source(self) -> 'Outcome':
        """The same, where nothing is known of the source."""
        signals = replace(self.signals, source_confidence=None, implausible=None)
        return replace(self, signals=signals)


def truth_of(before: np.ndarray, after: np.ndarray) -> str:
    """What became of a model, from the mean errors of instances [N] before and after.

    A difference is one of more than 2 % and of more than two standard errors.
    """
    change = after.mean() / before.mean() - 1
    differences = after - before
    sure = differences.std(ddof=1) / len(differences) ** 0.5 * _SURE
    if abs(change) <= _CLEAR or abs(differences.mean()) <= sure:
        return UNCLEAR
    return BETTER if change < 0 else WORSE


def builtin_benchmark(config: str) -> Benchmark:
    """A benchmark of this package, whose data are made if they are not there."""
    cfg = _prepared(config)
    data = cfg.train_dataloader.dataset
    return Benchmark(
        name=Path(config).stem,
        config=config,
        target=_images(data.target),
        test=_folder(cfg.val_dataloader.dataset),
        source=_folder(data.source),
    )


def real_benchmark(config: str, folder: str, labels: str = 'test.json') -> Benchmark:
    """Photographs with the keypoints of a built-in benchmark.

    Args:
        config (str): Of that benchmark.
        folder (str): With ``train.json``, of images and boxes, and labelled ones; the
            images are in ``images``.
        labels (str): Name of the labelled file.
    """
    cfg = _prepared(config)
    target = dict(
        cfg.train_dataloader.dataset.target, data_root=folder, ann_file='train.json'
    )
    load_coco(str(Path(folder, labels)))
    return Benchmark(
        name=f'{Path(config).stem}_{Path(folder).name}',
        config=config,
        target=_images(target),
        test=SourceFolder(Path(folder), 'images/', labels, None),
        source=_folder(cfg.train_dataloader.dataset.source),
        is_real=True,
    )


def _prepared(config: str) -> Config:
    cfg = load_config(config)
    init_default_scope('mmpose')
    prepare_data(cfg)
    return cfg


def _images(config: dict) -> list[TargetImage]:
    """Images and boxes of a data set, which sees no labels."""
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


class Calibration:
    """All runs of a calibration in one folder.

    Args:
        benchmarks (Sequence[Benchmark]): Where to adapt.
        seeds (Sequence[int]): Of models and adaptations.
        out (Path): The folder.
        iters (int): Steps of an adaptation.
        cases (Sequence[str]): Which of :data:`CASES`.

    Raises:
        UserError: A case is unknown.
    """

    def __init__(
        self,
        benchmarks: Sequence[Benchmark],
        seeds: Sequence[int],
        out: Path,
        iters: int,
        cases: Sequence[str] = tuple(CASES),
    ):
        for case in cases:
            if case not in CASES:
                raise UserError(f'There is no case {case!r}: use {", ".join(CASES)}.')
        self.benchmarks = benchmarks
        self.seeds = seeds
        self.out = out
        self.iters = iters
        self.cases = cases

    def run(self) -> list[Outcome]:
        """Make the runs that are not done; all outcomes."""
        outcomes = []
        for seed in self.seeds:
            for benchmark in self.benchmarks:
                start = self._start(benchmark, seed)
                for case in self.cases:
                    if self._goes_with(case, start):
                        outcomes.append(self._outcome(benchmark, start, case, seed))
        return outcomes

    def _start(self, benchmark: Benchmark, seed: int) -> Start:
        """The model of the source alone; trained unless it is there."""
        folder = self.out / 'starts' / Path(benchmark.config).stem
        run_variants(benchmark.config, [seed], [SOURCE_START], str(folder))
        return read_start(str(folder / f'{SOURCE_START}_seed{seed}' / 'export'))

    def _goes_with(self, case: str, start: Start) -> bool:
        needs_maps = case == 'information_alone'
        needs_sides = case == 'mirrored_labels'
        return (start.stock.has_maps or not needs_maps) and (
            _has_sides(start) or not needs_sides
        )

    def _outcome(self, benchmark: Benchmark, start: Start, case: str, seed: int) -> Outcome:
        folder = self.out / 'runs' / f'{benchmark.name}_{case}_seed{seed}'
        path = folder / 'outcome.json'
        if path.exists():
            return Outcome.read(path)
        source = None
        if case in _WITH_SOURCE:
            source = benchmark.source
            if case == 'mirrored_labels':
                source = _mirrored(source, start, folder / 'mirrored.json')
        split = self._split(benchmark, case)
        labelled = [] if source is None else [source]
        names = [benchmark.name]
        run = AdaptationRun(folder, start, split, names, labelled, source, seed)
        run.prepare()
        run.begin(self.iters)
        run.train(CASES[case] or None)
        before, after = run.models()
        # the verdict knows the true source, whatever was trained on
        known = replace(run, source=benchmark.source if source else None)
        frames = load_frames(split.held_out, LOOKED_AT)
        signals = observe(before, after, frames, known.reference(before)).signals
        outcome = _judged(benchmark, case, seed, signals, (before, after), start)
        outcome.write(path)
        return outcome

    def _split(self, benchmark: Benchmark, case: str) -> Split:
        split = Split.of(benchmark.target)
        if case == 'too_few_images':
            return replace(split, trained=split.trained[:_FEW])
        if case == 'wrong_target':
            others = (b for b in self.benchmarks if b.config != benchmark.config)
            other = next(others, None)
            if other is None:
                raise UserError(
                    "The case 'wrong_target' takes the images of another benchmark: give "
                    'two or more.'
                )
            return replace(split, trained=other.target)
        return split


def _judged(
    benchmark: Benchmark,
    case: str,
    seed: int,
    signals: Signals,
    models: tuple[nn.Module, nn.Module],
    start: Start,
) -> Outcome:
    found = [errors(model, benchmark.test, start.metainfo) for model in models]
    in_space = all(poses is not None for _, poses in found)
    tables = [poses if in_space else image for image, poses in found]
    before, after = (np.nanmean(table, axis=1) for table in tables)
    known = np.isfinite(before) & np.isfinite(after)
    return Outcome(
        benchmark=benchmark.name,
        case=case,
        seed=seed,
        is_real=benchmark.is_real,
        signals=signals,
        error=(float(before[known].mean()), float(after[known].mean())),
        unit='mm' if in_space else 'sides of the box',
        truth=truth_of(before[known], after[known]),
    )


def _has_sides(start: Start) -> bool:
    indices = list(start.parsed['flip_indices'])
    return indices != sorted(indices)


def _mirrored(source: SourceFolder, start: Start, path: Path) -> SourceFolder:
    """The source with labels whose left and right are exchanged, written anew."""
    order = list(start.parsed['flip_indices'])
    content = load_coco(str(source.root / source.train))
    for annotation in content['annotations']:
        points = np.array(annotation['keypoints'], float).reshape(-1, 3)[order]
        annotation['keypoints'] = points.ravel().tolist()
        if annotation.get('keypoints_3d'):
            poses = annotation['keypoints_3d']
            annotation['keypoints_3d'] = [poses[n] for n in order]
    with writing(path):
        write_whole(path, json.dumps(content))
    images = str((source.root / source.images).absolute()) + '/'
    return SourceFolder(path.parent, images, path.name, None)
