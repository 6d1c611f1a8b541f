"""Flesh of the template human: round cones on the bones, in mm."""

from .flesh import Contacts, Flesh
from .floor import Floor
from .human_skeleton import SKELETON

SCALE = 9.0
REST_POSE = SKELETON.pose(side_arm_out=52, side_thigh_out=14)

# (bone or hinge, start, end, radii)
_CONES = (
    # hips, buttocks, belly
    ('side_pelvis', (58, 5, -6), (62, 60, -2), (98, 92)),
    ('side_hip', (-28, -15, -42), (-22, -60, -40), (86, 78)),
    ('side_pelvis', (45, 70, 2), (42, 160, 6), (92, 86)),
    ('(side_spine)', (42, -30, 6), (46, 20, 8), (88, 87)),
    # chest, shoulder blades, shoulders
    ('side_spine', (52, 20, 8), (72, 150, 2), (88, 90)),
    ('side_spine', (66, 130, 42), (60, 160, 42), (52, 46)),
    ('side_spine', (80, 160, -45), (70, 205, -40), (52, 46)),
    ('side_collar', (-10, 0, -16), (95, 8, -22), (54, 50)),
    ('side_collar', (0, 20, -30), (80, 12, -25), (40, 42)),
    ('(side_shoulder)', (-6, -2, 0), (4, -2, 0), (55, 54)),
    ('side_shoulder', (2, -10, 0), (5, -85, 0), (53, 49)),
    # arms: biceps and triceps, forearm
    ('side_shoulder', (0, -40, 0), (0, -270, 0), (48, 40)),
    ('side_shoulder', (0, -110, 12), (0, -190, 12), (42, 42)),
    ('(side_elbow)', (0, 0, -3), (0, 0, 3), (40, 40)),
    ('side_elbow', (0, -15, 0), (0, -85, 2), (40, 43)),
    ('side_elbow', (0, -85, 2), (0, -240, 0), (43, 29)),
    ('(side_wrist)', (0, 0, -6), (0, 0, 6), (28, 28)),
    # hands: palm, fingers, thumb
    ('side_wrist', (0, -20, -16), (-2, -85, -20), (24, 22)),
    ('side_wrist', (0, -20, 14), (-2, -85, 20), (24, 22)),
    ('side_wrist', (-2, -90, -16), (-10, -165, -10), (20, 15)),
    ('side_wrist', (-2, -90, 16), (-10, -170, 8), (20, 15)),
    ('side_wrist', (-4, -30, 30), (-12, -95, 52), (19, 14)),
    # neck and head: skull, face, chin, nose, ears
    ('thorax', (0, -25, -10), (0, 95, 0), (66, 58)),
    ('neck', (0, 132, -34), (0, 138, 20), (88, 84)),
    ('neck', (0, 100, 22), (0, 50, 40), (74, 50)),
    ('neck', (0, 30, 62), (0, 22, 58), (36, 34)),
    ('neck', (0, 100, 92), (0, 72, 116), (14, 19)),
    ('side_neck', (80, 92, -8), (86, 70, -8), (17, 13)),
    # legs: thigh, knee, calf, foot
    ('(side_hip)', (-8, 0, 0), (8, 0, 0), (88, 88)),
    ('side_hip', (2, -20, 2), (0, -390, 0), (88, 56)),
    ('side_hip', (4, -110, 22), (2, -260, 20), (72, 60)),
    ('(side_knee)', (0, 0, -2), (0, 0, 8), (53, 53)),
    ('side_knee', (0, -15, -4), (0, -390, -4), (53, 37)),
    ('side_knee', (0, -80, -24), (0, -190, -22), (44, 40)),
    ('side_ankle', (0, -5, -12), (0, -42, -38), (38, 36)),
    ('side_ankle', (0, -30, 0), (4, -52, 110), (42, 28)),
    ('side_ankle', (-10, -54, 90), (-8, -56, 165), (28, 22)),
    ('side_ankle', (16, -54, 90), (14, -58, 140), (27, 22)),
)
# Balls that must not overlap: (joint, next joint, share of the way, radius, part).
_BALLS = [
    ('side_elbow', 'side_wrist', 0.0, 40, 'side_arm'),
    ('side_elbow', 'side_wrist', 0.5, 38, 'side_arm'),
    ('side_elbow', 'side_wrist', 1.0, 32, 'side_arm'),
    ('side_elbow', 'side_wrist', 1.4, 34, 'side_arm'),
    ('side_hip', 'side_knee', 0.5, 72, 'side_leg'),
    ('side_hip', 'side_knee', 0.9, 60, 'side_leg'),
    ('side_knee', 'side_ankle', 0.35, 56, 'side_leg'),
    ('side_knee', 'side_ankle', 0.9, 48, 'side_leg'),
    ('pelvis', 'side_hip', 0.5, 100, 'trunk'),
    ('pelvis', 'spine', 0.5, 105, 'trunk'),
    ('spine', 'side_collar', 0.2, 112, 'trunk'),
    ('spine', 'side_shoulder', 0.55, 100, 'trunk'),
    ('neck', 'head_top', 0.2, 90, 'trunk'),
    ('neck', 'head_top', 0.6, 105, 'trunk'),
]
CONTACTS = Contacts(SKELETON, _BALLS, {('left_leg', 'trunk'), ('right_leg', 'trunk')})
# What can touch the floor: (joint, place in its bone's frame, radius).
FLOOR = Floor(
    SKELETON,
    dict(
        head=('neck', (0, 125, -8), 102),
        side_shoulder=('side_shoulder', (0, 0, 0), 56),
        side_back=('spine', (75, 185, -42), 52),
        side_breast=('spine', (64, 145, 42), 50),
        belly=('pelvis', (0, 110, 4), 95),
        side_buttock=('side_hip', (-28, -20, -42), 84),
        side_hip=('side_hip', (0, 0, 0), 88),
        side_elbow=('side_elbow', (0, 0, 0), 40),
        side_palm=('side_wrist', (-2, -70, 0), 24),
        side_fingers=('side_wrist', (-10, -165, 0), 16),
        side_knee=('side_knee', (0, 0, 4), 53),
        side_heel=('side_ankle', (0, -38, -36), 37),
        side_toe=('side_ankle', (-8, -56, 160), 23),
    ),
)


def human_flesh() -> Flesh:
    """The template's flesh."""
    flesh = Flesh(SKELETON, REST_POSE, SCALE)
    for cone in _CONES:
        flesh.add(*cone)
    return flesh
