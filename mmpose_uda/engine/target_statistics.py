"""BatchNorm statistics of the target for a model that was trained without it."""

from collections.abc import Sequence
from itertools import islice
from typing import Optional

import torch
from mmengine.config import Config
from mmengine.runner import Runner
from torch import nn

from mmpose_uda.engine.unwrap import unwrapped_model
from mmpose_uda.errors import UserError
from mmpose_uda.models.utils import average_buffers, batch_norm_layers, running_statistics
from mmpose_uda.views import TARGET_TEACHER

_BATCHES = 100


@torch.no_grad()
def re_estimate(
    runner: Runner,
    networks: Optional[Sequence[nn.Module]] = None,
    batches: Optional[int] = None,
) -> None:
    """Re-estimate the running statistics of networks on target images.

    This is the control known as AdaBN (Li et al. 2016): the plain mean over batches of
    unlabelled training images of the target, in the weakly augmented view of the teacher.
    Nothing else in a network changes. All networks see the same images, in one pass.

    Args:
        runner (Runner): Its model is a ``DomainAdaptivePoseEstimator`` with loaded
            weights.
        networks (Sequence[nn.Module], optional): Its student, its teacher or both. Defaults
            to the one that is tested.
        batches (int, optional): Number of batches. Defaults to 100.

    Raises:
        UserError: No network has BatchNorm.
    """
    model = unwrapped_model(runner)
    together = nn.ModuleList(networks or [model.tested])
    layers = batch_norm_layers(together)
    if not layers:
        raise UserError(
            'There are no statistics to re-estimate: the network has no BatchNorm.'
        )
    momenta = [layer.momentum for layer in layers]
    were_training = [network.training for network in together]
    together.eval()
    for layer in layers:
        layer.track_running_stats = True  # a training may have left it off
        layer.reset_running_stats()
        layer.momentum = None  # a plain mean over the batches
        layer.train()
    with running_statistics(together, are_updated=True):
        for batch in islice(_target_batches(runner.cfg), batches or _BATCHES):
            data = model.data_preprocessor(batch, training=False)
            for network in together:
                # with the head, because heatmap heads have BatchNorm
                network(data['inputs'][TARGET_TEACHER], None, mode='tensor')
    average_buffers([together])  # each process has seen its own share
    for layer, momentum in zip(layers, momenta):
        layer.momentum = momentum
    for network, was_training in zip(together, were_training):
        network.train(was_training)


def _target_batches(cfg: Config):
    loader = Runner.build_dataloader(cfg.train_dataloader, seed=0)
    loader.dataset.set_active_views([TARGET_TEACHER])
    return iter(loader)
