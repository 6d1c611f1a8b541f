"""The decoder of the VGG-19 style network for a pair of public data sets.

By default the pair is that of `configs/uda/surreal2lsp.py`:

    python tools/train.py configs/style/adain_published.py \
        --work-dir work_dirs/adain_surreal2lsp

The commented lines on weights of that config read the `decoder.pth` that this writes. For
another pair, name its data sets as its config does:

    python tools/train.py configs/style/adain_published.py \
        --work-dir work_dirs/adain_rhd2h3d --cfg-options \
        train_dataloader.dataset.source.type=RenderedHandPose \
        train_dataloader.dataset.source.data_root=data/RHD \
        train_dataloader.dataset.target.type=Hand3DStudio \
        train_dataloader.dataset.target.data_root=data/H3D

For animals, name these too (`train_dataloader.dataset.source.animals="['hound','sheep']"`)
and make crops wider (`train_dataloader.dataset.views.source.0.padding=1.25`, and the same
for the target). For another encoder, add `model.encoder=PATH`.
"""

_base_ = ['adain_vgg19.py']

# ---- data: as unpacked, nothing is generated --------------------------------------------
builtin_data = None
data_root = 'data/LSP'
# As the adaptations load hands; other data stay as they are.
load = [dict(type='LoadPoseImage'), dict(type='MirrorRightHand')]
pair = dict(_delete_=True, split='train', labels=False, pipeline=load)
source = dict(pair, type='SURREAL', data_root='data/SURREAL')
target = dict(pair, type='LSP', data_root=data_root)

# ---- views: crops of the adaptation's size ------------------------------------------
input_size = (256, 256)  # width, height, px
view = [
    dict(type='GetBBoxCenterScale', padding=1.0),
    dict(type='RandomResizedBox', area=(0.6, 1.3)),
    dict(type='RandomAffineBox', rotation=60, translation=0.05, scale=(0.6, 1.3)),
    dict(type='TopdownAffine3D', input_size=input_size),
    dict(type='PackPoseView'),
]
views = dict(source=view, target=view)
train_dataloader = dict(dataset=dict(source=source, target=target, views=views))

# ---- schedule: the public code's --------------------------------------------------------
max_iters = 160000
train_cfg = dict(phases=[dict(name='decoder', iters=max_iters, parts=['decoder'])])
