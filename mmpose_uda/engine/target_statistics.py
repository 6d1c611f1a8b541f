"""BatchNorm statistics of the target for a model that was trained without it."""

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
    runner: Runner, network: Optional[nn.Module] = None, batches: Optional[int] = None
) -> None:
    """Replace the running statistics of a network by those of target images.

    The control known as AdaBN (Li et al. 2016): the plain mean over batches of unlabelled
    training images of the target, in the weakly augmented view of the teacher. Nothing
    else of the network changes.

    Args:
        runner (Runner): Its model is a ``DomainAdaptivePoseEstimator`` with loaded
            weights.
        network (nn.Module, optional): Its student or teacher. Defaults to the one that is
            tested.
        batches (int, optional): How many to look at. Defaults to 100.

    Raises:
        UserError: The network has no BatchNorm.
    """
    model = unwrapped_model(runner)
    network = network or model.tested
    layers = batch_norm_layers(network)
    if not layers:
        raise UserError(
            'There are no statistics to re-estimate: the network has no BatchNorm.'
        )
    momenta = [layer.momentum for layer in layers]
    was_training = network.training
    network.eval()
    for layer in layers:
        layer.track_running_stats = True  # a training may have left it off
        layer.reset_running_stats()
        layer.momentum = None  # a plain mean over the batches
        layer.train()
    with running_statistics(network, are_updated=True):
        for batch in islice(_target_batches(runner.cfg), batches or _BATCHES):
            data = model.data_preprocessor(batch, training=False)
            # the head too: those of heatmaps have BatchNorm
            network(data['inputs'][TARGET_TEACHER], None, mode='tensor')
    average_buffers([network])  # each process has looked at its own share
    for layer, momentum in zip(layers, momenta):
        layer.momentum = momentum
    network.train(was_training)


def _target_batches(cfg: Config):
    loader = Runner.build_dataloader(cfg.train_dataloader, seed=0)
    loader.dataset.set_active_views([TARGET_TEACHER])
    return iter(loader)
