"""Masked reconstruction on both domains (arXiv 2501.08408) with ViT-B, for a GPU.

The parts are those of `masked_reconstruction.py`. The paper names them, but its values are
not public, so none of the values here are the paper's. They are MAE's where MAE has one,
the small network's where that was tuned (docs/benchmarks_from_scratch.md), and otherwise
an untested choice.
"""

_base_ = ['../model/masked_vit_base.py', 'extras_3d.py']

# 0.999 in the usual convention, as in arXiv 2404.14885, whose runs are as long.
teacher = dict(type='TeacherEMA', momentum=0.001)
foreground_head = dict(type='ForegroundHead', in_channels=_base_.embed_dims)
alignments = dict(
    reconstruction=dict(
        type='MaskedReconstruction',
        # MAE's ratio; the other value is the small network's.
        masking=dict(type='PatchMasking', ratio=0.75, foreground_odds=2.0),
        head=dict(
            type='ForegroundReconstructionHead',
            in_channels=_base_.embed_dims,
            patch_size=_base_.patch_size,
            patch_grid=_base_.patch_grid,
            # MAE's decoder.
            embed_dims=512,
            depth=8,
            num_heads=16,
            loss=dict(type='ForegroundReconstructionLoss', foreground_emphasis=0.8),
        ),
        loss_weight=0.2,
    ),
    foreground=dict(type='ForegroundSegmentation', loss_weight=1.0),
    # The middle of twelve layers, as in the small network.
    attention=dict(type='AttentionRegularization', layers=[5], loss_weight=0.05),
    mean_teacher=dict(type='MeanTeacherConsistency', loss_weight=1.0, ramp_iters=1000),
)
custom_hooks = [
    dict(type='EMATeacherHook'),
    dict(type='SourceMeasuresHook'),
    dict(type='AdaINStyleHook', source_to_target=dict(prob=0.5, alpha=(0.0, 1.0))),
    dict(type='AdaptationPictureHook'),
    dict(type='SummaryHook'),
]

# What tools/analysis_tools/ablation.py adds and leaves out.
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
