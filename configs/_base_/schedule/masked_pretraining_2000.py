"""Masked pre-training only: no pose is learned or evaluated.

Names differ from those of the benchmark that a pre-training config is also based on,
because mmengine refuses a name that two bases define.
"""

pretraining = [
    dict(name='pretrain', iters=2000, parts=['reconstruction', 'foreground', 'attention'])
]
pretraining_hooks = [
    # The teacher predicts the foreground of the target.
    dict(type='EMATeacherHook'),
    dict(type='AdaptationPictureHook'),
    dict(type='BackboneCheckpointHook'),
]
