"""mmpose's HRNet-w32 on COCO, adapted to a folder of photographs of other people.

Everything that is not named here is the stock config's: network, schedule, augmentation,
labelled data, evaluation on labelled data. Only `target` must be edited; its labels, if
any, are not used. To start from a trained model of your own, write

    estimator=dict(_base_.model, init_cfg=dict(type='Pretrained', checkpoint='mine.pth'))
"""

# fmt: off
_base_ = 'mmpose::body_2d_keypoint/topdown_heatmap/coco/td-hm_hrnet-w32_8xb64-210e_coco-256x192.py'  # noqa: E501
custom_imports = dict(imports=['mmpose_uda'], allow_failed_imports=False)
target = dict(type='UnlabelledImageFolder', data_root='data/my_photos')

model = dict(_delete_=True, type='DomainAdaptivePoseEstimator', estimator=_base_.model,
    # BatchNorm: domains are normalised separately in training; tests use these statistics
    test_statistics='target', alignments=dict(
        mean_teacher=dict(type='MeanTeacherConsistency', ramp_iters=1000),
        occlusion=dict(type='KeypointOcclusion')))

train_dataloader = dict(collate_fn=dict(type='collate_views'),
    sampler=dict(_delete_=True, type='EpochDrawSampler'),
    dataset=dict(_delete_=True, type='SourceTargetDataset', target=target,
        source=_base_.train_dataloader.dataset))

custom_hooks = [*_base_.custom_hooks, dict(type='EMATeacherHook'),
    dict(type='StepStateHook'), dict(type='SummaryHook', prefix=None, domain='source')]
