"""mmpose's ResNet-50 with heatmaps on COCO, adapted to photographs.

Like `hrnet_w32.py`; in addition, the features that the head upsamples become alike in both
domains, so that a discriminator cannot distinguish them.
"""

# fmt: off
_base_ = 'mmpose::body_2d_keypoint/topdown_heatmap/coco/td-hm_res50_8xb64-210e_coco-256x192.py'  # noqa: E501
custom_imports = dict(imports=['mmpose_uda'], allow_failed_imports=False)
target = dict(type='UnlabelledImageFolder', data_root='data/my_photos')

# small, because the squared errors of heatmaps are about 1e-3
adversarial = dict(type='DomainAdversarial', feature='head.deconv_layers', loss_weight=1e-3,
    discriminator=dict(type='DomainDiscriminator', in_channels=256))
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
