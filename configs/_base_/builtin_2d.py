"""What the built-in 2D benchmarks share: multi-level alignment (arXiv 2404.14885).

A mean teacher on the target with style transfer (image level), gradient reversal (feature
level) and information maximisation (pose level), from scratch, on a CPU, in minutes. A
benchmark adds its data, its keypoints and its flips. Read it top to bottom; every value
that was chosen says why.
"""

_base_ = ['default_runtime.py']

# ---- data ----------------------------------------------------------------------------
dataset_type = 'PoseDataset'
data_mode = 'topdown'
input_size = (64, 64)  # width, height, px
heatmap_size = (16, 16)
backend_args = None

# ---- schedule ------------------------------------------------------------------------
phases = [
    # The paper's first 40 of 70 epochs: the source, half of it in the target's style.
    dict(name='source', iters=500, parts=['supervised']),
    dict(
        name='adapt',
        iters=700,
        parts=[
            'supervised',
            'mean_teacher',
            'occlusion',
            'adversarial',
            'information',
        ],
    ),
]
max_iters = sum(phase['iters'] for phase in phases)
train_cfg = dict(type='PhasedTrainLoop', phases=phases)
val_cfg = dict(type='TeacherStudentValLoop', beside=['student'])
test_cfg = dict()

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=4e-3, weight_decay=0.01),
    # The discriminator keeps up with a student that learns from scratch.
    paramwise_cfg=dict(custom_keys={'alignments.adversarial': dict(lr_mult=0.5)}),
    clip_grad=dict(max_norm=1.0),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=60),
    dict(
        type='CosineAnnealingLR',
        by_epoch=False,
        begin=60,
        end=max_iters,
        eta_min_ratio=0.02,
    ),
]

# What tools/analysis_tools/ablation.py adds and leaves out. The occlusion makes the
# teacher's task harder and is nothing without it.
ablation_parts = dict(
    style=['style'],
    mean_teacher=['mean_teacher', 'occlusion'],
    adversarial=['adversarial'],
    information=['information'],
)

# ---- model ---------------------------------------------------------------------------
num_keypoints = 21
codec = dict(
    type='MSRAHeatmap',
    input_size=input_size,
    heatmap_size=heatmap_size,
    sigma=1,
    # Cells are 4 px wide, so keypoints must not be rounded to them.
    unbiased=True,
    blur_kernel_size=3,
)
estimator = dict(
    type='TopdownPoseEstimator',
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    # ResNet-18 of half the width: what trains from scratch in minutes. Its last stage keeps
    # the resolution: of a 64 px crop it would leave 2 x 2 cells.
    backbone=dict(
        type='ResNet',
        depth=18,
        stem_channels=32,
        base_channels=32,
        strides=(1, 2, 2, 1),
    ),
    head=dict(
        type='HeatmapHead',
        in_channels=256,
        out_channels=num_keypoints,
        deconv_out_channels=(64, 64),
        deconv_kernel_sizes=(4, 4),
        # Squared errors of heatmaps are small: this brings them near 1, where the weights
        # of the parts below are those of the paper.
        loss=dict(type='KeypointMSELoss', use_target_weight=True, loss_weight=100.0),
        decoder=codec,
    ),
    test_cfg=dict(flip_test=False),
)
model = dict(
    type='DomainAdaptivePoseEstimator',
    estimator=estimator,
    teacher=dict(type='TeacherEMA', momentum=0.01),
    # Batches of two domains, each normalised by itself; tested with the target's.
    test_statistics='target',
    alignments=dict(
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
            discriminator=dict(
                type='DomainDiscriminator', in_channels=64, channels=(64, 32)
            ),
            loss_weight=0.01,
            coefficient_ramp=200,
        ),
        information=dict(
            type='InformationMaximization',
            loss=dict(type='InfoMaxLoss', mode='normalized', temperature=0.5),
            loss_weight=0.1,
        ),
    ),
)

custom_hooks = [
    dict(type='EMATeacherHook'),
    dict(type='AdaINStyleHook', source_to_target=dict(prob=0.5, alpha=(0.0, 1.0))),
    dict(type='AdaptationPictureHook'),
    dict(type='SummaryHook', headline='PCK', unit=''),
]

# ---- pipelines -----------------------------------------------------------------------
# Mild: in 1200 steps stronger views cost the network more than they teach it.
strong_look = dict(
    type='SeededAlbumentation',
    transforms=[
        dict(
            type='ColorJitter',
            brightness=(0.6, 1.4),
            contrast=(0.6, 1.4),
            saturation=(0.5, 1.5),
            hue=(-0.05, 0.05),
            p=0.7,
        ),
        dict(
            type='OneOf',
            transforms=[
                dict(type='GaussianBlur', blur_limit=(3, 5)),
                dict(type='MotionBlur', blur_limit=(3, 5)),
            ],
            p=0.2,
        ),
    ],
)
strong_box = dict(
    type='FastRandomBBoxTransform',
    shift_factor=0.03,
    shift_prob=1.0,
    scale_factor=(0.9, 1.1),
    scale_prob=1.0,
    rotate_factor=20,
    rotate_prob=0.5,
)
weak_box = dict(
    type='FastRandomBBoxTransform',
    shift_factor=0.03,
    scale_factor=(0.95, 1.05),
    scale_prob=1.0,
    rotate_prob=0.0,
)
crop = dict(type='TopdownAffine3D', input_size=input_size)
encode = dict(type='GenerateTarget', encoder=codec)
pack = dict(type='PackPoseView')
box = dict(type='GetBBoxCenterScale')

strong_view = [box, strong_box, crop, strong_look]
weak_view = [box, weak_box, crop]
strong_source = [*strong_view, encode, pack]
# For the control of the weakest augmentation (docs/benchmarks.md), and for animals.
weak_source = [*weak_view, encode, pack]
weak_target = [*weak_view, pack]
strong_target = [*strong_view, pack]
# Stock parts: the exported model is tested on exactly the same pixels.
val_pipeline = [
    dict(type='LoadImage'),
    box,
    dict(type='TopdownAffine', input_size=input_size),
    dict(type='PackPoseInputs'),
]

source_train = dict(
    type=dataset_type,
    ann_file='annotations/train.json',
    data_prefix=dict(img='images/'),
    pipeline=[dict(type='LoadPoseImage')],
)
target_train = dict(source_train, labels=False)
train_dataloader = dict(
    batch_size=16,
    num_workers=2,
    persistent_workers=False,
    sampler=dict(type='InfiniteDrawSampler'),
    collate_fn=dict(type='collate_views'),
    dataset=dict(
        type='SourceTargetDataset',
        source=source_train,
        target=target_train,
        views=dict(
            source=strong_source,
            target_teacher=weak_target,
            target_student=strong_target,
        ),
    ),
)
val_dataloader = dict(
    batch_size=50,
    num_workers=1,
    persistent_workers=False,
    drop_last=False,
    sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(
        type=dataset_type,
        ann_file='annotations/test.json',
        data_prefix=dict(img='images/'),
        test_mode=True,
        pipeline=val_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = [dict(type='CropPCK', thr=0.05, prefix='target')]
test_evaluator = val_evaluator
