"""Prepare configs for tools that read only a few batches."""

from typing import Optional

from mmengine.config import Config

from mmpose_uda.config.reading import drop_options_of_workers, require, require_data
from mmpose_uda.errors import UserError


def load_in_this_process(cfg: Config, batch_size: Optional[int] = None) -> None:
    """Let the training data be loaded without workers, to read a few batches.

    Args:
        cfg (Config): Changed in place.
        batch_size (int, optional): Images per domain. Defaults to the config's.

    Raises:
        UserError: The config has no such data or no model, or ``batch_size`` is below 1.
    """
    require(cfg, 'model', 'train_dataloader')
    require_data(cfg)
    if batch_size is not None and batch_size < 1:
        raise UserError(f'A batch cannot have {batch_size} images: ask for 1 or more.')
    loader = cfg.train_dataloader
    loader.update(num_workers=0, batch_size=batch_size or loader.batch_size)
    drop_options_of_workers(cfg)
