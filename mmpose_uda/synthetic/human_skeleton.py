"""Bones of a human of 1.75 m, and how far the joints turn.

The joints include those of Human3.6M (spine, thorax, nose, head top); the keypoints are a
selection of them. Zero pose: upright, arms hanging, palms to the thighs. The pelvis has
wide limits, since its angles are the orientation of the whole body in the world.
"""

import numpy as np

from .skeleton import Skeleton, without_side

JOINTS = dict(
    pelvis=(None, (0, 0, 0)),
    spine=('pelvis', (0, 235, 0)),
    thorax=('spine', (0, 265, -12)),
    neck=('thorax', (0, 84, 14)),
    nose=('neck', (0, 78, 108)),
    head_top=('neck', (0, 214, 0)),
    side_collar=('spine', (28, 222, 10)),
    side_shoulder=('side_collar', (148, 14, -20)),
    side_elbow=('side_shoulder', (0, -290, 0)),
    side_wrist=('side_elbow', (0, -252, 0)),
    side_hip=('pelvis', (98, 0, 0)),
    side_knee=('side_hip', (0, -428, 0)),
    side_ankle=('side_knee', (0, -415, 0)),
)
DOFS = dict(
    tilt=('pelvis', 'x', -180, 180),
    sway=('pelvis', 'z', -60, 60),
    turn=('pelvis', 'y', -180, 180),
    spine_bend=('spine', 'x', -25, 60),
    spine_turn=('spine', 'y', -40, 40),
    spine_lean=('spine', 'z', -30, 30),
    neck_bend=('thorax', 'x', -25, 35),
    neck_turn=('thorax', 'y', -35, 35),
    head_nod=('neck', 'x', -22, 28),
    head_turn=('neck', 'y', -40, 40),
    head_lean=('neck', 'z', -22, 22),
    side_shrug=('side_collar', 'z', -5, 35),
    side_hug=('side_collar', '-y', -12, 25),
    side_arm_raise=('side_shoulder', '-x', -60, 172),
    side_arm_out=('side_shoulder', 'z', -35, 168),
    side_arm_twist=('side_shoulder', '-y', -85, 85),
    side_elbow_bend=('side_elbow', '-x', 0, 150),
    side_pronation=('side_elbow', '-y', -80, 80),
    side_wrist_bend=('side_wrist', '-z', -88, 70),
    side_thigh_raise=('side_hip', '-x', -30, 125),
    side_thigh_out=('side_hip', 'z', -18, 75),
    side_thigh_twist=('side_hip', 'y', -35, 70),
    side_knee_bend=('side_knee', 'x', 0, 150),
    side_toe_down=('side_ankle', 'x', -25, 58),
)
HINGES = ('spine', 'side_shoulder', 'side_elbow', 'side_wrist', 'side_hip', 'side_knee')
SKELETON = Skeleton(JOINTS, DOFS, HINGES)


def human_build(rng: np.random.Generator) -> np.ndarray:
    """Draw the stretch of each bone [J, 3] of a person: height, proportions, girth."""

    def vary(deviation):
        return np.clip(rng.normal(1, deviation), 1 - 2.5 * deviation, 1 + 2.5 * deviation)

    size, leg, arm, trunk = vary(0.06), vary(0.04), vary(0.04), vary(0.035)
    girth = vary(0.11)
    shoulders, hips = vary(0.06), vary(0.06)
    belly = girth * vary(0.08)
    head = 1.05 * vary(0.04) / np.sqrt(size)
    of_bone = dict(
        pelvis=(hips * np.sqrt(girth), trunk, belly),
        spine=(shoulders * np.sqrt(girth), trunk, belly),
        thorax=(np.sqrt(girth), trunk, np.sqrt(girth)),
        neck=(head, head, head),
        collar=(shoulders, 1, 1),
        shoulder=(girth, arm, girth),
        elbow=(girth, arm, girth),
        wrist=(1, arm, 1),
        hip=(girth, leg, girth),
        knee=(girth, leg, girth),
    )
    joints = map(without_side, SKELETON.joints)
    return size * np.array([of_bone.get(joint, (1, 1, 1)) for joint in joints])
