"""Draw the pictures of docs/method.md from the tensors of a training.

python docs/draw_pictures.py configs/uda/hand_3d.py CKPT docs/images
"""

import argparse
from pathlib import Path

import cv2
import matplotlib
import numpy as np
import torch
from mmengine.registry import init_default_scope
from mmengine.runner import load_checkpoint
from mmpose.registry import DATASETS, MODELS

import mmpose_uda  # noqa: F401, before mmpose
from mmpose_uda.analysis.teacher_labels import teacher_labels
from mmpose_uda.apis import browse_dataset, load_config, prepare_data
from mmpose_uda.datasets import collate_views
from mmpose_uda.models.style_networks import Direction, restyle
from mmpose_uda.visualization import draw_skeleton, grid, save_picture, to_tile
from mmpose_uda.visualization.canvas import points_on_tile
from mmpose_uda.visualization.masked_modelling import draw_masked_modelling

matplotlib.use('Agg')
import matplotlib.pyplot as plt  # noqa: E402

ROWS = 3
TILE = 150  # px
VIEWS = ('source', 'target_teacher', 'target_student')


def draw(config, checkpoint, out, cfg_options=None):
    """Write ``views.jpg``, ``teaching.jpg``, ``masking.jpg`` and ``phases.png``.

    Args:
        config (str): Of the training.
        checkpoint (str): Of it.
        out (str): Folder.
        cfg_options (dict, optional): Dotted key -> value, merged into the config.
    """
    out = Path(out)
    cfg = load_config(config, cfg_options)
    init_default_scope('mmpose')
    prepare_data(cfg)
    browse_dataset(
        config, out / 'views.jpg', ROWS, checkpoint=checkpoint, cfg_options=cfg_options
    )
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    pairs = [dataset[number] for number in range(ROWS)]
    model = MODELS.build(cfg.model)
    load_checkpoint(model, checkpoint, map_location='cpu', strict=True)
    model.eval()
    save_picture(out / 'teaching.jpg', teaching_sheet(cfg, checkpoint, pairs, dataset))
    data = model.data_preprocessor(collate_views(pairs), training=False)
    observed = model.observe(data['inputs'], data['data_samples'])
    sheet = draw_masked_modelling(model, observed, 'target_student')
    if sheet is not None:
        save_picture(out / 'masking.jpg', sheet)
    draw_phases(model, cfg.train_cfg.phases, out / 'phases.png')
    for path in (out / name for name in ('views.jpg', 'teaching.jpg', 'masking.jpg')):
        if path.exists():  # smaller than the tools write them
            cv2.imwrite(str(path), cv2.imread(str(path)), [cv2.IMWRITE_JPEG_QUALITY, 75])


def teaching_sheet(cfg, checkpoint, pairs, dataset):
    """The source in the target's style; what the teacher finds, and where it travels.

    Returns:
        np.ndarray: The sheet, BGR uint8.
    """
    raw = {
        view: torch.stack([pair['inputs'][view] for pair in pairs]).float()
        for view in VIEWS
    }
    lots = torch.tensor([[0.0, 1.0, 0.0]]).repeat(len(pairs), 1)
    direction = Direction('source', 'target_teacher', 1.0, (0.0, 1.0), lots)
    hook = next(h for h in cfg.custom_hooks if h.type == 'AdaINStyleHook')
    style = MODELS.build(hook.get('style', dict(type='PyramidStyle', levels=3)))
    restyled = restyle(raw, [direction], style)['source']
    labels = teacher_labels(cfg.model, checkpoint, pairs)
    columns = {'source': _tiles(raw['source']), 'in the target style': _tiles(restyled)}
    for view, title in (
        ('target_teacher', 'the teacher finds'),
        ('target_student', 'the student learns'),
    ):
        columns[title] = []
        for image, found in zip(_pictures(raw[view]), labels[view]):
            tile = to_tile(image, TILE)
            points = points_on_tile(found.keypoints, image, tile)
            columns[title].append(draw_skeleton(tile, points, dataset.metainfo))
    return grid(columns)


def _pictures(images):
    """Raw BGR images [B, 3, H, W] as a list of [H, W, 3]."""
    return list(images.clamp(0, 255).permute(0, 2, 3, 1).numpy())


def _tiles(images):
    return [to_tile(image, TILE) for image in _pictures(images)]


def draw_phases(model, phases, path):
    """Each part's weight over the steps of a training, phase by phase.

    Args:
        model (DomainAdaptivePoseEstimator): Its alignments tell their weights.
        phases (list[dict]): Of the config.
        path (Path): Picture to write.
    """
    names = ['supervised', *model.alignments]
    figure, axes = plt.subplots(
        len(names), 1, sharex=True, figsize=(7, 0.5 + 0.5 * len(names)), dpi=90
    )
    begin = 0
    for number, phase in enumerate(phases):
        steps = torch.arange(phase['iters'])
        for name, axis in zip(names, np.atleast_1d(axes)):
            if name in phase['parts']:
                weights = _weights(model, name, steps)
                axis.fill_between(begin + steps, weights, color=f'C{number}', alpha=0.6)
            axis.axvline(begin, color='0.8', linewidth=0.8)
        middle = begin + phase['iters'] / 2
        axes[0].text(middle, 1.25, phase['name'], ha='center', va='bottom', fontsize=9)
        begin += phase['iters']
    for name, axis in zip(names, axes):
        top = 1.0 if name == 'supervised' else model.alignments[name].loss_weight
        axis.set_ylim(0, 1.15 * top)
        axis.set_yticks([top])
        axis.tick_params(labelsize=7)
        axis.set_ylabel(name, rotation=0, ha='right', va='center', fontsize=8)
        axis.yaxis.set_label_coords(-0.07, 0.5)
        axis.spines[['top', 'right']].set_visible(False)
        axis.set_xlim(0, begin)
    axes[-1].set_xlabel('step; the weight of each part', fontsize=8)
    figure.subplots_adjust(left=0.24, right=0.98, top=0.9, bottom=0.12, hspace=0.35)
    figure.savefig(path)
    plt.close(figure)


def _weights(model, name, steps):
    """Of a part in each step of a phase, [n]."""
    if name == 'supervised':
        return np.ones(len(steps))
    weights = torch.as_tensor(model.alignments[name].weight_at(steps))
    return weights.expand(len(steps)).numpy()


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for argument in ('config', 'checkpoint', 'out'):
        parser.add_argument(argument)
    draw(**vars(parser.parse_args()))
