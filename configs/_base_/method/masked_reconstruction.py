"""Masked reconstruction on both domains (arXiv 2501.08408), with a mean teacher and
weight-free style transfer (as in arXiv 2404.14885).

It builds on the transformer whose patches it hides.
"""

_base_ = ['../model/lite0_vit.py', 'extras_3d.py']

# 0.99 in the usual convention. Within 1550 steps, 0.999 would still remember the
# beginning; with 0.995 the teacher was 6 mm behind the student when it began to teach.
teacher = dict(type='TeacherEMA', momentum=0.01)
foreground_head = dict(type='ForegroundHead', in_channels=_base_.channels)
alignments = dict(
    reconstruction=dict(
        type='MaskedReconstruction',
        masking=dict(type='PatchMasking', ratio=0.75, foreground_odds=2.0),
        head=dict(
            type='ForegroundReconstructionHead',
            in_channels=_base_.embed_dims,
            patch_size=_base_.patch_size,
            patch_grid=_base_.patch_grid,
            embed_dims=64,
            loss=dict(type='ForegroundReconstructionLoss', foreground_emphasis=0.8),
        ),
        # The pose stays the main task of the adaptation.
        loss_weight=0.2,
    ),
    foreground=dict(type='ForegroundSegmentation', loss_weight=1.0),
    attention=dict(type='AttentionRegularization', layers=[1], loss_weight=0.05),
    mean_teacher=dict(type='MeanTeacherConsistency', loss_weight=1.0, ramp_iters=200),
)
custom_hooks = [
    dict(type='EMATeacherHook'),
    # Warns if the codec was measured on another source.
    dict(type='SourceMeasuresHook'),
    dict(type='AdaINStyleHook', source_to_target=dict(prob=0.5, alpha=(0.0, 1.0))),
    # Warns if the teacher has nothing left to teach.
    dict(type='AdaptationMonitorHook'),
    dict(type='AdaptationPictureHook'),
    dict(type='SummaryHook'),
]

# What tools/analysis_tools/ablation.py adds and leaves out. Reconstruction that is not
# foreground-centric is plain MAE, which needs no foreground; attention does.
ablation_parts = dict(
    masked_reconstruction=['reconstruction'],
    foreground_centric=dict(
        elements=['foreground'],
        needs=['masked_reconstruction'],
        without={'model.alignments.reconstruction.foreground': False},
    ),
    segmentation_guided_augmentation=['background'],
    attention_regularization=['attention', 'foreground'],
    mean_teacher=['mean_teacher'],
    style=['style'],
)
ablation_extras = dict(
    # From points, the student learns to be confident where the teacher is not.
    labels_of_points=dict(
        needs=['mean_teacher'],
        options={'model.alignments.mean_teacher.whole_maps': False},
    ),
    # On photographs they make depth drift (docs/experiments.md).
    labels_with_depth=dict(
        needs=['mean_teacher'], options={'model.alignments.mean_teacher.depth': True}
    ),
    from_scratch=dict(options={'model.estimator.backbone.stem.pretrained': False}),
)
