"""What a body hands to the renderer.

A body has `category`, `joint_names`, `skeleton`, `joint_radii` [K] (mm), `mask_limb`
(mm), `mesh`, `faces` and the methods `sample(rng, domain)` and `marks(rest, face)`; see
:class:`~mmpose_uda.datasets.builtin.hand.HandBody`. Looks and writer know no more.
"""

from dataclasses import dataclass

import numpy as np


@dataclass
class PosedBody:
    """A body turned to the camera, its root at the origin.

    Args:
        joints (np.ndarray): Joints [K, 3] in mm.
        vertices (np.ndarray): Skin [V, 3] in mm.
        normals (np.ndarray): Outward unit normals [V, 3].
        limb (np.ndarray): How far each vertex is along the limb that the body hangs
            on, beyond its root [V] in mm; negative on the body itself.
        grip (np.ndarray): Where a held object would be [3] in mm.
        grip_axes (np.ndarray): Its axes [3, 3], the long one in the first column.
    """

    joints: np.ndarray
    vertices: np.ndarray
    normals: np.ndarray
    limb: np.ndarray
    grip: np.ndarray
    grip_axes: np.ndarray
