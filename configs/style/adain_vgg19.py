"""The decoder of the VGG-19 style network for one pair of domains.

    python tools/train.py configs/style/adain_vgg19.py

writes ``decoder.pth`` into the work dir; in the config of an adaptation, the hook reads it:

    dict(
        type='AdaINStyleHook',
        source_to_target=dict(prob=0.5, alpha=(0.0, 1.0)),
        per_batch=True,
        style=dict(
            type='VGG19Style',
            encoder='vgg_normalised.pth',
            decoder='work_dirs/adain_vgg19/decoder.pth',
        ),
    )

Values are those of the public code of AdaIN (github.com/naoto0804/pytorch-AdaIN) unless
said otherwise. UniFrame, whose decoders arXiv 2404.14885 uses, has a learning rate of 1e-5,
500,000 iterations and a style weight of 0.1 instead.
"""

_base_ = ['../_base_/default_runtime.py']

# Weights to download: `vgg_normalised.pth` of the public code (release v0.0.0), or those of
# torchvision's VGG-19. For a file elsewhere: --cfg-options model.encoder=PATH
encoder = 'vgg_normalised.pth'

# ---- data ----------------------------------------------------------------------------
# Generated on first use. For your own data, set the two data sets below and drop this.
builtin_data = dict(name='hand', root='data/builtin_hand', seed=0)
data_root = builtin_data['root']
# Small crops, to train on a CPU; the public code has 256 px.
input_size = (64, 64)  # width, height, px
backend_args = None

# ---- schedule ------------------------------------------------------------------------
# Enough for 64 px crops of one kind of object; the public code needs 160,000 for all kinds
# of pictures.
max_iters = 20000
train_cfg = dict(
    type='PhasedTrainLoop',
    phases=[dict(name='decoder', iters=max_iters, parts=['decoder'])],
)
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-4))
param_scheduler = [dict(type='InverseTimeLR', decay=5e-5, by_epoch=False)]
default_hooks = dict(checkpoint=dict(interval=1000))

# ---- model ---------------------------------------------------------------------------
# A style weight of 0.1 (UniFrame) keeps more of the content.
model = dict(type='AdaINStyleTransfer', encoder=encoder, style_weight=10.0)
custom_hooks = [dict(type='StyleDecoderHook', interval=1000)]

# ---- pipelines -----------------------------------------------------------------------
# Crops as in the adaptation, without changes of colour, which is part of the style.
view = [
    dict(type='GetBBoxCenterScale'),
    dict(
        type='FastRandomBBoxTransform',
        shift_factor=0.06,
        shift_prob=1.0,
        scale_factor=(0.85, 1.2),
        scale_prob=1.0,
        rotate_factor=30,
        rotate_prob=0.8,
    ),
    dict(type='TopdownAffine3D', input_size=input_size),
    dict(type='PackPoseView'),
]
source_train = dict(
    type='PoseDataset',
    data_root=data_root + '/rendered',
    ann_file='annotations/train.json',
    data_prefix=dict(img='images/'),
    labels=False,
    pipeline=[dict(type='LoadPoseImage')],
)
target_train = dict(source_train, data_root=data_root + '/photo')
train_dataloader = dict(
    batch_size=8,
    num_workers=2,
    persistent_workers=False,
    sampler=dict(type='InfiniteDrawSampler'),
    collate_fn=dict(type='collate_views'),
    dataset=dict(
        type='SourceTargetDataset',
        source=source_train,
        target=target_train,
        views=dict(source=view, target=view),
    ),
)
