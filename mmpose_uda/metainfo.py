"""Keypoint definitions that the package's own data sets use.

They have the format of mmpose's ``METAINFO``. As Python objects they are found from every
working directory, unlike ``metainfo=dict(from_file=...)``.
"""

from mmpose_uda.errors import UserError

# finger name -> colour of its keypoints and links; names are those of mmpose's FreiHAND
_FINGERS = {
    'thumb': [255, 128, 0],
    'forefinger': [255, 153, 255],
    'middle_finger': [102, 178, 255],
    'ring_finger': [255, 51, 51],
    'pinky_finger': [0, 255, 0],
}


def _hand21() -> dict:
    names, colors, links = ['wrist'], [[255, 255, 255]], []
    for finger, color in _FINGERS.items():
        chain = [f'{finger}{i}' for i in range(1, 5)]  # from the palm to the tip
        links += [(pair, color) for pair in zip(['wrist', *chain], chain)]
        names += chain
        colors += [color] * 4
    return dict(
        dataset_name='hand21',
        keypoint_info={
            i: dict(name=name, id=i, color=color, type='', swap='')
            for i, (name, color) in enumerate(zip(names, colors))
        },
        skeleton_info={
            i: dict(link=link, id=i, color=color)
            for i, (link, color) in enumerate(links)
        },
        joint_weights=[1.0] * 21,
        # those of COCO-WholeBody's hands
        sigmas=[
            0.029, 0.022, 0.035, 0.037, 0.047, 0.026, 0.025, 0.024, 0.035, 0.018, 0.024,
            0.022, 0.026, 0.017, 0.021, 0.021, 0.032, 0.02, 0.019, 0.022, 0.031,
        ],
    )  # fmt: skip


HAND21 = _hand21()
"""A hand of 21 keypoints: wrist 0 (the root), then four per finger, thumb to pinky."""

MANO21 = (
    0,
    *(13, 14, 15, 16),
    *(1, 2, 3, 17),
    *(4, 5, 6, 18),
    *(10, 11, 12, 19),
    *(7, 8, 9, 20),
)
"""For each keypoint of HAND21, the index of its MANO joint in HO-3D: there the fingers are
index, middle, pinky, ring and thumb, each without its tip, and the tips follow, from the
thumb's to the pinky's."""

_LEFT, _RIGHT, _MIDDLE = [0, 255, 0], [255, 128, 0], [51, 153, 255]


def _other_side(name: str) -> str:
    """The keypoint's mirror image, '' for one in the middle."""
    for side, other in (('left_', 'right_'), ('right_', 'left_')):
        if name.startswith(side):
            return other + name[len(side) :]
    return ''


def _side_color(*names: str) -> list:
    for side, color in (('left_', _LEFT), ('right_', _RIGHT)):
        if any(name.startswith(side) for name in names):
            return color
    return _MIDDLE


def _two_sided(dataset_name: str, sigmas: dict, links: tuple) -> dict:
    """Define keypoints (name -> sigma) in order, their mirror images by name, and links."""
    return dict(
        dataset_name=dataset_name,
        keypoint_info={
            i: dict(
                name=name,
                id=i,
                color=_side_color(name),
                type='',
                swap=_other_side(name),
            )
            for i, name in enumerate(sigmas)
        },
        skeleton_info={
            i: dict(link=link, id=i, color=_side_color(*link))
            for i, link in enumerate(links)
        },
        joint_weights=[1.0] * len(sigmas),
        sigmas=list(sigmas.values()),
    )


HUMAN16 = _two_sided(
    'human16',
    dict(
        right_ankle=0.089,
        right_knee=0.083,
        right_hip=0.107,
        left_hip=0.107,
        left_knee=0.083,
        left_ankle=0.089,
        pelvis=0.026,
        thorax=0.026,
        upper_neck=0.026,
        head_top=0.026,
        right_wrist=0.062,
        right_elbow=0.072,
        right_shoulder=0.179,
        left_shoulder=0.179,
        left_elbow=0.072,
        left_wrist=0.062,
    ),
    (
        ('right_ankle', 'right_knee'),
        ('right_knee', 'right_hip'),
        ('right_hip', 'pelvis'),
        ('pelvis', 'left_hip'),
        ('left_hip', 'left_knee'),
        ('left_knee', 'left_ankle'),
        ('pelvis', 'thorax'),
        ('thorax', 'upper_neck'),
        ('upper_neck', 'head_top'),
        ('thorax', 'right_shoulder'),
        ('right_shoulder', 'right_elbow'),
        ('right_elbow', 'right_wrist'),
        ('thorax', 'left_shoulder'),
        ('left_shoulder', 'left_elbow'),
        ('left_elbow', 'left_wrist'),
    ),
)
"""A human of 16 keypoints: those of MPII, in its order and with mmpose's names."""

