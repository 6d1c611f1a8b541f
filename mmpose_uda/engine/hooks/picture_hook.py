"""Pictures of what the networks see, made while training."""

from pathlib import Path
from typing import Optional

import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmpose.registry import HOOKS
from torch import Tensor

from mmpose_uda.engine.unwrap import unwrapped_model
from mmpose_uda.models.alignments import AttentionRegularization, MaskedReconstruction
from mmpose_uda.visualization import (
    attention_sheet,
    comparison_sheet,
    hide_patches,
    reconstruction_sheet,
    save_picture,
)


@HOOKS.register_module()
class AdaptationPictureHook(Hook):
    """Draws target images after every phase into ``work_dir/pictures``.

    ``predictions.jpg`` has the predictions of each phase side by side,
    ``reconstruction_<phase>.jpg`` and ``attention_<phase>.jpg`` show what the parts of
    that name do to a batch of target images in training.

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
        self._batch: Optional[dict] = None

    def after_train_iter(
        self,
        runner,
        batch_idx: int,
        data_batch: Optional[dict] = None,
        outputs: Optional[dict] = None,
    ) -> None:
        """Keep the last training batch of a phase."""
        if batch_idx + 1 == runner.train_loop.phase.end:
            self._batch = data_batch

    def after_val_epoch(self, runner, metrics: Optional[dict] = None) -> None:
        """Draw the phase that just ended."""
        if not is_main_process():
            return
        phase = runner.train_loop.phase.name
        folder = Path(runner.work_dir) / 'pictures'
        model = unwrapped_model(runner)
        if phase in self.titles:
            self.draw_predictions(runner, model, folder, phase)
        if self._batch is not None:
            self.draw_parts(runner, model, folder, phase)
            self._batch = None

    @torch.no_grad()
    def draw_predictions(self, runner, model, folder: Path, phase: str) -> None:
        """Predict fixed test images, and show them beside those of earlier phases."""
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
    def draw_parts(self, runner, model, folder: Path, phase: str) -> None:
        """Show what reconstruction and attention parts do to target images."""
        data = model.data_preprocessor(self._batch, training=False)
        few = slice(self.num_images)
        observed = model.observe(
            {view: images[few] for view, images in data['inputs'].items()},
            {view: samples[few] for view, samples in data['data_samples'].items()},
        )
        view = 'target_student'
        if view not in observed:
            return
        model.eval()
        to_pictures = _Denormalize(model.student.data_preprocessor)
        images = to_pictures(observed[view].images)
        for part in model.active_alignments.values():
            if isinstance(part, MaskedReconstruction):
                painted, hidden = part.reconstruct(observed, view)
                masked = map(hide_patches, images, hidden[:, 0].cpu().numpy())
                foreground = observed.foreground(view) if part.foreground else None
                sheet = reconstruction_sheet(
                    images, list(masked), to_pictures(painted), _maps(foreground)
                )
                name = 'reconstruction'
            elif isinstance(part, AttentionRegularization):
                maps = {
                    f'layer {i}': part.received(observed, view, i).cpu().numpy()
                    for i in part.attention_layers
                }
                sheet = attention_sheet(images, maps, _maps(observed.foreground(view)))
                name = 'attention'
            else:
                continue
            save_picture(folder / f'{name}_{phase}.jpg', sheet)
            runner.visualizer.add_image(name, sheet[..., ::-1], runner.iter)


class _Denormalize:
    """Normalised tensors [B, 3, H, W] back to BGR pictures [H, W, 3] in 0..255."""

    def __init__(self, preprocessor: torch.nn.Module):
        self.preprocessor = preprocessor

    def __call__(self, images: Tensor) -> list[np.ndarray]:
        images = images.cpu() * self.preprocessor.std.cpu() + self.preprocessor.mean.cpu()
        if self.preprocessor._channel_conversion:
            images = images.flip(1)
        return list(images.permute(0, 2, 3, 1).numpy())


def _maps(maps: Optional[Tensor]) -> Optional[np.ndarray]:
    return None if maps is None else maps[:, 0].cpu().numpy()


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
