"""mmpose's ViTPose-small on COCO, adapted to photographs.

Like `hrnet_w32_udp.py`. The student's layers keep the learning rates of the stock config,
whose own constructor does not find layers inside another model.
"""

# fmt: off
_base_ = 'mmpose::body_2d_keypoint/topdown_heatmap/coco/td-hm_ViTPose-small_8xb64-210e_coco-256x192.py'  # noqa: E501
custom_imports = dict(imports=['mmpose_uda'], allow_failed_imports=False)
target = dict(type='UnlabelledImageFolder', data_root='data/my_photos')
optim_wrapper = dict(constructor='StudentLayerDecayOptimWrapperConstructor')

model = dict(_delete_=True, type='DomainAdaptivePoseEstimator', estimator=_base_.model,
    # the head's BatchNorm
    test_statistics='target', alignments=dict(
        mean_teacher=dict(type='MeanTeacherConsistency', ramp_iters=1000),
        occlusion=dict(type='KeypointOcclusion'),
        # small, because the squared errors of heatmaps are about 1e-3
        information=dict(type='InformationMaximization', loss_weight=1e-3)))

train_dataloader = dict(collate_fn=dict(type='collate_views'),
    sampler=dict(_delete_=True, type='EpochDrawSampler'),
    dataset=dict(_delete_=True, type='SourceTargetDataset', target=target,
        source=_base_.train_dataloader.dataset))

custom_hooks = [*_base_.custom_hooks, dict(type='EMATeacherHook'),
    dict(type='StepStateHook'), dict(type='SummaryHook', prefix=None, domain='source')]
