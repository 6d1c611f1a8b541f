"""17 joints of a person, as in Human3.6M, in volumes over 96 x 96 px crops."""

codec = dict(
    type='Pose3DLabel',
    input_size=(96, 96),
    # Covers 99.9 % of the joints of 1500 generated people; hands and feet reach from
    # -939 to 958.
    depth_range=(-900, 900),
    skeleton=[
        (0, 1), (1, 2), (2, 3),  # right leg
        (0, 4), (4, 5), (5, 6),  # left leg
        (0, 7), (7, 8), (8, 9), (9, 10),  # spine, thorax, nose, head
        (8, 11), (11, 12), (12, 13),  # left arm
        (8, 14), (14, 15), (15, 16),  # right arm
    ],
    total_length=4199.0,  # mean of the generated source, mm; varies by 6 % between people
)  # fmt: skip
