"""Flesh of the template quadruped: round cones on the bones, in mm."""

from .animal_skeleton import SKELETON
from .flesh import Contacts, Flesh

SCALE = 10.5
REST_POSE = SKELETON.pose(side_thigh_out=6, side_arm_out=4)

# (bone or hinge, start, end, radii)
_CONES = (
    # rump, barrel, withers, breast
    ('side_pelvis', (62, 20, -190), (58, 15, 60), (130, 155)),
    ('pelvis', (0, -30, 60), (0, -55, 300), (215, 240)),
    ('(chest)', (0, -58, -60), (0, -58, 60), (236, 236)),
    ('chest', (0, -58, 30), (0, -40, 260), (234, 200)),
    ('chest', (0, 110, 150), (0, 90, 320), (95, 90)),
    ('chest', (0, -70, 280), (0, -30, 360), (175, 150)),
    # tail
    ('tail', (0, 15, 30), (0, -48, -135), (40, 36)),
    ('tail_middle', (0, 0, 0), (0, -290, -58), (38, 46)),
    ('tail_end', (0, 0, 0), (0, -270, -20), (46, 26)),
    # neck with its crest
    ('(neck)', (0, -20, -40), (0, 30, 10), (165, 150)),
    ('neck', (0, 10, 0), (0, 370, 305), (150, 88)),
    ('neck', (0, 110, -40), (0, 400, 250), (70, 56)),
    ('(head)', (0, -10, 0), (0, 10, 10), (90, 90)),
    # head: skull, cheeks, muzzle, nostrils, ears
    ('head', (0, -10, 10), (0, -110, 100), (98, 92)),
    ('side_head', (38, -120, 66), (34, -180, 120), (66, 54)),
    ('head', (0, -130, 132), (0, -320, 280), (78, 61)),
    ('side_head', (24, -325, 285), (24, -345, 295), (42, 38)),
    ('side_head', (54, 70, 6), (70, 165, 6), (28, 13)),
    # fore legs
    ('side_chest', (92, 80, 260), (112, -60, 350), (82, 92)),
    ('side_shoulder', (0, 0, 0), (5, -185, -120), (98, 80)),
    ('(side_front_elbow)', (0, 0, 0), (0, -5, 0), (78, 76)),
    ('side_front_elbow', (0, -10, 0), (0, -180, 18), (76, 57)),
    ('side_front_elbow', (0, -180, 18), (0, -385, 29), (57, 42)),
    ('(side_front_knee)', (0, 6, 2), (0, -6, 4), (45, 44)),
    ('side_front_knee', (0, -20, 2), (0, -320, 8), (38, 32)),
    ('side_front_knee', (0, -330, 6), (0, -375, 14), (38, 35)),
    ('side_front_hoof', (0, 0, 8), (0, -32, 34), (38, 48)),
    # hind legs
    ('(side_hip)', (0, 0, 0), (8, -40, 20), (140, 138)),
    ('side_hip', (0, -40, 10), (26, -315, 120), (138, 96)),
    ('side_hip', (0, -30, -55), (15, -240, -10), (110, 72)),
    ('(side_back_elbow)', (0, 0, 0), (0, -6, -4), (92, 90)),
    ('side_back_elbow', (0, -10, -8), (0, -185, -96), (90, 62)),
    ('side_back_elbow', (0, -185, -96), (0, -322, -172), (60, 47)),
    ('(side_back_knee)', (0, 8, -6), (0, -8, 0), (48, 46)),
    ('side_back_knee', (0, -15, -2), (0, -290, 38), (44, 35)),
    ('side_back_knee', (0, -295, 38), (0, -335, 44), (39, 37)),
    ('side_back_hoof', (0, 0, 8), (0, -32, 34), (38, 48)),
)
# Balls that must not overlap: (joint, next joint, share of the way, radius, part).
_BALLS = [
    (f'side_{leg}_{start}', f'side_{leg}_{end}', share, radius, f'side_{leg}')
    for leg in ('front', 'back')
    for start, end, share, radius in (
        ('elbow', 'knee', 0.6, 62),
        ('knee', 'hoof', 0.0, 50),
        ('knee', 'hoof', 0.5, 45),
        ('knee', 'hoof', 1.0, 55),
    )
] + [
    ('pelvis', 'chest', 0.3, 210, 'trunk'),
    ('pelvis', 'chest', 0.9, 230, 'trunk'),
    ('head', 'chin', 0.3, 105, 'head'),
    ('head', 'chin', 0.9, 75, 'head'),
]
CONTACTS = Contacts(SKELETON, _BALLS, set())


def animal_flesh() -> Flesh:
    """The template's flesh."""
    flesh = Flesh(SKELETON, REST_POSE, SCALE)
    for cone in _CONES:
        flesh.add(*cone)
    return flesh
