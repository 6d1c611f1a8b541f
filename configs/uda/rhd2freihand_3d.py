"""Rendered hands (RHD) to FreiHAND in 3D by masked reconstruction, with ViT-B; for a GPU.

The data sets are read as they are downloaded (docs/datasets.md). The backbone should
start from MAE's weights, a file or a URL; nothing is downloaded unless you name a URL:

    python tools/train.py configs/uda/rhd2freihand_3d.py --cfg-options \
        model.estimator.backbone.init_cfg.type=Pretrained \
        model.estimator.backbone.init_cfg.checkpoint=mae_pretrain_vit_base.pth
"""

_base_ = [
    '../_base_/data/loaders_32.py',
    '../_base_/model/pose3d_rhd.py',
    '../_base_/method/masked_reconstruction_vit_base.py',
    '../_base_/schedule/masked_110_epochs.py',
    '../_base_/views/weak.py',
    '../_base_/views/strong.py',
]

# ---- data: as unpacked, nothing is generated --------------------------------------------
data_root = 'data/FreiHAND'
# Boxes are 1.5 times the hand: nothing is added around them. All hands are shown as left
# ones.
box = dict(type='GetBBoxCenterScale', padding=1.0)
load = [dict(type='LoadPoseImage'), dict(type='MirrorRightHand'), box]
load_masked = [load[0], dict(type='LoadPoseMask'), *load[1:]]
source = dict(
    type='RenderedHandPose', data_root='data/RHD', split='train', pipeline=load_masked
)
# Clean: no test frame is trained on with another background.
hands = dict(type='FreiHAND', data_root=data_root, clean=True)
target = dict(hands, split='train', labels=False, pipeline=load)
test = dict(hands, split='test', test_mode=True)

# ---- model ---------------------------------------------------------------------------
head = dict(_base_.head, out_channels=21, decoder=_base_.codec)
model = dict(
    type='DomainAdaptivePoseEstimator',
    estimator=dict(_base_.estimator, head=head),
    teacher=_base_.teacher,
    foreground_head=_base_.foreground_head,
    alignments=_base_.alignments,
)

# ---- views: hands point anywhere, so they are turned all the way round ------------------
crop = dict(type='TopdownAffine3D', input_size=_base_.input_size)
encode = dict(type='GenerateTarget', encoder=_base_.codec)
strong_box = dict(_base_.strong_box, rotate_factor=180)
strong_view = [strong_box, crop, _base_.strong_look]
weak_view = [_base_.weak_box, crop]
strong_source = [_base_.background, *strong_view, encode, _base_.pack]
# For the control with the weakest augmentation (docs/benchmarks.md).
weak_source = [*weak_view, encode, _base_.pack]
views = dict(
    source=strong_source,
    target_teacher=[*weak_view, _base_.pack],
    target_student=[*strong_view, _base_.pack],
)
pair = dict(type='SourceTargetDataset', source=source, target=target, views=views)
train_dataloader = dict(_base_.train_loader, dataset=pair)
val_pipeline = [*load, crop, _base_.pack]
val_dataloader = dict(_base_.val_loader, dataset=dict(test, pipeline=val_pipeline))
test_dataloader = val_dataloader

# ---- metrics: FreiHAND's own are PA-MPJPE and PA-AUC, from 0 to 50 mm -------------------
metrics = ['MPJPE', 'PA-MPJPE', 'AUC', 'PA-AUC']
val_evaluator = [
    dict(type='RootAlignedMPJPE', metrics=metrics, prefix='target'),
    dict(type='CropPCK', thr=0.05, prefix='target'),
]
test_evaluator = val_evaluator
