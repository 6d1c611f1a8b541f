"""Strong augmentation of source and student: light, blur, noise, holes and boxes."""

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
        dict(type='GaussNoise', std_range=(0.01, 0.05), p=0.2),
        dict(type='ImageCompression', quality_range=(30, 90), p=0.2),
        dict(
            type='CoarseDropout',
            num_holes_range=(1, 2),
            hole_height_range=(0.1, 0.25),
            hole_width_range=(0.1, 0.25),
            fill='random_uniform',
            p=0.3,
        ),
    ],
)
strong_box = dict(
    type='FastRandomBBoxTransform',
    shift_factor=0.06,
    shift_prob=1.0,
    scale_factor=(0.85, 1.2),
    scale_prob=1.0,
    rotate_factor=30,
    rotate_prob=0.8,
)
# The source's foreground over backgrounds of the target.
background = dict(type='ReplaceBackground', prob=0.5)
# Photographs end close to what they show, while renders go on.
picture_edge = dict(type='PictureEdge', prob=0.3, margin=(-0.08, 0.2))
