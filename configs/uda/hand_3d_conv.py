"""``hand_3d.py`` without a transformer: only the pre-trained blocks and the same head.

A convolution cannot leave out patches: hidden ones get the mean colour of the visible ones
(``ConvReconstructionHead``), and such images train the blocks themselves. There is no
attention to regularise. Nothing here is tuned.
"""

_base_ = ['hand_3d.py']

channels = 112  # of the blocks' last feature map, whose cells are the patches
parts = _base_.alignments
model = dict(
    estimator=dict(
        # The blocks that the transformer sits on.
        backbone=dict(_base_.estimator.backbone.stem, _delete_=True, out_indices=(3,)),
        neck=None,
        head=dict(in_channels=channels, upsample=4),
    ),
    foreground_head=dict(in_channels=channels),
    alignments=dict(
        _delete_=True,
        reconstruction=dict(
            parts.reconstruction,
            # SparK's ratio (arXiv 2301.03580): filled patches are seen too.
            masking=dict(parts.reconstruction.masking, ratio=0.6),
            head=dict(
                type='ConvReconstructionHead',
                in_channels=channels,
                stride=_base_.patch_size,
                patch_size=_base_.patch_size,
                patch_grid=_base_.patch_grid,
                loss=parts.reconstruction.head.loss,
            ),
        ),
        foreground=parts.foreground,
        mean_teacher=parts.mean_teacher,
    ),
)
train_cfg = dict(
    phases=[
        dict(phase, parts=[part for part in phase['parts'] if part != 'attention'])
        for phase in _base_.phases
    ]
)

ablation_parts = dict(
    _delete_=True,
    masked_reconstruction=['reconstruction'],
    foreground_centric=_base_.ablation_parts.foreground_centric,
    segmentation_guided_augmentation=['background'],
    mean_teacher=['mean_teacher'],
    style=['style'],
)
ablation_extras = dict(
    from_scratch=dict(_delete_=True, options={'model.estimator.backbone.pretrained': False})
)
