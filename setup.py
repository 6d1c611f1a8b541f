"""Packaging. `make env` installs a pinned stack; this installs the package alone."""

import shutil
from pathlib import Path
from runpy import run_path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
VERSION = run_path(str(HERE / 'mmpose_uda/version.py'))['__version__']
REQUIRED = run_path(str(HERE / 'mmpose_uda/required.py'))
EXTRAS = {
    'docs': [
        'mkdocs-material',
        'mkdocstrings',
        'mkdocstrings-python',
        'pymdown-extensions<11',  # 12 is too new for mkdocstrings of Python 3.10
    ],
    'onnx': ['onnx', 'onnxruntime'],
    'tensorboard': ['tensorboard'],
}


class BuildWithMim(build_py):
    """Copies configs, tools and the model index where mim and mmengine look for them."""

    def run(self):
        super().run()
        if getattr(self, 'editable_mode', False):  # older setuptools have none
            return
        mim = Path(self.build_lib, 'mmpose_uda', '.mim')
        for name in ('configs', 'tools'):
            leave_out = shutil.ignore_patterns('__pycache__')
            shutil.copytree(HERE / name, mim / name, ignore=leave_out, dirs_exist_ok=True)
        shutil.copy(HERE / 'model-index.yml', mim)


setup(
    name='mmpose_uda',
    version=VERSION,
    description='Unsupervised domain adaptation for mmpose pose estimators',
    long_description=(HERE / 'README.md').read_text('utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    license_files=['LICENSE', 'NOTICE'],
    author='The mmpose_uda maintainers',
    keywords=['pose estimation', 'domain adaptation', 'mean teacher', 'mmpose'],
    classifiers=[
        'Intended Audience :: Science/Research',
        'Operating System :: POSIX :: Linux',
        'Programming Language :: Python :: 3.10',
        'Programming Language :: Python :: 3.11',
        'Programming Language :: Python :: 3.12',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
    python_requires='>=3.10',
    packages=find_packages(include=['mmpose_uda', 'mmpose_uda.*']),
    py_modules=['mmpose_uda_command'],
    cmdclass=dict(build_py=BuildWithMim),
    package_data={'mmpose_uda': ['*/templates/*']},
    entry_points=dict(console_scripts=['mmpose_uda = mmpose_uda_command:main']),
    # not OpenMMLab's own, which have requirements that do not build: `import mmpose_uda`
    # says how to install those
    install_requires=[
        requirement
        for name in ('IMPORTED', 'OF_SINGLE_PARTS', 'OF_OPENMMLAB')
        for requirement in REQUIRED[name].values()
    ],
    extras_require=EXTRAS,
)
