"""Packaging. `make env` installs a pinned stack; this installs the package alone."""

import re
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
VERSION = re.search(
    r"__version__ = '([^']+)'", (HERE / 'mmpose_uda/version.py').read_text()
).group(1)
README = HERE / 'README.md'


class BuildWithConfigs(build_py):
    """Copies the configs into the package, where mim and mmengine look for them."""

    def run(self):
        super().run()
        if not getattr(self, 'editable_mode', False):  # older setuptools have none
            target = Path(self.build_lib, 'mmpose_uda', '.mim', 'configs')
            shutil.copytree(HERE / 'configs', target, dirs_exist_ok=True)


setup(
    name='mmpose_uda',
    version=VERSION,
    description='Unsupervised domain adaptation for mmpose pose estimators',
    long_description=README.read_text('utf-8') if README.exists() else '',
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    python_requires='>=3.10',
    packages=find_packages(include=['mmpose_uda', 'mmpose_uda.*']),
    cmdclass=dict(build_py=BuildWithConfigs),
    package_data={'mmpose_uda': ['*/templates/*']},
    # No versions of the stack: it is the user's own (see requirements/ for the pins
    # that are tested). mmpose brings mmengine, mmcv and torch; its heads import mmdet,
    # which it does not name.
    install_requires=[
        'mmpose>=1.3',
        'mmdet>=3.0',
        'mmpretrain>=1.2',
        'albumentations>=2',
        'jinja2',
        'pycocotools',
        'pyyaml',
        'rich',
        'scikit-image',
        'scipy',
        'tqdm',
    ],
    extras_require=dict(onnx=['onnx', 'onnxruntime']),
)
