"""Pictures of what the networks see, made while training."""

from pathlib import Path
from typing import Optional

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from mmpose_uda.apis.mim_picture import draw_masked_modelling
from mmpose_uda.engine.unwrap import unwrapped_model
from mmpose_uda.visualization import comparison_sheet, save_picture


@HOOKS.register_module()
class AdaptationPictureHook(Hook):
    """Draws target images after every phase into ``work_dir/pictures``.

    ``predictions.jpg`` has the predictions of each phase side by side,
    ``masked_modelling_<phase>.jpg`` shows what reconstruction and attention parts do to a
    batch of target images in training. Both go to the visualizer's backends too.

    Args:
        num_images (int): Rows of each picture.
        titles (dict[str, str]): Phases whose predictions are shown, and their titles.
    """

    priority = 'LOW'

    def __init__(
        self,
        titles: dict[str, str] = dict(source='before adaptation', adapt='adapted'),
        num_images: int = 8,
    ):
        self.titles = dict(titles)
        self.num_images = num_images

    def after_train_iter(
        self,
        runner,
        batch_idx: int,
        data_batch: Optional[dict] = None,
        outputs: Optional[dict] = None,
    ) -> None:
        """Show what the parts do to the last batch of a phase."""
        phase = runner.train_loop.phase
        if batch_idx + 1 == phase.end and is_main_process():
            model = unwrapped_model(runner)
            self.draw_parts(runner, model, data_batch, phase.name)

    def after_val_epoch(self, runner, metrics: Optional[dict] = None) -> None:
        """Draw the predictions after the phase that just ended."""
        phase = runner.train_loop.phase.name
        if phase in self.titles and is_main_process():
            self.draw_predictions(runner, unwrapped_model(runner), phase)

    @torch.no_grad()
    def draw_predictions(self, runner, model, phase: str) -> None:
        """Predict fixed test images, and show them beside those of earlier phases."""
        folder = Path(runner.work_dir) / 'pictures'
        dataset = runner.val_dataloader.dataset
        # Spread over the set: neighbours may be alike.
        chosen = np.linspace(0, len(dataset) - 1, self.num_images).astype(int)
        items = [dataset[int(i)] for i in chosen]
        model.eval()
        samples = model.test_step(pseudo_collate(items))
        predictions = dict(keypoints=_crop_points(samples, 'pred_instances'))
        if 'keypoints_3d' in samples[0].pred_instances:
            predictions['keypoints_3d'] = _rooted(samples, 'pred_instances')
        folder.mkdir(parents=True, exist_ok=True)
        # On disk, so that a resumed run still has those of earlier phases.
        np.savez(folder / f'predictions_{phase}.npz', **predictions)

        columns, poses = {}, {}
        for name, title in self.titles.items():
            path = folder / f'predictions_{name}.npz'
            if path.exists():
                with np.load(path) as stored:
                    columns[title] = stored['keypoints']
                    if 'keypoints_3d' in stored:
                        poses[title] = stored['keypoints_3d']
        truth = 'ground truth'
        columns[truth] = _crop_points(samples, 'gt_instances')
        if poses:
            poses[truth] = _rooted(samples, 'gt_instances')
        images = [item['inputs'].permute(1, 2, 0).numpy() for item in items]
        sheet = comparison_sheet(
            images, columns, dataset.metainfo, poses, reference=truth if poses else None
        )
        save_picture(folder / 'predictions.jpg', sheet)
        runner.visualizer.add_image('predictions', sheet[..., ::-1], runner.iter)

    @torch.no_grad()
    def draw_parts(self, runner, model, batch: dict, phase: str) -> None:
        """Show what reconstruction and attention parts do to target images."""
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
            folder = Path(runner.work_dir) / 'pictures'
            save_picture(folder / f'masked_modelling_{phase}.jpg', sheet)
            runner.visualizer.add_image('masked_modelling', sheet[..., ::-1], runner.iter)


def _crop_points(samples: list, owner: str) -> np.ndarray:
    """Keypoints of image px in crop px, [N, K, 2]."""
    points = []
    for sample in samples:
        meta = sample.metainfo
        keypoints = np.asarray(sample.get(owner).keypoints)[0, :, :2]
        corner = meta['input_center'] - 0.5 * meta['input_scale']
        points.append((keypoints - corner) / meta['input_scale'] * meta['input_size'])
    return np.stack(points)


def _rooted(samples: list, owner: str) -> np.ndarray:
    """3D keypoints relative to the first, mm, [N, K, 3]."""
    poses = np.stack([np.asarray(s.get(owner).keypoints_3d)[0] for s in samples])
    return poses - poses[:, :1]
