"""Images to restyle, and files of the names and shapes of the public style weights."""

from pathlib import Path

import torch
from torch import Tensor

# Index, input and output channels of the 3x3 convolutions of `vgg_normalised.pth`, whose
# index 0 is a 1x1 convolution; the first nine are those up to relu4_1.
PUBLIC_ENCODER = (
    (2, 3, 64),
    (5, 64, 64),
    (9, 64, 128),
    (12, 128, 128),
    (16, 128, 256),
    (19, 256, 256),
    (22, 256, 256),
    (25, 256, 256),
    (29, 256, 512),
    *((index, 512, 512) for index in (32, 35, 38, 42, 45, 48, 51)),
)
PUBLIC_DECODER = (
    (1, 512, 256),
    (5, 256, 256),
    (8, 256, 256),
    (11, 256, 256),
    (14, 256, 128),
    (18, 128, 128),
    (21, 128, 64),
    (25, 64, 64),
    (28, 64, 3),
)
TORCHVISION = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)


def _convolution(inputs: int, outputs: int, rng: torch.Generator) -> tuple[Tensor, Tensor]:
    """Weights that keep the size of activations (He et al. 2015)."""
    scale = (2 / (9 * inputs)) ** 0.5
    weight = scale * torch.randn(outputs, inputs, 3, 3, generator=rng)
    return weight, 0.1 * torch.randn(outputs, generator=rng)


def public_encoder_weights(seed: int = 0) -> dict[str, Tensor]:
    """The state dict of ``vgg_normalised.pth``."""
    rng = torch.Generator().manual_seed(seed)
    # Colours change places and scale, so that none can be mistaken for another.
    colours = torch.tensor([[0.0, 0, 2], [0, -3, 0], [1, 0, 0]])[..., None, None]
    state = {'0.weight': colours, '0.bias': torch.tensor([0.3, -0.1, 0.2])}
    for index, inputs, outputs in PUBLIC_ENCODER:
        if index <= 29:
            weight, bias = _convolution(inputs, outputs, rng)
        else:  # not read: one number takes little of the disk
            weight = torch.zeros(1).expand(outputs, inputs, 3, 3)
            bias = torch.zeros(outputs)
        state.update({f'{index}.weight': weight, f'{index}.bias': bias})
    return state


def torchvision_weights(seed: int = 0) -> dict[str, Tensor]:
    """The state dict of torchvision's VGG-19, without the 500 MB of its classifier."""
    public = public_encoder_weights(seed)
    state = {'classifier.6.bias': torch.zeros(1000)}
    for index, (other, _, _) in zip(TORCHVISION, PUBLIC_ENCODER):
        for kind in ('weight', 'bias'):
            state[f'features.{index}.{kind}'] = public[f'{other}.{kind}']
    return state


def decoder_weights(seed: int = 1) -> dict[str, Tensor]:
    """The state dict of ``decoder.pth``; colours are about 0.5."""
    rng = torch.Generator().manual_seed(seed)
    state = {}
    for index, inputs, outputs in PUBLIC_DECODER:
        weight, bias = _convolution(inputs, outputs, rng)
        if outputs == 3:
            weight, bias = 0.1 * weight, torch.full((3,), 0.5)
        state.update({f'{index}.weight': weight, f'{index}.bias': bias})
    return state


def write_style_files(folder: Path) -> dict[str, str]:
    """Write 'public', 'torchvision' and 'decoder'; returns their paths."""
    states = dict(
        public=public_encoder_weights(),
        torchvision=torchvision_weights(),
        decoder=decoder_weights(),
    )
    paths = {}
    for name, state in states.items():
        paths[name] = str(folder / f'{name}.pth')
        # The public files are of a time before torch's zip format.
        torch.save(state, paths[name], _use_new_zipfile_serialization=False)
    return paths


def dark_images() -> Tensor:
    """BGR [8, 3, 16, 24] of one domain."""
    return torch.randint(0, 100, (8, 3, 16, 24), dtype=torch.uint8)


def bright_images() -> Tensor:
    """BGR [8, 3, 16, 24] of another."""
    return torch.randint(60, 256, (8, 3, 16, 24), dtype=torch.uint8)


def changed(before: Tensor, after: Tensor) -> list[bool]:
    """Which images differ."""
    return [not torch.equal(a.float(), b) for a, b in zip(before, after)]


def restyled(network, content, style, strength):
    """What a style network makes of each image after its partner."""
    index = torch.arange(len(content))
    images = torch.cat([content, style])
    return network(images, index, index + len(content), strength)
