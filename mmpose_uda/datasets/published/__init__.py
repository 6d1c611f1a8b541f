"""Public data sets in the form in which they are downloaded."""

from .animal_pose import AnimalPose14
from .animals import PublishedAnimals
from .base import Instance, PublishedDataset
from .dex_ycb import DexYCB
from .freihand import FreiHAND
from .hand_3d_studio import Hand3DStudio
from .ho3d import HO3D
from .human36m import Human36MRGB
from .human36m_3d import Human36M3D
from .human36m_mmpose import Human36MMMPose
from .inter_hand import InterHand26M
from .lsp import LSP, LSPExtended
from .mpi_inf_3dhp import MPIINF3DHP
from .mpi_inf_3dhp_mmpose import MPIINF3DHPMMPose
from .rendered_hand_pose import RenderedHandPose
from .stb import STB
from .surreal import SURREAL
from .surreal_3d import SURREAL3D
from .synthetic_animal import SyntheticAnimal
from .three_dpw import ThreeDPW
from .tigdog import TigDog

__all__ = [
    'AnimalPose14',
    'DexYCB',
    'FreiHAND',
    'HO3D',
    'Hand3DStudio',
    'Human36M3D',
    'Human36MMMPose',
    'Human36MRGB',
    'Instance',
    'InterHand26M',
    'LSP',
    'LSPExtended',
    'MPIINF3DHP',
    'MPIINF3DHPMMPose',
    'PublishedAnimals',
    'PublishedDataset',
    'RenderedHandPose',
    'STB',
    'SURREAL',
    'SURREAL3D',
    'SyntheticAnimal',
    'ThreeDPW',
    'TigDog',
]
