"""Augmentation of all views, as in arXiv 2404.14885."""

strong_look = dict(
    type='SeededAlbumentation',
    transforms=[
        dict(
            type='ColorJitter',
            brightness=(0.75, 1.25),
            contrast=(0.75, 1.25),
            saturation=(0.75, 1.25),
            hue=(0, 0),
            p=1.0,
        ),
    ],
)
# What student and teacher see of a target image lies within the same square.
base_box = dict(type='RandomResizedBox', area=(0.6, 1.3))
strong_box = dict(type='RandomAffineBox', rotation=60, translation=0.05, scale=(0.6, 1.3))
