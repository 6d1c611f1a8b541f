"""Keypoint definitions that the package's own data sets use.

They have the format of mmpose's ``METAINFO``. Being Python objects, they are found from
every working directory, which ``metainfo=dict(from_file=...)`` is not.
"""

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
"""A hand of 21 keypoints: wrist 0 (the root), then four a finger, thumb to pinky."""
