"""Mild augmentation of source and student: in 1200 steps, stronger views cost the network
more than they teach it."""

strong_look = dict(
    type='SeededAlbumentation',
    transforms=[
        dict(
            type='ColorJitter',
            brightness=(0.6, 1.4),
            contrast=(0.6, 1.4),
            saturation=(0.5, 1.5),
            hue=(-0.05, 0.05),
            p=0.7,
        ),
        dict(
            type='OneOf',
            transforms=[
                dict(type='GaussianBlur', blur_limit=(3, 5)),
                dict(type='MotionBlur', blur_limit=(3, 5)),
            ],
            p=0.2,
        ),
    ],
)
strong_box = dict(
    type='FastRandomBBoxTransform',
    shift_factor=0.03,
    shift_prob=1.0,
    scale_factor=(0.9, 1.1),
    scale_prob=1.0,
    rotate_factor=20,
    rotate_prob=0.5,
)
# Only for the source: boxes of photographs are drawn by many hands, and photographs end
# close to what they show, while renders go on.
source_box = dict(strong_box, shift_factor=0.06, scale_factor=(0.8, 1.25), rotate_factor=30)
picture_edge = dict(type='PictureEdge', prob=0.3, margin=(-0.15, 0.2))
# The source's foreground over backgrounds of the target.
background = dict(type='ReplaceBackground', prob=0.5)
