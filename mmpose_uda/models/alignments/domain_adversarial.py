"""Adversarial alignment of features."""

import torch
from mmpose.registry import MODELS
from torch import Tensor

from mmpose_uda.errors import UserError
from mmpose_uda.models.alignments.base import Alignment, ramp
from mmpose_uda.models.losses.domain_adversarial_loss import domain_accuracy
from mmpose_uda.models.observation import Observations
from mmpose_uda.models.utils import reverse_gradient


@MODELS.register_module()
class DomainAdversarial(Alignment):
    """Trains features whose domain a discriminator cannot identify (arXiv 2404.14885).

    The discriminator is trained by the same backward pass as the student, through a
    gradient reversal. To train it at another learning rate, set ``lr_mult`` for its
    parameters, ``alignments.<name>.discriminator``, in the optimizer's
    ``paramwise_cfg.custom_keys``.

    Args:
        discriminator (dict): A network that gives one logit per position of a feature.
        feature (str): Dotted name of a module of the estimator whose output is aligned:
            'backbone', 'neck', 'head.deconv_layers', 'backbone.layers.2', ...
        loss (dict): Loss of (source logits, target logits).
        coefficient (float): Factor of the reversed gradient.
        coefficient_ramp (int): Steps over which the coefficient grows linearly from 0 at
            the start of a phase; the discriminator learns from the first step.
        loss_weight (float): Weight of the loss.
        ramp_iters (int): Steps over which the weight grows.
    """

    views = ('source', 'target_student')

    def __init__(
        self,
        discriminator: dict,
        feature: str = 'backbone',
        loss: dict = dict(type='DomainAdversarialLoss'),
        coefficient: float = 1.0,
        coefficient_ramp: int = 0,
        loss_weight: float = 0.1,
        ramp_iters: int = 0,
    ):
        super().__init__(loss_weight, ramp_iters)
        self.discriminator = MODELS.build(discriminator)
        self.feature = feature
        self.captured_features = (feature,)
        self.loss_module = MODELS.build(loss)
        self.coefficient = coefficient
        self.coefficient_ramp = coefficient_ramp

    def check(self, name, estimator) -> None:
        known = {path for path, _ in estimator.student.named_modules()} - {''}
        if self.feature not in known:
            parts = ', '.join(child for child, _ in estimator.student.named_children())
            raise UserError(
                f'The part {name!r} aligns feature={self.feature!r}, which the estimator '
                f'does not have: name one of its modules ({parts}, or one inside them).'
            )
        with estimator.trial(name, self.captured_features) as seen:
            self._try_discriminator(seen.feature(self.feature))

    @torch.no_grad()
    def _try_discriminator(self, features: Tensor) -> None:
        seen = f'feature={self.feature!r} is {list(features.shape)} for one image'
        if features.ndim not in (3, 4):
            raise UserError(
                f'It aligns maps [B, C, h, w] or tokens [B, L, C], but {seen}: name an '
                "earlier module, such as 'backbone'."
            )
        try:
            self.discriminator(features)
        except RuntimeError as error:
            channels = features.shape[2 if features.ndim == 3 else 1]
            raise UserError(
                f'Its discriminator cannot take the feature: {seen}, so set '
                f'in_channels={channels} ({error}).'
            ) from error

    def forward(self, observed: Observations) -> dict[str, Tensor]:
        source, target = (self.logits(observed, view) for view in self.views)
        return dict(
            loss=self.loss_module(source, target),
            domain_accuracy=domain_accuracy(source, target),
        )

    def logits(self, observed: Observations, view: str) -> Tensor:
        """The discriminator's logits for the features of a view."""
        features = observed[view].feature(self.feature)
        coefficient = self.coefficient * ramp(observed.steps, self.coefficient_ramp)
        return self.discriminator(reverse_gradient(features, coefficient))

    def _load_from_state_dict(self, state_dict, prefix, *args, **kwargs) -> None:
        # earlier versions counted steps here
        state_dict.pop(f'{prefix}steps', None)
        super()._load_from_state_dict(state_dict, prefix, *args, **kwargs)
