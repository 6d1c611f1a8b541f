"""Masked pre-training only, on the images of both domains of the hand benchmark.

    python tools/train.py configs/uda/pretrain/hand_3d_mim.py

writes ``work_dirs/hand_3d_mim/backbone.pth``. Any mmpose config with a ViT of this shape
can start from it with ``init_cfg=dict(type='Pretrained', checkpoint=...)`` in its backbone.
``hand_3d.py`` pre-trains in its first phase and does not need this.
"""

_base_ = ['../hand_3d.py', '../../_base_/schedule/masked_pretraining_2000.py']

train_cfg = dict(phases=_base_.pretraining)
custom_hooks = _base_.pretraining_hooks
ablation_parts = ablation_extras = None

# Plain patches, as in mmpretrain's VisionTransformer: the checkpoint fits both.
model = dict(
    estimator=_base_.plain_patches,
    foreground_head=dict(in_channels=_base_.embed_dims),
)

# There are no poses to evaluate yet.
val_cfg = val_dataloader = val_evaluator = None
test_cfg = test_dataloader = test_evaluator = None
