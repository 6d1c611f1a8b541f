"""mmpose's integral regression (ResNet-50, DSNT) on COCO, adapted to photographs.

Pseudo labels train what labels train: the regressed points and the heatmaps behind them.
The backbone's features become alike in both domains.
"""

# fmt: off
_base_ = 'mmpose::body_2d_keypoint/integral_regression/coco/ipr_res50_8xb64-210e_coco-256x256.py'  # noqa: E501
custom_imports = dict(imports=['mmpose_uda'], allow_failed_imports=False)
target = dict(type='UnlabelledImageFolder', data_root='data/my_photos')

adversarial = dict(type='DomainAdversarial', feature='backbone', loss_weight=0.01,
    discriminator=dict(type='DomainDiscriminator', in_channels=2048))
model = dict(_delete_=True, type='DomainAdaptivePoseEstimator', estimator=_base_.model,
    test_statistics='target', alignments=dict(adversarial=adversarial,
        mean_teacher=dict(type='MeanTeacherConsistency', ramp_iters=1000),
        occlusion=dict(type='KeypointOcclusion')))

train_dataloader = dict(collate_fn=dict(type='collate_views'),
    sampler=dict(_delete_=True, type='EpochDrawSampler'),
    dataset=dict(_delete_=True, type='SourceTargetDataset', target=target,
        source=_base_.train_dataloader.dataset))

custom_hooks = [*_base_.custom_hooks, dict(type='EMATeacherHook'),
    dict(type='StepStateHook'), dict(type='SummaryHook', prefix=None, domain='source')]
