"""mmpose's SimCC with ResNet-50 on COCO, adapted to photographs.

The same parts as with heatmaps: they work on the distributions that the head predicts
along x and y. Each one on the target is made certain, and all together diverse.
"""

# fmt: off
_base_ = 'mmpose::body_2d_keypoint/simcc/coco/simcc_res50_8xb64-210e_coco-256x192.py'
custom_imports = dict(imports=['mmpose_uda'], allow_failed_imports=False)
target = dict(type='UnlabelledImageFolder', data_root='data/my_photos')

# the head is trained through a softmax: no temperature
info_max = dict(type='InfoMaxLoss', temperature=1.0)
model = dict(_delete_=True, type='DomainAdaptivePoseEstimator', estimator=_base_.model,
    test_statistics='target', alignments=dict(
        mean_teacher=dict(type='MeanTeacherConsistency', ramp_iters=1000),
        occlusion=dict(type='KeypointOcclusion'),
        information=dict(type='InformationMaximization', loss=info_max, loss_weight=0.1)))

train_dataloader = dict(collate_fn=dict(type='collate_views'),
    sampler=dict(_delete_=True, type='EpochDrawSampler'),
    dataset=dict(_delete_=True, type='SourceTargetDataset', target=target,
        source=_base_.train_dataloader.dataset))

custom_hooks = [*_base_.custom_hooks, dict(type='EMATeacherHook'),
    dict(type='StepStateHook'), dict(type='SummaryHook', prefix=None, domain='source')]
