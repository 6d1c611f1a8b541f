"""How all views look, as arXiv 2404.14885 trains."""

strong_look = dict(
    type='SeededAlbumentation',
    transforms=[
        dict(
            type='ColorJitter',
            brightness=(0.75, 1.25),
            contrast=(0.75, 1.25),
            saturation=(0.75, 1.25),
            hue=(-0.25, 0.25),
            p=1.0,
        ),
    ],
)
strong_box = dict(
    type='FastRandomBBoxTransform',
    shift_factor=0.05,
    shift_prob=1.0,
    scale_factor=(0.6, 1.3),
    scale_prob=1.0,
    rotate_factor=60,
    rotate_prob=1.0,
)
