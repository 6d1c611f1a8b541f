"""One adaptation and its folder: data, config, training and models."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Optional

from mmengine.device import get_device
from torch import nn

from mmpose_uda.adaptation.config_text import config_text
from mmpose_uda.adaptation.labelled_images import LabelledImages
from mmpose_uda.adaptation.length import TRIAL, steps_within
from mmpose_uda.adaptation.source_reference import (
    SourceReference,
    measure_source,
    read_source,
)
from mmpose_uda.adaptation.split import Split
from mmpose_uda.adaptation.start import Start
from mmpose_uda.adaptation.stoppable import run_stoppable
from mmpose_uda.adaptation.target_images import write_annotations
from mmpose_uda.adaptation.training_console import show_training
from mmpose_uda.analysis.ablation import command_for
from mmpose_uda.analysis.logged_steps import EACH_STEP, read_scalars, seconds_per_step
from mmpose_uda.config import last_checkpoint, load_config
from mmpose_uda.convert.source_folder import SourceFolder
from mmpose_uda.deploy.deployed_config import METAINFO_FILE, write_metainfo
from mmpose_uda.deploy.export import export_estimator
from mmpose_uda.deploy.load_estimator import load_estimator
from mmpose_uda.errors import UserError, writing
from mmpose_uda.models.observation import STATISTICS_FILE
from mmpose_uda.whole_files import copy_whole, whole_file, write_whole

_CONFIG = 'config.py'
_CONSOLE = 'training.log'
_FOLDS = 'folds'


@dataclass(frozen=True)
class AdaptationRun:
    """An adaptation and its folder.

    Args:
        folder (Path): Folder for everything that it writes.
        start (Start): The starting model.
        split (Split): The target images, to train on and held out.
        paths (Sequence[str]): Where they come from, in words.
        labelled (Sequence[SourceFolder]): Labelled images that are trained on.
        source (SourceFolder, optional): The one of ``labelled`` that the model was trained
            on.
        repeats (int): How often the second of ``labelled`` is repeated; the first is used
            once.
        seed (int): Seed of the training.
    """

    folder: Path
    start: Start
    split: Split
    paths: Sequence[str]
    labelled: Sequence[SourceFolder] = ()
    source: Optional[SourceFolder] = None
    repeats: int = 1
    seed: int = 0

    @property
    def config(self) -> Path:
        """Path of its config."""
        return self.folder / _CONFIG

    @property
    def training(self) -> Path:
        """The work dir of its training."""
        return self.folder / 'training'

    @property
    def exported_start(self) -> Path:
        """Folder of the exported starting model."""
        return self.folder / 'start'

    @property
    def exported(self) -> Path:
        """Folder of the exported adapted model."""
        return self.training / 'export'

    def _write_data(self) -> None:
        """Write the files that its config names: keypoints, images, source statistics."""
        with writing(self.folder / METAINFO_FILE):
            if not self.start.names_a_file:
                with whole_file(self.folder / METAINFO_FILE) as partial:
                    write_metainfo(self.start.metainfo, partial)
            if self.start.statistics:
                copy_whole(self.start.statistics, self.folder / STATISTICS_FILE)
            write_annotations(self.split.trained, self.folder / 'target.json')
            write_annotations(self.split.held_out, self.folder / 'held_out.json')

    def folds(self, splits: Sequence[Split]) -> list['AdaptationRun']:
        """Return copies of this run with other splits, in subfolders of its folder."""
        return [
            replace(self, folder=self.folder / _FOLDS / str(number), split=split)
            for number, split in enumerate(splits, start=1)
        ]

    def remove_folds(self) -> None:
        """Remove the folders of :meth:`folds`, which are no longer needed."""
        shutil.rmtree(self.folder / _FOLDS, ignore_errors=True)

    def begin(self, iters: int) -> None:
        """Write its config and the files that it names, and export its starting model.

        Raises:
            UserError: A config of other arguments exists, or the weights do not fit.
        """
        text = self._text(iters)
        if self.config.exists() and self.config.read_text('utf-8') != text:
            raise UserError(
                f'{self.config} is from an adaptation with other arguments, or was edited: '
                f'name another --out, or run mmpose_uda train {self.config}.'
            )
        self._write_data()
        write_whole(self.config, text)
        out = str(self.exported_start)
        export_estimator(load_config(str(self.config)), self.start.checkpoint, out)
        if self.start.statistics:
            copy_whole(self.start.statistics, self.exported_start / STATISTICS_FILE)

    def _text(self, iters: int) -> str:
        return config_text(
            self.start,
            self.split,
            self.paths,
            self.labelled,
            self.source,
            self.repeats,
            self.folder,
            iters,
            self.seed,
        )

    def train(
        self,
        title: str = 'training',
        cfg_options: Optional[dict[str, Any]] = None,
    ) -> None:
        """Train in a separate process, or resume; do nothing if it is already trained.

        Args:
            title (str): Title of the progress bar.
            cfg_options (dict, optional): Dotted key -> value, merged into the config.

        Raises:
            UserError: The training failed.
            Preempted: SIGTERM stopped it, after it saved.
        """
        if (self.training / 'summary.json').exists():
            return
        command = command_for(
            'train',
            config=str(self.config),
            work_dir=str(self.training),
            resume='auto' if last_checkpoint(str(self.training)) else None,
            cfg_options=cfg_options,
        )
        log = self.folder / _CONSOLE
        status = run_stoppable(command, lambda lines: show_training(lines, log, title))
        if status == 130:
            raise KeyboardInterrupt
        if status:
            raise UserError(
                f'The training of {self.config} failed: see its output above and in {log}.'
            )

    def steps_within(self, minutes: float, trainings: int = 1) -> int:
        """Return how many steps fit into a time, measured by a short trial.

        The result of an earlier call with the same arguments is reused, so that a resumed
        run has the same config.

        Args:
            minutes (float): The time for all trainings.
            trainings (int): Number of trainings of that many steps.

        Raises:
            UserError: Too few steps fit.
        """
        path = self.folder / 'steps.json'
        asked = dict(minutes=minutes, trainings=trainings)
        noted = json.loads(path.read_text('utf-8')) if path.exists() else None
        if isinstance(noted, dict) and noted.items() >= asked.items():
            return noted['steps']
        folder = self.folder / 'trial'
        shutil.rmtree(folder, ignore_errors=True)
        trial = replace(self, folder=folder)
        trial.begin(TRIAL)
        trial.train('trying steps', EACH_STEP)
        seconds = seconds_per_step(read_scalars(trial.training))
        steps = steps_within(minutes, seconds, trainings)
        shutil.rmtree(folder)
        write_whole(path, json.dumps(dict(asked, steps=steps)))
        return steps

    def starting_model(self) -> nn.Module:
        """Load the starting model."""
        return load_estimator(str(self.exported_start), device=get_device())

    def adapted_model(self) -> nn.Module:
        """Load the adapted model."""
        return load_estimator(str(self.exported), device=get_device())

    def reference(
        self, before: nn.Module, source: Optional[LabelledImages]
    ) -> Optional[SourceReference]:
        """What is known of the source: measured, or read from beside the starting model.

        Args:
            before (nn.Module): The starting model.
            source (LabelledImages, optional): Labelled images that it was trained on.
        """
        if source is not None:
            return measure_source(before, source)
        return self.start.statistics and read_source(self.start.statistics)
