"""Multi-level alignment (arXiv 2404.14885).

A mean teacher on the target with style transfer (image level), gradient reversal (feature
level) and information maximisation (pose level).
"""

_base_ = ['extras.py']

teacher = dict(type='TeacherEMA', momentum=0.01)
# Each domain is normalised separately in training; tests use the target's statistics.
test_statistics = 'target'
alignments = dict(
    mean_teacher=dict(
        type='MeanTeacherConsistency',
        selection=dict(type='ConfidenceWeighting'),
        loss_weight=1.0,
        ramp_iters=150,
    ),
    occlusion=dict(type='KeypointOcclusion', prob=0.5, min_confidence=0.7),
    adversarial=dict(
        type='DomainAdversarial',
        feature='head.deconv_layers',
        discriminator=dict(type='DomainDiscriminator', in_channels=64, channels=(64, 32)),
        loss_weight=0.01,
        coefficient_ramp=200,
    ),
    information=dict(
        type='InformationMaximization',
        loss=dict(type='InfoMaxLoss', mode='normalized', temperature=0.5),
        loss_weight=0.1,
    ),
)
custom_hooks = [
    dict(type='EMATeacherHook'),
    dict(type='AdaINStyleHook', source_to_target=dict(prob=0.5, alpha=(0.0, 1.0))),
    # Warns if the teacher has nothing left to teach.
    dict(type='AdaptationMonitorHook'),
    dict(type='AdaptationPictureHook'),
    dict(type='SummaryHook', headline='PCK', unit=''),
]

# What tools/analysis_tools/ablation.py adds and leaves out. The occlusion makes the
# task that the teacher sets harder, and does nothing without it.
ablation_parts = dict(
    style=['style'],
    mean_teacher=['mean_teacher', 'occlusion'],
    adversarial=['adversarial'],
    information=['information'],
)
# For the pre-trained network of the built-in benchmarks.
ablation_extras = dict(
    from_scratch=dict(options={'model.estimator.backbone.pretrained': False})
)
