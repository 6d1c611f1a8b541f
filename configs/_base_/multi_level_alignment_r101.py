"""arXiv 2404.14885 as its code trains it: ResNet-101, 256 px, 40 + 30 epochs of 500 steps.

For a GPU. A config on top names the data sets, the number of keypoints and what else the
data needs. What differs from the published code, and why:

- One optimiser: the discriminator's learning rate falls with the student's, while the
  published one never does.
- No shear: the affine of a crop is a similarity here. Rotation, scale and shift are the
  paper's.
- Running BatchNorm statistics are the target's, and the teacher is in eval mode; there
  the teacher normalises by its own batches.
- The last checkpoint counts. There the best by the target's test labels does, once after
  the 40 epochs and once at the end.
- Consistency and information maximisation look at the student's heatmaps in the student's
  own view, and pseudo labels are Gaussians about sub-cell peaks. There heatmaps are warped
  back to a common frame first, and labels are Gaussians about the largest cell.
- The Gaussians of pseudo labels reach as far as the map, there 3 sigma.
- The student goes on where the source phase ended, and so does the teacher, an average
  since the first step whose BatchNorm statistics are the student's. There both are loaded
  from the chosen checkpoint, and the teacher keeps statistics of its own.
- As it stands nothing is downloaded: the backbone starts from scratch and the style
  network is the weight-free one. There they are ImageNet's ResNet-101 and VGG-19. Both
  are named below.
- Single precision, as long as `--amp` is not given. There it is fp16.
"""

_base_ = ['builtin_2d.py']

# ---- schedule: batches of 32 + 32, Adam 1e-4, a tenth of it after 45 and 60 epochs ----
epoch = 500
phases = [
    dict(name='source', iters=40 * epoch, parts=['supervised']),
    dict(
        name='adapt',
        iters=30 * epoch,
        parts=[
            'supervised',
            'mean_teacher',
            'occlusion',
            'adversarial',
            'information',
        ],
    ),
]
train_cfg = dict(phases=phases)
optim_wrapper = dict(
    _delete_=True, type='OptimWrapper', optimizer=dict(type='Adam', lr=1e-4)
)
param_scheduler = [
    dict(type='MultiStepLR', by_epoch=False, milestones=[45 * epoch, 60 * epoch])
]
default_hooks = dict(
    checkpoint=dict(interval=5 * epoch), logger=dict(interval=50)
)

# ---- model ---------------------------------------------------------------------------
input_size = (256, 256)
codec = dict(
    type='MSRAHeatmap', input_size=input_size, heatmap_size=(64, 64), sigma=2
)
model = dict(
    estimator=dict(
        backbone=dict(
            _delete_=True,
            type='ResNet',
            depth=101,
            # Weights of ImageNet, where they can be had:
            # init_cfg=dict(type='Pretrained', checkpoint='torchvision://resnet101'),
        ),
        head=dict(
            in_channels=2048,
            deconv_out_channels=(256, 256, 256),
            deconv_kernel_sizes=(4, 4, 4),
            # Half the squared error, as in Simple Baselines.
            loss=dict(loss_weight=0.5),
            decoder=dict(_delete_=True, **codec),
        ),
        # The published metric reads the heatmaps.
        test_cfg=dict(output_heatmaps=True),
    ),
    teacher=dict(momentum=0.001),
    alignments=dict(
        mean_teacher=dict(
            selection=dict(_delete_=True, type='QuantileSelection', quantile=0.5),
            # Times the 0.5 of the head's loss: the paper's weight of 1.
            loss_weight=2.0,
            ramp_iters=0,
        ),
        occlusion=dict(prob=0.5, min_confidence=0.9, size=20 / 256),
        adversarial=dict(
            discriminator=dict(in_channels=256, channels=(256, 128, 128)),
            loss_weight=0.1,
            coefficient_ramp=0,
        ),
        information=dict(
            # As published. It has next to no gradient; mode='normalized' has one.
            loss=dict(_delete_=True, type='InfoMaxLoss', mode='released'),
            loss_weight=0.3,
        ),
    ),
)
# With the public weights of AdaIN, add to the hook:
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

# ---- pipelines -----------------------------------------------------------------------
strong_look = dict(
    type='SeededAlbumentation',
    transforms=[
        dict(
            type='ColorJitter',
            brightness=(0.75, 1.25),
            contrast=(0.75, 1.25),
            saturation=(0.75, 1.25),
            hue=(-0.25, 0.25),
            p=1.0,
        ),
    ],
)
strong_box = dict(
    type='FastRandomBBoxTransform',
    shift_factor=0.05,
    shift_prob=1.0,
    scale_factor=(0.6, 1.3),
    scale_prob=1.0,
    rotate_factor=60,
    rotate_prob=1.0,
)
box = {{_base_.box}}
pack = {{_base_.pack}}
crop = dict(type='TopdownAffine3D', input_size=input_size)
encode = dict(type='GenerateTarget', encoder=codec)
strong_view = [box, strong_box, crop, strong_look]
weak_view = [box, {{_base_.weak_box}}, crop]
strong_source = [*strong_view, encode, pack]
weak_source = [*weak_view, encode, pack]
# Teacher and student see the same kind of view, as published.
strong_target = [*strong_view, pack]
val_pipeline = [
    dict(type='LoadImage'),
    box,
    dict(type='TopdownAffine', input_size=input_size),
    dict(type='PackPoseInputs'),
]
train_dataloader = dict(
    batch_size=32,
    num_workers=8,
    dataset=dict(
        views=dict(
            source=strong_source,
            target_teacher=strong_target,
            target_student=strong_target,
        )
    ),
)
val_dataloader = dict(batch_size=32, num_workers=4, dataset=dict(pipeline=val_pipeline))
test_dataloader = val_dataloader
val_evaluator = [
    dict(type='CropPCK', prefix='target'),
    dict(type='CropPCK', protocol='regda', prefix='target_regda'),
]
test_evaluator = val_evaluator