HUMAN17 = _two_sided(
    'human17',
    # Human3.6M has no sigmas: these are HUMAN16's; the spine has that of the middle ones.
    dict(
        root=0.026,
        right_hip=0.107,
        right_knee=0.083,
        right_foot=0.089,
        left_hip=0.107,
        left_knee=0.083,
        left_foot=0.089,
        spine=0.026,
        thorax=0.026,
        neck_base=0.026,
        head=0.026,
        left_shoulder=0.179,
        left_elbow=0.072,
        left_wrist=0.062,
        right_shoulder=0.179,
        right_elbow=0.072,
        right_wrist=0.062,
    ),
    (
        ('root', 'left_hip'),
        ('left_hip', 'left_knee'),
        ('left_knee', 'left_foot'),
        ('root', 'right_hip'),
        ('right_hip', 'right_knee'),
        ('right_knee', 'right_foot'),
        ('root', 'spine'),
        ('spine', 'thorax'),
        ('thorax', 'neck_base'),
        ('neck_base', 'head'),
        ('thorax', 'left_shoulder'),
        ('left_shoulder', 'left_elbow'),
        ('left_elbow', 'left_wrist'),
        ('thorax', 'right_shoulder'),
        ('right_shoulder', 'right_elbow'),
        ('right_elbow', 'right_wrist'),
    ),
)
"""A human of 17 keypoints: those of Human3.6M, in its order and with mmpose's names.

The pelvis 0 is the root, `right_foot` and `left_foot` are the ankles, `neck_base` is the
nose and `head` the top of the head.
"""

ANIMAL18 = _two_sided(
    'animal18',
    dict(
        left_eye=0.025,
        right_eye=0.025,
        chin=0.026,
        left_front_hoof=0.089,
        right_front_hoof=0.089,
        left_back_hoof=0.089,
        right_back_hoof=0.089,
        hip=0.107,
        left_front_knee=0.087,
        right_front_knee=0.087,
        left_back_knee=0.087,
        right_back_knee=0.087,
        left_shoulder=0.079,
        right_shoulder=0.079,
        left_front_elbow=0.072,
        right_front_elbow=0.072,
        left_back_elbow=0.072,
        right_back_elbow=0.072,
    ),
    (
        ('left_eye', 'right_eye'),
        ('left_eye', 'chin'),
        ('right_eye', 'chin'),
        ('chin', 'left_shoulder'),
        ('chin', 'right_shoulder'),
        ('left_shoulder', 'hip'),
        ('right_shoulder', 'hip'),
        ('left_shoulder', 'left_front_elbow'),
        ('left_front_elbow', 'left_front_knee'),
        ('left_front_knee', 'left_front_hoof'),
        ('right_shoulder', 'right_front_elbow'),
        ('right_front_elbow', 'right_front_knee'),
        ('right_front_knee', 'right_front_hoof'),
        ('hip', 'left_back_elbow'),
        ('left_back_elbow', 'left_back_knee'),
        ('left_back_knee', 'left_back_hoof'),
        ('hip', 'right_back_elbow'),
        ('right_back_elbow', 'right_back_knee'),
        ('right_back_knee', 'right_back_hoof'),
    ),
)
"""A quadruped of 18 keypoints, those of TigDog; `hip` is where the tail starts."""

ANIMAL14 = _two_sided(
    'animal14',
    dict(
        left_eye=0.025,
        right_eye=0.025,
        left_front_hoof=0.089,
        right_front_hoof=0.089,
        left_back_hoof=0.089,
        right_back_hoof=0.089,
        left_front_knee=0.087,
        right_front_knee=0.087,
        left_back_knee=0.087,
        right_back_knee=0.087,
        left_front_elbow=0.072,
        right_front_elbow=0.072,
        left_back_elbow=0.072,
        right_back_elbow=0.072,
    ),
    # There is no keypoint between head and legs to link them.
    (
        ('left_eye', 'right_eye'),
        ('left_front_elbow', 'left_front_knee'),
        ('left_front_knee', 'left_front_hoof'),
        ('right_front_elbow', 'right_front_knee'),
        ('right_front_knee', 'right_front_hoof'),
        ('left_back_elbow', 'left_back_knee'),
        ('left_back_knee', 'left_back_hoof'),
        ('right_back_elbow', 'right_back_knee'),
        ('right_back_knee', 'right_back_hoof'),
    ),
)
"""A quadruped of the 14 keypoints that TigDog and AnimalPose share; paws are hooves."""

_NAMED = {
    info['dataset_name']: info for info in (HAND21, HUMAN16, HUMAN17, ANIMAL18, ANIMAL14)
}


def named_metainfo(name: str) -> dict:
    """Return a keypoint definition by its name.

    The names are 'hand21', 'human16', 'human17', 'animal18' and 'animal14'.

    Raises:
        UserError: There is no definition of this name.
    """
    if name not in _NAMED:
        raise UserError(
            f'There is no metainfo {name!r}: use {", ".join(_NAMED)}, or a dict in '
            "mmpose's format."
        )
    return _NAMED[name]
