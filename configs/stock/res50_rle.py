"""mmpose's regression with residual log-likelihood (ResNet-50, RLE) on COCO, adapted.

The head learns how far off its points are; the teacher's labels are weighted by its
confidence. There are no maps of positions, which information maximisation would need.
"""

# fmt: off
_base_ = 'mmpose::body_2d_keypoint/topdown_regression/coco/td-reg_res50_rle-8xb64-210e_coco-256x192.py'  # noqa: E501
custom_imports = dict(imports=['mmpose_uda'], allow_failed_imports=False)
target = dict(type='UnlabelledImageFolder', data_root='data/my_photos')

model = dict(_delete_=True, type='DomainAdaptivePoseEstimator', estimator=_base_.model,
    test_statistics='target', alignments=dict(
        mean_teacher=dict(type='MeanTeacherConsistency', ramp_iters=1000),
        occlusion=dict(type='KeypointOcclusion')))

train_dataloader = dict(collate_fn=dict(type='collate_views'),
    sampler=dict(_delete_=True, type='EpochDrawSampler'),
    dataset=dict(_delete_=True, type='SourceTargetDataset', target=target,
        source=_base_.train_dataloader.dataset))

custom_hooks = [*_base_.custom_hooks, dict(type='EMATeacherHook'),
    dict(type='StepStateHook'), dict(type='SummaryHook', prefix=None, domain='source')]
