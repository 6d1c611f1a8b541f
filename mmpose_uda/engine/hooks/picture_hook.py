"""Pictures of what the networks see, drawn during training."""

from pathlib import Path
from typing import Optional

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from mmpose_uda.engine.unwrap import unwrapped_model
from mmpose_uda.evenly import evenly
from mmpose_uda.visualization import comparison_sheet, save_picture
from mmpose_uda.visualization.masked_modelling import draw_masked_modelling
from mmpose_uda.visualization.tested_samples import (
    beside_labels,
    crop_picture,
    poses_of,
)
from mmpose_uda.whole_files import whole_file

_WIDTH = 176  # px


@HOOKS.register_module()
class AdaptationPictureHook(Hook):
    """Draws target images after every phase, and in between, into ``work_dir/pictures``.

    ``predictions.jpg`` shows the predictions of each phase side by side, and
    ``masked_modelling_<phase>.jpg`` what reconstruction and attention parts do to a batch
    of target images in training. Those in between are named by the number of iterations
    done, as in ``predictions_000200.jpg`` and ``masked_modelling_000200.jpg``. All go to
    the visualizer's backends too.

    Args:
        titles (dict[str, str]): Phases whose predictions are shown, and their titles.
        num_images (int): Rows of each picture.
        interval (int): Iterations between two pictures within a phase; 0 for pictures at
            the end of phases only.
    """

    priority = 'LOW'

    def __init__(
        self,
        titles: dict[str, str] = dict(source='before adaptation', adapt='adapted'),
        num_images: int = 8,
        interval: int = 0,
    ):
        self.titles = dict(titles)
        self.num_images = num_images
        self.interval = interval

    def after_train_iter(
        self,
        runner,
        batch_idx: int,
        data_batch: Optional[dict] = None,
        outputs: Optional[dict] = None,
    ) -> None:
        """Draw what the parts do to the last batch of a phase, and the state in between."""
        if not is_main_process():
            return
        phase, done = runner.train_loop.phase, runner.iter + 1
        if done == phase.end:
            self.show_parts(runner, data_batch, phase.name)
        elif self.every_n_train_iters(runner, self.interval):
            self.show_parts(runner, data_batch, f'{done:06d}')
            if phase.name in self.titles and runner.val_loop is not None:
                images, samples = self.predict(runner)
                shown = self.stored(runner)
                shown[f'iteration {done}'] = poses_of(samples, 'pred_instances')
                sheet = self.draw_predictions(runner, images, samples, shown)
                _publish(runner, 'predictions', f'_{done:06d}', sheet, done)

    def after_val_epoch(self, runner, metrics: Optional[dict] = None) -> None:
        """Draw the predictions after the phase that just ended."""
        phase = runner.train_loop.phase.name
        if phase in self.titles and is_main_process():
            images, samples = self.predict(runner)
            folder = _folder(runner)
            folder.mkdir(parents=True, exist_ok=True)
            # on disk, so that a resumed run still has those of earlier phases
            poses = poses_of(samples, 'pred_instances')
            with (
                whole_file(folder / f'predictions_{phase}.npz') as partial,
                open(partial, 'wb') as opened_partial,  # a path would get a .npz added
            ):
                np.savez(opened_partial, **poses)
            shown = self.stored(runner)
            sheet = self.draw_predictions(runner, images, samples, shown)
            _publish(runner, 'predictions', '', sheet, runner.iter)

    @torch.no_grad()
    def predict(self, runner) -> tuple[list[np.ndarray], list]:
        """Return crops of fixed test images, BGR [h, w, 3], and their predictions."""
        dataset = runner.val_dataloader.dataset
        items = [dataset[i] for i in evenly(len(dataset), self.num_images)]
        model = unwrapped_model(runner)
        model.eval()
        samples = model.test_step(pseudo_collate(items))
        return [crop_picture(sample, _WIDTH) for sample in samples], samples

    def stored(self, runner) -> dict[str, dict[str, np.ndarray]]:
        """Return the predictions of the phases that have ended, by title."""
        found = {}
        for phase in runner.train_loop.phases:
            path = _folder(runner) / f'predictions_{phase.name}.npz'
            ended = phase.end <= runner.iter  # the file may be of an earlier run
            if ended and phase.name in self.titles and path.exists():
                with np.load(path) as file:
                    found[self.titles[phase.name]] = dict(file)
        return found

    @staticmethod
    def draw_predictions(runner, images: list, samples: list, shown: dict) -> np.ndarray:
        """Draw predictions side by side, by title, next to the labels.

        Args:
            runner (Runner): Its validation data define the keypoints.
            images (list[np.ndarray]): The crop of each image, in any size.
            samples (list): Samples with labels.
            shown (dict): Title -> poses, whose keypoints are in px of the crops.
        """
        metainfo = runner.val_dataloader.dataset.metainfo
        shown = beside_labels(images, samples, shown)
        return comparison_sheet(metainfo=metainfo, width=_WIDTH, **shown)

    @torch.no_grad()
    def show_parts(self, runner, batch: dict, name: str) -> None:
        """Draw what reconstruction and attention parts do to target images."""
        model = unwrapped_model(runner)
        data = model.data_preprocessor(batch, training=False)
        few = slice(self.num_images)
        observed = model.observe(
            {view: images[few] for view, images in data['inputs'].items()},
            {view: samples[few] for view, samples in data['data_samples'].items()},
        )
        if 'target_student' not in observed:
            return
        model.eval()
        sheet = draw_masked_modelling(model, observed, 'target_student')
        if sheet is not None:
            _publish(runner, 'masked_modelling', f'_{name}', sheet, runner.iter + 1)


def _publish(runner, kind: str, suffix: str, sheet: np.ndarray, done: int) -> None:
    """Save a picture in the folder, and send it to the visualizer's backends."""
    save_picture(_folder(runner) / f'{kind}{suffix}.jpg', sheet)
    runner.visualizer.add_image(kind, sheet[..., ::-1], done)


def _folder(runner) -> Path:
    return Path(runner.work_dir) / 'pictures'
