"""3D hand pose from rendered to photo-like images: the built-in benchmark.

The method is masked reconstruction on both domains (arXiv 2501.08408) with a mean teacher
and weight-free style transfer (as in arXiv 2404.14885), from scratch, on a CPU, in
minutes. Read it top to bottom; every value that was chosen says why.
"""

_base_ = ['../_base_/default_runtime.py']

# ---- data ----------------------------------------------------------------------------
# Generated on first use. Another seed makes other data: tune there, report here.
builtin_data = dict(name='hand', root='data/builtin_hand', seed=0)
data_root = builtin_data['root']
dataset_type = 'PoseDataset'
data_mode = 'topdown'
input_size = (64, 64)  # width, height, px
backend_args = None

# ---- schedule ------------------------------------------------------------------------
# Many small steps: from scratch, two steps of 16 images teach more than one of 32. 1550 are
# what fits into 12 minutes on two CPU cores; more are better.
phases = [
    # Both domains teach the backbone what hands and backgrounds look like.
    dict(
        name='pretrain',
        iters=100,
        parts=['reconstruction', 'foreground', 'attention'],
    ),
    # The head learns to read poses off the source.
    dict(name='source', iters=450, parts=['supervised', 'foreground']),
    # The teacher labels the target.
    dict(
        name='adapt',
        iters=1000,
        parts=[
            'supervised',
            'mean_teacher',
            'reconstruction',
            'foreground',
            'attention',
        ],
    ),
]
max_iters = sum(phase['iters'] for phase in phases)
train_cfg = dict(type='PhasedTrainLoop', phases=phases)
val_cfg = dict(type='TeacherStudentValLoop', beside=['student'])
test_cfg = dict()

optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='AdamW', lr=3e-3, betas=(0.9, 0.95), weight_decay=0.05),
    clip_grad=dict(max_norm=1.0),
)
param_scheduler = [
    dict(type='LinearLR', start_factor=0.01, by_epoch=False, begin=0, end=120),
    dict(
        type='CosineAnnealingLR',
        by_epoch=False,
        begin=120,
        end=max_iters,
        eta_min_ratio=0.02,
    ),
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

# ---- model ---------------------------------------------------------------------------
codec = dict(
    type='Pose3DLabel',
    input_size=input_size,
    depth_range=(-160, 160),
    skeleton=[(0, 4 * f + 1) for f in range(5)]
    + [(4 * f + i, 4 * f + i + 1) for f in range(5) for i in (1, 2, 3)],
    total_length=841.0,  # mean of the generated source, mm
)
embed_dims = 128
patch_size = 8
patch_grid = (input_size[1] // patch_size, input_size[0] // patch_size)

estimator = dict(
    type='TopdownPoseEstimator',
    data_preprocessor=dict(
        type='PoseDataPreprocessor',
        mean=[123.675, 116.28, 103.53],
        std=[58.395, 57.12, 57.375],
        bgr_to_rgb=True,
    ),
    backbone=dict(
        type='MaskedVisionTransformer',
        # A small ViT: a large one learns nothing from 4,000 images in minutes.
        arch=dict(
            embed_dims=embed_dims,
            num_layers=3,
            num_heads=4,
            feedforward_channels=3 * embed_dims,
        ),
        img_size=(input_size[1], input_size[0]),
        patch_size=patch_size,
        stem='conv',
        with_cls_token=False,
        out_type='featmap',
    ),
    head=dict(
        type='VolumetricPose3DHead',
        in_channels=embed_dims,
        out_channels=21,
        decoder=codec,
    ),
    test_cfg=dict(flip_test=False),
)

model = dict(
    type='DomainAdaptivePoseEstimator',
    estimator=estimator,
    # 0.99 in the usual convention: in 1550 steps, 0.999 would remember the beginning, and
    # with 0.995 the teacher was 6 mm behind the student when it began to teach.
    teacher=dict(type='TeacherEMA', momentum=0.01),
    foreground_head=dict(type='ForegroundHead', in_channels=embed_dims),
    alignments=dict(
        reconstruction=dict(
            type='MaskedReconstruction',
            masking=dict(type='PatchMasking', ratio=0.75, foreground_odds=2.0),
            head=dict(
                type='ForegroundReconstructionHead',
                in_channels=embed_dims,
                patch_size=patch_size,
                patch_grid=patch_grid,
                embed_dims=64,
                loss=dict(
                    type='ForegroundReconstructionLoss', foreground_emphasis=0.8
                ),
            ),
            # The pose stays the main task of the adaptation.
            loss_weight=0.2,
        ),
        foreground=dict(type='ForegroundSegmentation', loss_weight=1.0),
        attention=dict(
            type='AttentionRegularization', layers=[1], loss_weight=0.05
        ),
        mean_teacher=dict(
            type='MeanTeacherConsistency', loss_weight=1.0, ramp_iters=200
        ),
    ),
)

custom_hooks = [
    dict(type='EMATeacherHook'),
    dict(
        type='AdaINStyleHook',
        source_to_target=dict(prob=0.5, alpha=(0.0, 1.0)),
    ),
    dict(type='AdaptationPictureHook'),
    dict(type='SummaryHook'),
]

# ---- pipelines -----------------------------------------------------------------------
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
        dict(type='GaussNoise', std_range=(0.01, 0.05), p=0.2),
        dict(type='ImageCompression', quality_range=(30, 90), p=0.2),
        dict(
            type='CoarseDropout',
            num_holes_range=(1, 2),
            hole_height_range=(0.1, 0.25),
            hole_width_range=(0.1, 0.25),
            fill='random_uniform',
            p=0.3,
        ),
    ],
)
strong_box = dict(
    type='FastRandomBBoxTransform',
    shift_factor=0.06,
    shift_prob=1.0,
    scale_factor=(0.85, 1.2),
    scale_prob=1.0,
    rotate_factor=30,
    rotate_prob=0.8,
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
background = dict(type='ReplaceBackground', prob=0.5)
strong_source = [background, *strong_view, encode, pack]
# For the control of the weakest augmentation (docs/benchmarks.md).
weak_source = [*weak_view, encode, pack]
weak_target = [*weak_view, pack]
strong_target = [*strong_view, pack]
val_pipeline = [
    dict(type='LoadPoseImage'),
    box,
    crop,
    pack,
]

source_train = dict(
    type=dataset_type,
    data_root=data_root + '/rendered',
    ann_file='annotations/train.json',
    data_prefix=dict(img='images/', mask='masks/'),
    require_3d=True,
    pipeline=[dict(type='LoadPoseImage'), dict(type='LoadPoseMask')],
)
target_train = dict(
    type=dataset_type,
    data_root=data_root + '/photo',
    ann_file='annotations/train.json',
    data_prefix=dict(img='images/'),
    labels=False,
    pipeline=[dict(type='LoadPoseImage')],
)
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
        data_root=data_root + '/photo',
        ann_file='annotations/test.json',
        data_prefix=dict(img='images/'),
        require_3d=True,
        test_mode=True,
        pipeline=val_pipeline,
    ),
)
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='RootAlignedMPJPE', prefix='target'),
    dict(type='CropPCK', thr=0.05, prefix='target'),
]
test_evaluator = val_evaluator
