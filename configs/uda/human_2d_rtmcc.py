"""The human benchmark with RTMPose's head: the parts do not depend on the head.

Only what belongs to the head differs from ``human_2d.py``: its codec, its config, the
feature that is aligned, and the temperature of information maximisation, whose softmax
such a head is trained through anyway.
"""

_base_ = ['human_2d.py']

input_size = {{_base_.input_size}}
codec = dict(
    type='SimCCLabel',
    input_size=input_size,
    sigma=(1.6, 1.6),  # px of 64; RTMPose's own are 4.9 to 5.66 of 192 to 256
    simcc_split_ratio=2.0,
    normalize=False,
)
model = dict(
    estimator=dict(
        head=dict(
            _delete_=True,
            type='RTMCCHead',
            in_channels=256,
            out_channels=16,
            input_size=input_size,
            in_featuremap_size=(4, 4),
            simcc_split_ratio=2.0,
            final_layer_kernel_size=3,
            gau_cfg=dict(
                hidden_dims=128,
                s=64,
                expansion_factor=2,
                dropout_rate=0.0,
                drop_path=0.0,
                act_fn='SiLU',
                use_rel_bias=False,
                pos_enc=False,
            ),
            # A sum over the batch and a mean over the bins: about 1 for 16 images.
            loss=dict(
                type='KLDiscretLoss', use_target_weight=True, beta=10.0, label_softmax=True
            ),
            decoder=codec,
        ),
    ),
    alignments=dict(
        adversarial=dict(
            feature='backbone', discriminator=dict(in_channels=256, kernel_size=1)
        ),
        information=dict(loss=dict(temperature=1.0)),
    ),
)
encode = dict(type='GenerateTarget', encoder=codec)
strong_source = [*_base_.strong_view, encode, _base_.pack]
weak_source = [*_base_.weak_view, encode, _base_.pack]
train_dataloader = dict(dataset=dict(views=dict(source=strong_source)))
