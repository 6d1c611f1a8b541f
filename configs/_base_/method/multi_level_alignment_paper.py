"""Multi-level alignment with the numbers of arXiv 2404.14885 and of its code.

What differs from the published code ("there"):

- One optimiser: the discriminator's learning rate falls with the student's, while there
  it never falls.
- No shear: a crop's affine map is a similarity here. Rotation, scale, shift, the square
  that both target views are taken from, and colours are the paper's
  (`configs/_base_/views/paper.py`). Its images are cropped at 1.5 times the box, those here
  at 1.25 times, as in mmpose.
- Running BatchNorm statistics are the target's, and the teacher is in eval mode; there
  the teacher normalises by its own batches.
- The last checkpoint is used. There it is the best by the target's test labels, chosen
  once after the 40 epochs and once at the end.
- Consistency and information maximisation use the student's heatmaps in the student's own
  view, and pseudo labels are Gaussians around sub-cell peaks. There heatmaps are warped
  back to a common crop first, and labels are Gaussians around the largest cell.
- The Gaussians of pseudo labels extend over the whole map, there over 3 sigma.
- The student continues from the end of the source phase. So does the teacher, which has
  been an average since the first step and has the student's BatchNorm statistics. There
  both are loaded from the chosen checkpoint, and the teacher keeps its own statistics.
- By default nothing is downloaded: the backbone starts from scratch and the style network
  is the weight-free one. There they are ImageNet's ResNet-101 and VGG-19. How to use these
  is shown in `configs/_base_/model/resnet101.py` and below.
- Single precision unless `--amp` is given. There it is fp16.
"""

_base_ = ['extras.py']

teacher = dict(type='TeacherEMA', momentum=0.001)
test_statistics = 'target'
alignments = dict(
    mean_teacher=dict(
        type='MeanTeacherConsistency',
        selection=dict(type='QuantileSelection', quantile=0.5),
        # Times the 0.5 of the head's loss, this is the paper's weight of 1.
        loss_weight=2.0,
        ramp_iters=0,
    ),
    occlusion=dict(type='KeypointOcclusion', prob=0.5, min_confidence=0.9, size=20 / 256),
    adversarial=dict(
        type='DomainAdversarial',
        feature='head.deconv_layers',
        discriminator=dict(
            type='DomainDiscriminator', in_channels=256, channels=(256, 128, 128)
        ),
        loss_weight=0.1,
        coefficient_ramp=0,
    ),
    information=dict(
        type='InformationMaximization',
        # As published. Its gradient is almost zero; that of mode='normalized' is not.
        loss=dict(type='InfoMaxLoss', mode='released'),
        loss_weight=0.3,
    ),
)
# To use AdaIN's public weights, add to the hook:
# style=dict(type='VGG19Style', encoder='vgg_normalised.pth', decoder='decoder.pth')
custom_hooks = [
    dict(type='EMATeacherHook'),
    dict(
        type='AdaINStyleHook',
        source_to_target=dict(prob=0.5, alpha=(0.0, 1.0)),
        per_batch=True,
    ),
    dict(type='AdaptationPictureHook'),
    dict(type='SummaryHook', headline='PCK', unit=''),
]
ablation_parts = dict(
    style=['style'],
    mean_teacher=['mean_teacher', 'occlusion'],
    adversarial=['adversarial'],
    information=['information'],
    # The method of UniFrame (ECCV 2022), on which the paper builds, except that UniFrame
    # also gives the teacher's images the source's style.
    uniframe_like=dict(needs=['style', 'mean_teacher']),
)
ablation_extras = dict(
    disagreement_weighting=dict(
        options={
            'model.alignments.mean_teacher.selection': [
                dict(type='QuantileSelection', quantile=0.5),
                dict(type='DisagreementWeighting'),
            ]
        }
    )
)
