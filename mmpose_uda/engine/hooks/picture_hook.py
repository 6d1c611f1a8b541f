"""Pictures of what the networks see, made while training."""

from pathlib import Path
from typing import Optional

import cv2
import numpy as np
import torch
from mmengine.dataset import pseudo_collate
from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmpose.registry import HOOKS

from mmpose_uda.datasets.transforms import LoadPoseImage
from mmpose_uda.engine.unwrap import unwrapped_model
from mmpose_uda.evaluation import to_crop
from mmpose_uda.evaluation.samples import visibility
from mmpose_uda.visualization import comparison_sheet, save_picture
from mmpose_uda.visualization.masked_modelling import draw_masked_modelling
from mmpose_uda.whole_files import whole_file

_WIDTH = 176  # px


@HOOKS.register_module()
class AdaptationPictureHook(Hook):
    """Draws target images after every phase, and in between, into ``work_dir/pictures``.

    ``predictions.jpg`` has the predictions of each phase side by side,
    ``masked_modelling_<phase>.jpg`` shows what reconstruction and attention parts do to a
    batch of target images in training. Those in between have the number of iterations that
    are done for a name, as in ``predictions_000200.jpg`` and
    ``masked_modelling_000200.jpg``. All go to the visualizer's backends too.

    Args:
        titles (dict[str, str]): Phases whose predictions are shown, and their titles.
        num_images (int): Rows of each picture.
        interval (int): Iterations between two pictures within a phase; 0 for those at the
            end of phases alone.
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
        """Show what the parts do to the last batch of a phase, and what is so far."""
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
                shown[f'iteration {done}'] = _poses(samples, 'pred_instances')
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
            poses = _poses(samples, 'pred_instances')
            with (
                whole_file(folder / f'predictions_{phase}.npz') as partial,
                open(partial, 'wb') as file,  # to a path of another end it adds .npz
            ):
                np.savez(file, **poses)
            shown = self.stored(runner)
            sheet = self.draw_predictions(runner, images, samples, shown)
            _publish(runner, 'predictions', '', sheet, runner.iter)

    @torch.no_grad()
    def predict(self, runner) -> tuple[list[np.ndarray], list]:
        """Fixed test images, BGR [h, w, 3] of what is cropped, and their predictions."""
        dataset = runner.val_dataloader.dataset
        # Spread over the set: neighbours may be alike.
        chosen = np.linspace(0, len(dataset) - 1, self.num_images).astype(int)
        items = [dataset[int(i)] for i in chosen]
        model = unwrapped_model(runner)
        model.eval()
        samples = model.test_step(pseudo_collate(items))
        return [_picture(sample) for sample in samples], samples

    def stored(self, runner) -> dict[str, dict[str, np.ndarray]]:
        """Predictions of the phases that have ended, by title."""
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
        """Predictions, by title, beside each other and the labels.

        Args:
            runner (Runner): It knows the names of the keypoints.
            images (list[np.ndarray]): What is cropped of each image, in any size.
            samples (list): With labels.
            shown (dict): Title -> poses, whose keypoints are in px of the crops.
        """
        points = {title: poses['keypoints'] for title, poses in shown.items()}
        poses_3d = {
            title: poses['keypoints_3d']
            for title, poses in shown.items()
            if 'keypoints_3d' in poses
        }
        # of photographs they may be the readings of another estimator
        truth, labelled = 'label', _labelled(samples)
        points[truth] = _crop_points(samples, 'gt_instances')
        enlarged = images[0].shape[1] / samples[0].metainfo['input_size'][0]
        points = {title: enlarged * keypoints for title, keypoints in points.items()}
        if poses_3d:
            poses_3d[truth] = _rooted(samples, 'gt_instances')
            # relative to a root without a label, none is known
            poses_3d[truth][~(labelled & labelled[:, :1])] = np.nan
        metainfo = runner.val_dataloader.dataset.metainfo
        return comparison_sheet(
            images, points, metainfo, poses_3d, reference=truth, valid=labelled
        )

    @torch.no_grad()
    def show_parts(self, runner, batch: dict, name: str) -> None:
        """Show what reconstruction and attention parts do to target images."""
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
    """To the folder, and to the visualizer's backends at the iterations that are done."""
    save_picture(_folder(runner) / f'{kind}{suffix}.jpg', sheet)
    runner.visualizer.add_image(kind, sheet[..., ::-1], done)


def _picture(sample) -> np.ndarray:
    """What is cropped of a sample, from its image: `_WIDTH` px wide, not the network's."""
    meta = sample.metainfo
    width, height = meta['input_size']
    enlarged = _WIDTH / width
    # one that stock transforms made is turned and mirrored in no way
    to_crop = meta.get('warp_mat', _upright_crop(meta))
    image = LoadPoseImage()(dict(img_path=meta['img_path']))['img']
    size = (_WIDTH, round(enlarged * height))
    return cv2.warpAffine(image, enlarged * np.asarray(to_crop, float), size)


def _upright_crop(meta: dict) -> np.ndarray:
    """Image px -> crop px, [2, 3]."""
    corner = meta['input_center'] - 0.5 * meta['input_scale']
    scale = np.divide(meta['input_size'], meta['input_scale'])
    return np.column_stack([np.diag(scale), -scale * corner])


def _folder(runner) -> Path:
    return Path(runner.work_dir) / 'pictures'


def _poses(samples: list, owner: str) -> dict[str, np.ndarray]:
    """Keypoints in crop px, and in 3D where the network predicts that."""
    poses = dict(keypoints=_crop_points(samples, owner))
    if 'keypoints_3d' in samples[0].get(owner):
        poses['keypoints_3d'] = _rooted(samples, owner)
    return poses


def _crop_points(samples: list, owner: str) -> np.ndarray:
    """Keypoints of image px in crop px, [N, K, 2]."""
    points = [np.asarray(sample.get(owner).keypoints)[0, :, :2] for sample in samples]
    boxes = (
        np.stack([sample.metainfo[key] for sample in samples])
        for key in ('input_center', 'input_scale', 'input_size')
    )
    return to_crop(np.stack(points), *boxes)


def _labelled(samples: list) -> np.ndarray:
    """Which keypoints of the truth have a label, [N, K]."""
    visible = [visibility(s.gt_instances.keypoints_visible) for s in samples]
    return np.concatenate(visible) > 0


def _rooted(samples: list, owner: str) -> np.ndarray:
    """3D keypoints relative to the first, mm, [N, K, 3]."""
    poses = np.stack([np.asarray(s.get(owner).keypoints_3d)[0] for s in samples])
    return poses - poses[:, :1]
