"""For a target without colours, such as images of an infrared camera."""

# Of the source only: half of its images show light and shade alone.
grey = dict(type='SeededAlbumentation', transforms=[dict(type='ToGray', p=0.5)])
