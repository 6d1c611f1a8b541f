"""Runtime settings that all benchmarks share."""

default_scope = 'mmpose'
custom_imports = dict(imports=['mmpose_uda'], allow_failed_imports=False)

env_cfg = dict(
    cudnn_benchmark=False,
    mp_cfg=dict(mp_start_method='fork', opencv_num_threads=0),
    dist_cfg=dict(backend='nccl'),
)
randomness = dict(seed=0)
# Phases train different parts, so some parameters get no gradient in some steps.
find_unused_parameters = True

default_hooks = dict(
    timer=dict(type='IterTimerHook'),
    logger=dict(type='LoggerHook', interval=20),
    param_scheduler=dict(type='ParamSchedulerHook'),
    checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=200, max_keep_ckpts=2),
    sampler_seed=dict(type='DistSamplerSeedHook'),
)

# The tools leave out TensorBoard if it is not installed.
vis_backends = [dict(type='LocalVisBackend'), dict(type='TensorboardVisBackend')]
visualizer = dict(type='PoseLocalVisualizer', vis_backends=vis_backends, name='visualizer')

log_processor = dict(type='PhaseLogProcessor', by_epoch=False, window_size=20)
log_level = 'INFO'
load_from = None
resume = False
