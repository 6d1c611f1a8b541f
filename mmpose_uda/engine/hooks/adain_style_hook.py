"""Image-level alignment: exchanging style between the domains."""

from contextlib import nullcontext
from dataclasses import dataclass
from typing import Optional, Sequence, Union

import torch
from mmengine.hooks import Hook
from mmpose.registry import HOOKS, MODELS
from torch import Tensor

from mmpose_uda.datasets.style_images import StyleImages
from mmpose_uda.errors import UserError
from mmpose_uda.models.style_networks import Direction, StyleBank, restyle
from mmpose_uda.models.utils import SampleRandom, sample_keys
from mmpose_uda.random_keys import random_key

_BANKS = 'style_banks'


@dataclass
class _Direction:
    """The view to restyle, the view of the style, how often and how strongly."""

    content: str
    style: str
    prob: float
    alpha: tuple[float, float]
    bank: Optional[StyleBank]


@HOOKS.register_module()
class AdaINStyleHook(Hook):
    """Gives images of one domain the style of the other before each training step.

    This is the image-level alignment of arXiv 2404.14885. For each image, or once per
    batch, it is drawn whether to restyle and how strongly. The style is that of the other
    domain's image in the same draw, or a random one of the bank. Random numbers belong to
    the draw, or for a stock data set come from torch's random state on the CPU.

    Args:
        source_to_target (dict, optional): ``prob`` and ``alpha`` = (lowest, highest)
            strength for source images.
        target_to_source (dict, optional): The same for the teacher's view of the target.
        style (dict): The network. ``dict(type='PyramidStyle', levels=3)`` has no weights;
            ``dict(type='VGG19Style', encoder='vgg_normalised.pth',
            decoder='decoder.pth')`` is the paper's.
        per_batch (bool): Whether to draw restyling and strength once per batch, as in the
            published code.
        style_images (str, optional): Folder of target images, for a training on stock data
            sets, whose batches have no views: as many of them as the batch has images, at
            their size, replace the target's view.
        bank_size (int, optional): Number of style images, the first of the run, whose
            statistics are kept and drawn from, instead of encoding the style images of
            every batch. For VGG19Style.
        source_view (str): Name of the source's view.
        target_view (str): Name of the target's view.

    Raises:
        UserError: Neither direction is given, a direction lacks keys or has others, there
            are no target images to restyle, the network has no statistics to keep, or its
            weights or ``style_images`` cannot be read.
    """

    def __init__(
        self,
        source_to_target: Optional[dict] = None,
        target_to_source: Optional[dict] = None,
        style: dict = dict(type='PyramidStyle', levels=3),
        per_batch: bool = False,
        style_images: Optional[str] = None,
        bank_size: Optional[int] = None,
        source_view: str = 'source',
        target_view: str = 'target_teacher',
    ):
        views = (source_view, target_view)
        self.directions = [
            _direction(config, *ends, bank_size)
            for config, ends in (
                (source_to_target, views),
                (target_to_source, views[::-1]),
            )
            if config is not None
        ]
        if not self.directions:
            raise UserError(
                'AdaINStyleHook does nothing: give `source_to_target` or '
                '`target_to_source`.'
            )
        if style_images is not None and target_to_source is not None:
            raise UserError(
                'AdaINStyleHook: with `style_images` training has no target images that '
                'could be restyled: leave `target_to_source` out.'
            )
        self.style_images = None if style_images is None else StyleImages(style_images)
        self.network = MODELS.build(style)
        if bank_size is not None and not hasattr(self.network, 'statistics'):
            raise UserError(
                f'AdaINStyleHook: {style["type"]} has no statistics to keep: leave '
                '`bank_size` out or use VGG19Style.'
            )
        self.per_batch = per_batch
        self.required_views = views

    def before_train(self, runner) -> None:
        """Move the network to the model's device; a new run begins with empty banks."""
        self.network.to(_device(runner))
        if runner.iter == 0:
            self._set_banks([None] * len(self.directions))

    def before_train_iter(
        self, runner, batch_idx: int, data_batch: Optional[dict] = None
    ) -> None:
        """Restyle the images of a batch, raw BGR [B, 3, H, W] in 0..255, in place."""
        device = _device(runner)
        images = self._views(data_batch['inputs'])
        # Styles come from the original batch, even if both directions are on.
        raw = {v: images[v].to(device, non_blocking=True) for v in self.required_views}
        keys = sample_keys(_samples(data_batch))
        directions = [
            Direction(
                lots=self._draw_lots(runner, keys, f'style of {one.content}'), **vars(one)
            )
            for one in self.directions
        ]
        with getattr(runner.optim_wrapper, 'precision', nullcontext)():
            images.update(restyle(raw, directions, self.network))
        if self.style_images is not None:
            source_view, _ = self.required_views
            data_batch['inputs'] = images[source_view]

    def _draw_lots(self, runner, keys: Tensor, purpose: str) -> Tensor:
        """Random numbers per image, [B, 3]; ``per_batch`` makes the first two the same."""
        lots = SampleRandom(keys).uniform(purpose, 3)
        if self.per_batch:
            # the same on every process
            together = torch.tensor([random_key(runner.seed, runner.iter)])
            lots[:, :2] = SampleRandom(together).uniform(purpose, 2)
        return lots

    def _views(self, inputs: Union[dict, Sequence[Tensor]]) -> dict[str, Tensor]:
        """Views of a batch; a stock batch is the source, with a target from the folder."""
        if isinstance(inputs, dict) == (self.style_images is not None):
            raise UserError(
                'AdaINStyleHook needs target images: from views of both domains (type='
                "'SourceTargetDataset'), or, for a stock data set only, from the folder "
                '`style_images`.'
            )
        if self.style_images is None:
            return inputs
        source = torch.stack(tuple(inputs))
        target = self.style_images.draw(len(source), source.shape[2:])
        return dict(zip(self.required_views, (source, target)))

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Save the banks: a resumed run would otherwise fill them with other images."""
        banks = [d.bank for d in self.directions if d.bank is not None]
        if banks:
            checkpoint[_BANKS] = [
                None if bank.styles is None else bank.styles.cpu() for bank in banks
            ]

    def after_load_checkpoint(self, runner, checkpoint: dict) -> None:
        """Restore the banks."""
        self._set_banks(checkpoint.get(_BANKS, ()))

    def _set_banks(self, styles: Sequence[Optional[Tensor]]) -> None:
        banks = [d.bank for d in self.directions if d.bank is not None]
        for bank, content in zip(banks, styles):
            bank.styles = content


def _direction(
    config: dict, content: str, style: str, bank_size: Optional[int]
) -> _Direction:
    if set(config) != {'prob', 'alpha'}:
        raise UserError(
            'AdaINStyleHook: a direction needs exactly `prob` and `alpha` '
            f'(lowest, highest), not {sorted(config)}.'
        )
    bank = None if bank_size is None else StyleBank(bank_size)
    return _Direction(content, style, config['prob'], tuple(config['alpha']), bank)


def _samples(data_batch: dict) -> Sequence:
    """The samples of a batch; if it has views, those of one of them."""
    samples = data_batch['data_samples']
    return next(iter(samples.values())) if isinstance(samples, dict) else samples


def _device(runner) -> torch.device:
    return next(runner.model.parameters()).device
