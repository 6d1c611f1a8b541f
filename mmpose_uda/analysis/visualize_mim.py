"""Draw the masked modelling of a checkpoint: ``visualize_mim.py``."""

import tempfile
from pathlib import Path
from typing import Any, Optional

import torch
from mmengine.runner import Runner

from mmpose_uda.config import (
    check_seed,
    drop_missing_backends,
    load_config,
    load_in_this_process,
    prepare_data,
    set_work_dir,
    user_errors,
)
from mmpose_uda.errors import UserError
from mmpose_uda.visualization import save_picture
from mmpose_uda.visualization.masked_modelling import draw_masked_modelling


def visualize_mim(
    config: str,
    checkpoint: str,
    out: str,
    view: str = 'target_student',
    num_images: int = 8,
    seed: int = 0,
    cfg_options: Optional[dict[str, Any]] = None,
) -> Path:
    """Draw input, mask, reconstruction, foreground and attention of some images.

    Args:
        config (str): Path of the config that was trained.
        checkpoint (str): A checkpoint of that training.
        out (str): Picture to write, .jpg or .png.
        view (str): View of the training data to show.
        num_images (int): Number of rows.
        seed (int): Seed for choosing images and masks.
        cfg_options (dict, optional): Dotted key -> value, merged into the config.

    Returns:
        Path: ``out``.

    Raises:
        UserError: Something that the user can fix.
    """
    cfg = load_config(config, cfg_options)
    load_in_this_process(cfg, num_images)
    check_seed(seed)
    if cfg.model.type != 'DomainAdaptivePoseEstimator':
        raise UserError(
            f'The model of {config} is a {cfg.model.type}, which does no masked modelling: '
            'name the config of an adaptation.'
        )
    cfg.load_from, cfg.resume = None, False
    # the runner writes a log and config, which must not overwrite the user's beside OUT
    with tempfile.TemporaryDirectory() as work_dir, user_errors(cfg):
        set_work_dir(cfg, work_dir)
        drop_missing_backends(cfg)
        prepare_data(cfg)
        runner = Runner.from_cfg(cfg)
        runner.load_checkpoint(checkpoint, strict=True)
        model = runner.model.eval()
        dataset = runner.build_dataloader(cfg.train_dataloader, seed=seed)
        dataset.dataset.seed = seed
        known = list(dataset.dataset.views)
        if view not in known:
            raise UserError(f'There is no view {view!r}: choose from {", ".join(known)}.')
        data = model.data_preprocessor(next(iter(dataset)), training=False)
        torch.manual_seed(seed)
        with torch.no_grad():
            observed = model.observe(data['inputs'], data['data_samples'])
            sheet = draw_masked_modelling(model, observed, view)
        if sheet is None:
            raise UserError(
                f'{config} has no part to show: name a config with a MaskedReconstruction '
                f'of {view!r} or an AttentionRegularization.'
            )
        return save_picture(out, sheet)
