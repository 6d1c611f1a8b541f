"""Masked pre-training alone: no pose is learned, and none is evaluated.

What a config of it takes from here has other names than what it replaces of the benchmark
that it is based on.
"""

pretraining = [
    dict(name='pretrain', iters=2000, parts=['reconstruction', 'foreground', 'attention'])
]
pretraining_hooks = [
    # The teacher tells the foreground of the target.
    dict(type='EMATeacherHook'),
    dict(type='AdaptationPictureHook'),
    dict(type='BackboneCheckpointHook'),
]
