"""Bones of a quadruped, and how far its joints turn.

The template is as large as a horse. Names follow TigDog's keypoints: a leg has an
elbow (behind: the stifle), a knee (the carpus, behind the hock) and a hoof; cats have
paws there. Zero pose: standing, the head high.
"""

import numpy as np

from .skeleton import Skeleton, without_side

JOINTS = dict(
    pelvis=(None, (0, 0, 0)),
    tail=('pelvis', (0, 110, -320)),
    tail_middle=('tail', (0, -50, -140)),
    tail_end=('tail_middle', (0, -300, -60)),
    chest=('pelvis', (0, 10, 420)),
    neck=('chest', (0, 70, 400)),
    head=('neck', (0, 400, 330)),
    side_eye=('head', (84, -70, 118)),
    chin=('head', (0, -345, 270)),
    side_shoulder=('chest', (125, -90, 380)),
    side_front_elbow=('side_shoulder', (10, -190, -130)),
    side_front_knee=('side_front_elbow', (0, -400, 30)),
    side_front_hoof=('side_front_knee', (0, -385, 15)),
    side_hip=('pelvis', (105, -40, -190)),
    side_back_elbow=('side_hip', (30, -345, 135)),
    side_back_knee=('side_back_elbow', (0, -335, -180)),
    side_back_hoof=('side_back_knee', (0, -345, 45)),
)
DOFS = dict(
    pitch=('pelvis', '-x', -18, 50),
    sway=('pelvis', 'z', -8, 8),
    back_bend=('chest', 'x', -14, 16),
    back_turn=('chest', 'y', -14, 14),
    neck_down=('neck', 'x', -30, 100),
    neck_turn=('neck', 'y', -40, 40),
    head_down=('head', 'x', -40, 40),
    head_turn=('head', 'y', -30, 30),
    tail_lift=('tail', 'x', -25, 85),
    tail_swing=('tail', 'z', -35, 35),
    tail_bend=('tail_middle', 'x', -40, 55),
    tail_curl=('tail_end', 'x', -40, 60),
    side_arm_swing=('side_shoulder', '-x', -35, 45),
    side_arm_out=('side_shoulder', 'z', -8, 12),
    side_front_elbow_bend=('side_front_elbow', '-x', -35, 75),
    side_front_knee_bend=('side_front_knee', 'x', -4, 105),
    side_front_hoof_bend=('side_front_hoof', 'x', -30, 75),
    side_thigh_swing=('side_hip', '-x', -35, 60),
    side_thigh_out=('side_hip', 'z', -6, 14),
    side_back_elbow_bend=('side_back_elbow', 'x', -30, 75),
    side_back_knee_bend=('side_back_knee', '-x', -38, 70),
    side_back_hoof_bend=('side_back_hoof', 'x', -30, 70),
)
HINGES = (
    'chest',
    'neck',
    'head',
    'side_front_elbow',
    'side_front_knee',
    'side_hip',
    'side_back_elbow',
    'side_back_knee',
)
SKELETON = Skeleton(JOINTS, DOFS, HINGES)

# Stretch of the bones of a cat's body, against a horse's.
_CAT = dict(
    pelvis=(0.82, 0.8, 0.92),
    tail=(0.75, 1.0, 1.0),
    tail_middle=(0.62, 1.1, 0.8),
    tail_end=(0.6, 1.1, 0.8),
    chest=(0.85, 0.82, 0.92),
    neck=(1.1, 0.42, 0.92),
    head=(1.28, 0.7, 0.64),
    shoulder=(1.1, 0.85, 0.9),
    front_elbow=(1.25, 0.62, 1.2),
    front_knee=(1.5, 0.5, 1.5),
    front_hoof=(1.3, 0.9, 1.5),
    hip=(0.85, 0.8, 0.9),
    back_elbow=(1.05, 0.72, 0.9),
    back_knee=(1.4, 0.62, 1.3),
    back_hoof=(1.3, 0.9, 1.5),
)


def animal_build(rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Draw the stretch of each bone [J, 3] of an animal, and how much it is a cat.

    Legs, trunk, neck and its slope, head and tail are between a horse (0) and a tiger (1).
    """

    def vary(deviation):
        return np.clip(rng.normal(1, deviation), 1 - 2.5 * deviation, 1 + 2.5 * deviation)

    cat = rng.beta(0.5, 0.5)
    size = (1 - 0.12 * cat) * vary(0.08)
    leg, trunk, neck, head, girth = (vary(d) for d in (0.06, 0.05, 0.08, 0.06, 0.06))
    legs = vary(0.08)
    extra = dict(
        pelvis=(girth, girth, trunk),
        chest=(girth, girth, trunk),
        neck=(girth, neck, neck),
        head=(head, head, head),
    )
    stretch = []
    for joint in SKELETON.joints:
        name = without_side(joint)
        is_leg = name.split('_')[0] in ('shoulder', 'front', 'hip', 'back')
        own = extra.get(name, (legs, leg, legs) if is_leg else (1, 1, 1))
        stretch.append((1 + cat * (np.array(_CAT.get(name, (1, 1, 1))) - 1)) * own)
    return size * np.array(stretch), cat
