"""`masked_reconstruction_vit_base.py` for a source without masks of the foreground.

Without masks no foreground can be learned: all patches are hidden and reconstructed alike,
as in MAE, backgrounds are not replaced, and attention is regularised only across layers.
"""

_base_ = ['masked_reconstruction_vit_base.py']

foreground_head = None
alignments = dict(
    _delete_=True,
    reconstruction=dict(_base_.alignments.reconstruction, foreground=False),
    attention=dict(
        type='AttentionRegularization',
        # Around the middle of twelve layers; neighbouring layers should attend alike.
        layers=[4, 5, 6],
        foreground_weight=0.0,
        agreement_weight=1.0,
        loss_weight=0.05,
    ),
    mean_teacher=_base_.alignments.mean_teacher,
)
ablation_parts = dict(
    _delete_=True,
    masked_reconstruction=['reconstruction'],
    attention_regularization=['attention'],
    mean_teacher=['mean_teacher'],
    style=['style'],
)
