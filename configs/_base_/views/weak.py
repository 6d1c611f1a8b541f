"""The first and last steps of the views, and the box of the teacher's view."""

box = dict(type='GetBBoxCenterScale')
weak_box = dict(
    type='FastRandomBBoxTransform',
    shift_factor=0.03,
    scale_factor=(0.95, 1.05),
    scale_prob=1.0,
    rotate_prob=0.0,
)
pack = dict(type='PackPoseView')
# As in mmpose's tests: an exported model sees exactly the same pixels.
stock_pack = dict(type='PackPoseInputs')
