"""21 joints of a hand, in volumes over 96 x 96 px crops."""

codec = dict(
    type='Pose3DLabel',
    input_size=(96, 96),
    depth_range=(-160, 160),
    skeleton=[(0, 4 * f + 1) for f in range(5)]
    + [(4 * f + i, 4 * f + i + 1) for f in range(5) for i in (1, 2, 3)],
    total_length=817.0,  # mean of the generated source, mm
)
