"""Check verdicts on controlled adaptations whose outcome is known from labels.

``tools/analysis_tools/calibrate_verdict.py`` runs this. Each run is an adaptation as
``tools/adapt.py`` makes it: one that should work, one that does nothing, or one that is
sabotaged. Its outcome is measured on labels that the verdict does not see.
"""

import itertools
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Optional

import numpy as np

from mmpose_uda.adaptation.calibration_data import Benchmark
from mmpose_uda.adaptation.calibration_plan import CASES, WITH_SOURCE, Planned
from mmpose_uda.adaptation.equivariance import Seen, look
from mmpose_uda.adaptation.held_out import LOOKED_AT
from mmpose_uda.adaptation.labelled import errors
from mmpose_uda.adaptation.labelled_images import LabelledImages
from mmpose_uda.adaptation.run import AdaptationRun
from mmpose_uda.adaptation.signals import Signals, in_standard_errors, observe
from mmpose_uda.adaptation.split import Split, split_target
from mmpose_uda.adaptation.start import Start, read_start
from mmpose_uda.adaptation.target_images import load_frames
from mmpose_uda.adaptation.verdict import BETTER, UNCLEAR, WORSE
from mmpose_uda.analysis.ablation import run_variants
from mmpose_uda.analysis.source_free import SOURCE_START
from mmpose_uda.convert.source_folder import SourceFolder
from mmpose_uda.datasets.coco_file import load_coco
from mmpose_uda.errors import UserError, writing
from mmpose_uda.inference.image_sources import Frame
from mmpose_uda.whole_files import write_whole

# Relative change of the error. The errors of one recipe with different seeds have a
# standard deviation of 1 to 3 % (docs/source_free.md): a smaller change may be due to the
# seed.
_CLEAR = 0.05
_SURE = 2.0  # standard errors
_FEW = 4  # images in the case `too_few_images`
_TESTED = 600  # labelled instances, at most
_UNITS = ('sides of the box', 'mm')  # of errors in the image and in space


@dataclass(frozen=True)
class Outcome:
    """The outcome of a run: what the verdict saw, and what is true.

    Args:
        benchmark (str): Name of the benchmark.
        case (str): One of :data:`CASES`.
        seed (int): Seed of the adaptation.
        half (str): 'fit' if thresholds may be fitted to it, else 'held out'.
        signals (Signals): What the verdict saw.
        on_labels (dict[str, tuple[float, float]]): Unit -> mean error before and after,
            in the image and, for a 3D estimator, in space.
        truth (str): 'better', 'worse' or 'no clear difference'.
    """

    benchmark: str
    case: str
    seed: int
    half: str
    signals: Signals
    on_labels: dict[str, tuple[float, float]]
    truth: str

    @classmethod
    def read(cls, path: Path) -> 'Outcome':
        """Read a file that :meth:`write` wrote.

        Raises:
            UserError: It is from a version with other signals.
        """
        content = json.loads(path.read_text('utf-8'))
        known = [content.keys(), content.get('signals', {}).keys()]
        if known != [{field.name for field in fields(kind)} for kind in (cls, Signals)]:
            raise UserError(
                f'{path} is from another version of this tool: name another --out.'
            )
        return cls(**{**content, 'signals': Signals(**content['signals'])})

    def write(self, path: Path) -> None:
        """Write it to a file, which marks the run as done."""
        content = {**vars(self), 'signals': self.signals.as_dict()}
        with writing(path):
            write_whole(path, json.dumps(content, indent=2) + '\n')

    def without_source(self) -> 'Outcome':
        """Return a copy in which nothing is known of the source."""
        signals = replace(self.signals, source_confidence=None, implausible=None)
        return replace(self, signals=signals)


def truth_of(*measured: tuple[np.ndarray, np.ndarray]) -> str:
    """Return whether a model became better or worse, by its errors on labels.

    Only a change of more than 5 % and more than two standard errors counts. A model that is
    worse in the image or in space is worse; otherwise one that is better in either is
    better.

    Args:
        *measured (tuple[np.ndarray, np.ndarray]): Mean errors of instances [N] before and
            after, in the image and optionally in space.
    """
    found = {_truth_of_one(before, after) for before, after in measured}
    return next((one for one in (WORSE, BETTER) if one in found), UNCLEAR)


def _truth_of_one(before: np.ndarray, after: np.ndarray) -> str:
    change = after.mean() / before.mean() - 1
    if abs(change) <= _CLEAR or abs(in_standard_errors(after - before)) <= _SURE:
        return UNCLEAR
    return BETTER if change < 0 else WORSE


