"""Public data sets in the form in which they are downloaded."""

from .animal_pose import AnimalPose14
from .animals import PublishedAnimals
from .base import Instance, PublishedDataset
from .dex_ycb import DexYCB
from .freihand import FreiHAND
from .hand_3d_studio import Hand3DStudio
from .ho3d import HO3D
from .human36m import Human36MRGB
from .inter_hand import InterHand26M
from .lsp import LSP, LSPExtended
from .rendered_hand_pose import RenderedHandPose
from .stb import STB
from .surreal import SURREAL
from .synthetic_animal import SyntheticAnimal
from .tigdog import TigDog

__all__ = [
    'AnimalPose14',
    'DexYCB',
    'FreiHAND',
    'HO3D',
    'Hand3DStudio',
    'Human36MRGB',
    'Instance',
    'InterHand26M',
    'LSP',
    'LSPExtended',
    'PublishedAnimals',
    'PublishedDataset',
    'RenderedHandPose',
    'STB',
    'SURREAL',
    'SyntheticAnimal',
    'TigDog',
]
