"""Configs of tools that look at a few batches."""

from typing import Optional

from mmengine.config import Config

from mmpose_uda.config.reading import drop_options_of_workers, require, require_data
from mmpose_uda.errors import UserError


def load_in_this_process(cfg: Config, batch_size: Optional[int] = None) -> None:
    """Let the training data be loaded without workers, to look at a few batches.

    Args:
        cfg (Config): Changed in place.
        batch_size (int, optional): Images of each domain; the config's where it is None.

    Raises:
        UserError: The config has no such data or no model, or the batch is none.
    """
    require(cfg, 'model', 'train_dataloader')
    require_data(cfg)
    if batch_size is not None and batch_size < 1:
        raise UserError(f'A batch of {batch_size} images is none: ask for 1 or more.')
    loader = cfg.train_dataloader
    loader.update(num_workers=0, batch_size=batch_size or loader.batch_size)
    drop_options_of_workers(cfg)