class Calibration:
    """All runs of a calibration in one folder.

    Args:
        benchmarks (Sequence[Benchmark]): What to adapt to.
        out (Path): The folder.
        iters (int): Steps of each adaptation.
        cases (Sequence[str]): Which of :data:`CASES`; all by default.
        starts (dict[str, str]): Config of a benchmark -> export of the model to adapt.
            If a benchmark has none, a model is trained.

    Raises:
        UserError: A case is unknown.
    """

    def __init__(
        self,
        benchmarks: Sequence[Benchmark],
        out: Path,
        iters: int,
        cases: Sequence[str] = tuple(CASES),
        starts: dict[str, str] = {},
    ):
        for case in cases:
            if case not in CASES:
                raise UserError(f'There is no case {case!r}: use {", ".join(CASES)}.')
        self.benchmarks = benchmarks
        self.out = out
        self.iters = iters
        self.cases = cases
        self.starts = starts

    def run(self) -> Iterator[Outcome]:
        """Make the missing runs, and yield each outcome as soon as it is known.

        Benchmarks take turns, so that early outcomes are of all of them.
        """
        befores = [_Before(one, self._start(one)) for one in self.benchmarks]
        plans = [
            [
                one
                for one in before.benchmark.plan
                if one.case in self.cases and self._applies(one.case, before)
            ]
            for before in befores
        ]
        for turn in itertools.zip_longest(*plans):
            for before, planned_run in zip(befores, turn):
                if planned_run is not None:
                    yield self._outcome(before, planned_run)

    def _start(self, benchmark: Benchmark) -> Start:
        """The model trained only on the source; it is trained now unless it exists."""
        if benchmark.config in self.starts:
            return read_start(self.starts[benchmark.config])
        folder = self.out / 'starts' / Path(benchmark.config).stem
        run_variants(benchmark.config, [0], [SOURCE_START], str(folder))
        return read_start(str(folder / f'{SOURCE_START}_seed0' / 'export'))

    def _outcome(self, before: '_Before', planned_run: Planned) -> Outcome:
        benchmark, case = before.benchmark, planned_run.case
        folder = self.out / 'runs' / f'{benchmark.name}_{case}_seed{planned_run.seed}'
        path = folder / 'outcome.json'
        if path.exists():
            return Outcome.read(path)
        begun = time.monotonic()
        source = None
        if case in WITH_SOURCE:
            source = benchmark.source
            if case == 'mirrored_labels':
                source = _mirrored(source, before.start, folder / 'mirrored.json')
        split = self._split(before, case)
        run = AdaptationRun(
            folder=folder,
            start=before.start,
            split=split,
            paths=[benchmark.name],
            labelled=[source] if source else [],
            source=source,
            seed=planned_run.seed,
        )
        run.begin(self.iters)
        # no worker processes: a run is short and uses one thread
        options = {'train_dataloader.num_workers': 0, **CASES[case]}
        run.train(cfg_options=options)
        # the verdict knows the true source, whatever was trained on
        known = before.source if source else None
        outcome = before.compare(run, planned_run, known)
        outcome.write(path)
        for weights in folder.rglob('*.pth'):
            weights.unlink()  # those of fifty runs take gigabytes
        seconds = time.monotonic() - begun
        print(f'{folder.name}: {outcome.truth}, {seconds:.0f} s', flush=True)
        return outcome

    def _split(self, before: '_Before', case: str) -> Split:
        split = before.split
        if case == 'too_few_images':
            return replace(split, trained=split.trained[:_FEW])
        if case == 'wrong_target':
            return replace(split, trained=self._others(before)[0].target)
        return split

    def _others(self, before: '_Before') -> list[Benchmark]:
        """The benchmarks of other configs."""
        return [b for b in self.benchmarks if b.config != before.benchmark.config]

    def _applies(self, case: str, before: '_Before') -> bool:
        """Whether a case can be made of a model; the others are left out."""
        if case == 'information_alone':
            return before.start.stock.has_maps
        if case == 'mirrored_labels':
            return _has_sides(before.start)
        return case != 'wrong_target' or bool(self._others(before))


class _Before:
    """The starting model of a benchmark, and its predictions there, made only once.

    Args:
        benchmark (Benchmark): The benchmark.
        start (Start): The model.
    """

    def __init__(self, benchmark: Benchmark, start: Start):
        self.benchmark = benchmark
        self.start = start
        split, folds = split_target(benchmark.target)
        self.split = folds[0] if folds else split
        self.test = LabelledImages(benchmark.test, start.metainfo)
        self.source = LabelledImages(benchmark.source, start.metainfo)
        self._seen: Optional[tuple[Seen, np.ndarray, Optional[np.ndarray]]] = None

    @cached_property
    def frames(self) -> list[Frame]:
        """Held-out images, which are the same in all runs."""
        return load_frames(self.split.held_out, LOOKED_AT)

    def compare(
        self, run: AdaptationRun, planned_run: Planned, source: Optional[LabelledImages]
    ) -> Outcome:
        """Compare the model that a run adapted with the starting model.

        Args:
            run (AdaptationRun): The run, after its training.
            planned_run (Planned): Its entry in the plan.
            source (LabelledImages, optional): The source, if the verdict knows it.
        """
        model = run.starting_model()
        if self._seen is None:
            self._seen = (look(model, self.frames), *errors(model, self.test, _TESTED))
        seen, *found = self._seen
        adapted = run.adapted_model()
        signals = observe(
            seen,
            look(adapted, self.frames),
            self.start.parsed['flip_indices'],
            run.reference(model, source),
        ).signals
        pairs = zip(_UNITS, found, errors(adapted, self.test, _TESTED))
        measured = {
            unit: _of_instances(before, after)
            for unit, before, after in pairs
            if before is not None and after is not None
        }
        return Outcome(
            benchmark=self.benchmark.name,
            case=planned_run.case,
            seed=planned_run.seed,
            half=planned_run.half,
            signals=signals,
            on_labels={
                unit: (float(before.mean()), float(after.mean()))
                for unit, (before, after) in measured.items()
            },
            truth=truth_of(*measured.values()),
        )


def _of_instances(before: np.ndarray, after: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean errors [N] from [N, K], of labelled instances that both models find."""
    known = np.isfinite(before).any(1) & np.isfinite(after).any(1)
    return np.nanmean(before[known], 1), np.nanmean(after[known], 1)


def _has_sides(start: Start) -> bool:
    indices = list(start.parsed['flip_indices'])
    return indices != sorted(indices)


def _mirrored(source: SourceFolder, start: Start, path: Path) -> SourceFolder:
    """Write the source's labels with left and right exchanged."""
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
