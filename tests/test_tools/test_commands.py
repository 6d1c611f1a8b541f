"""Every tool in a process of its own, with the arguments that the README gives it.

Nothing is set up for them: they run in a folder that has ``tools``, ``configs`` and
``examples`` as a checkout has, and find what an earlier command wrote.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from data_factory import write_pose_dataset
from deeplabcut_factory import write_project
from published_body_factory import write_surreal_full
from published_factory import write_raw_human36m
from stock_factory import coco_names
from tool_process import ROOT, environment

from mmpose_uda.synthetic import ensure_builtin

README = (ROOT / 'README.md').read_text()
RUN = 'work_dirs/hand_3d_smoke'
CONFIG = f'{RUN}/hand_3d.py'  # as mmengine notes it beside the run, on little data
CHECKPOINT = f'{RUN}/iter_6.pth'
PHOTOS = 'data/builtin_hand_smoke/photo/images'
STOCK = (
    'mmpose::body_2d_keypoint/topdown_heatmap/coco/'
    'td-hm_hrnet-w32_8xb64-210e_coco-256x192.py'
)

# What follows the tool on the command line, and what is there afterwards, if it writes.
COMMANDS = {
    'tools/test.py': (f'{CONFIG} {CHECKPOINT} --which student --out a.json', 'a.json'),
    'tools/infer.py': (f'{RUN}/export {PHOTOS} --out predictions', 'predictions/*/*.jpg'),
    'tools/adapt.py': (
        f'{RUN}/export --target examples/hand_photos --out adapted --iters 2',
        'adapted/report.html',
    ),
    'tools/misc/pre_annotate.py': (
        f'{RUN}/export {PHOTOS} --out annotations.json --num 3',
        'annotations.json',
    ),
    'tools/misc/convert_config.py': (
        f'{STOCK} --source my_people --target {PHOTOS} --out my_adaptation.py',
        'my_adaptation.py',
    ),
    'tools/misc/export_estimator.py': (
        f'configs/uda/hand_3d.py {CHECKPOINT} exported --onnx',
        'exported/model.onnx',
    ),
    'tools/misc/make_builtin_data.py': (
        'animal --root data/tiny --num-train 3 --num-test 2',
        'data/tiny/photo/images/test_00001.jpg',
    ),
    'tools/misc/browse_dataset.py': (
        f'{CONFIG} --checkpoint {CHECKPOINT} --num 2 --out sheet.jpg',
        'sheet.jpg',
    ),
    'tools/misc/draw_strip.py': (f'{RUN} --images 0 3 --out strip.jpg', 'strip.jpg'),
    'tools/analysis_tools/hand_statistics.py': (
        'data/builtin_hand_smoke/rendered/annotations/train.json '
        'data/builtin_hand_smoke/photo/annotations/test.json',
        None,
    ),
    'tools/analysis_tools/ablation.py': (
        f'{CONFIG} --seeds 0 --variants full --share 0.5 --out ablation',
        'ablation/table.md',
    ),
    'tools/analysis_tools/calibrate_verdict.py': (
        f'--configs {CONFIG} --iters 2 --cases nothing --out calibrated',
        'calibrated/table.md',
    ),
    'tools/analysis_tools/compare.py': (
        f'{RUN}/export student {CONFIG} --out report.html',
        'report.html',
    ),
    'tools/analysis_tools/pose_statistics.py': (
        'data/people/photo/annotations/test.json',
        None,
    ),
    'tools/analysis_tools/picture_statistics.py': (CONFIG, None),
    'tools/analysis_tools/profile_step.py': (CONFIG, None),
    'tools/analysis_tools/benchmark_step.py': (
        f'{CONFIG} --batch 2 --rounds 1 --json step.json',
        'step.json',
    ),
    'tools/analysis_tools/gpu_check.py': (
        '--device cpu --out checked',
        'checked/gpu_check.json',
    ),
    'tools/misc/check_data.py': (f'{CONFIG} --images 4', None),
    'tools/misc/measure_source.py': (CONFIG, None),
    'tools/analysis_tools/visualize_mim.py': (f'{CONFIG} {CHECKPOINT} mim.jpg', 'mim.jpg'),
    'tools/dataset_converters/h36m_crops.py': (
        'data/Human36M --workers 2',
        'data/Human36M/crop_images/*/*.jpg',
    ),
    'tools/dataset_converters/extract_frames.py': (
        'surreal data/SURREAL_full --workers 2',
        'data/SURREAL_full/cmu/*/*/*/*_frames/*.*g',
    ),
    'tools/dataset_converters/deeplabcut.py': ('mice', 'mice/coco.json'),
    'tools/dataset_converters/extract_masks.py': (
        PHOTOS,
        f'{PHOTOS}/masks/contact_sheet.jpg',
    ),
}
PRINTED = {
    'tools/analysis_tools/picture_statistics.py': '| target | ',
    'tools/analysis_tools/pose_statistics.py': 'test.json | 4 | ',
    'tools/analysis_tools/profile_step.py': 'batch of 16',
    'tools/misc/check_data.py': 'Nothing is wrong.',
    'tools/analysis_tools/hand_statistics.py': '| fingers straight |',
    'tools/misc/measure_source.py': '    total_length=',
}
TRAINERS = {'tools/train.py', 'tools/dist_train.sh', 'tools/slurm_train.sh'}


def run(folder, *command, timeout=600):
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done


def link_checkout(folder):
    for name in ('tools', 'configs', 'examples'):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """A folder in which a training was tried."""
    folder = link_checkout(tmp_path_factory.mktemp('checkout'))
    command = [sys.executable, 'tools/train.py', 'configs/uda/hand_3d.py', '--smoke']
    done = run(folder, *command)
    assert 'Training is done.' in done.stdout + done.stderr
    return folder


@pytest.fixture
def checkout(trained, tmp_path):
    """That folder as it was after the training."""
    return Path(shutil.copytree(trained, tmp_path / 'checkout', symlinks=True))


def test_every_tool_is_run():
    tools = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / 'tools').rglob('*')
        if path.suffix in ('.py', '.sh')
    }
    assert tools == set(COMMANDS) | TRAINERS
    assert set(re.findall(r'tools/[\w/]+\.(?:py|sh)', README)) <= tools


def test_a_smoke_run_renders_no_more_than_it_looks_at(trained):
    (data,) = (trained / 'data').glob('[!.]*')
    assert len(list(data.rglob('*.jpg'))) == 2 * (16 + 8)
    summary = json.loads((trained / RUN / 'summary.json').read_text())
    assert [phase['iters'] for phase in summary['phases']] == [2, 2, 2]
    assert cv2.imread(str(trained / RUN / 'pictures/predictions.jpg')) is not None


@pytest.mark.parametrize('tool', COMMANDS)
def test_a_command_does_what_it_says(checkout, tool):
    if tool.endswith('deeplabcut.py'):
        write_project(checkout / 'mice')
    if tool.endswith('extract_frames.py'):
        write_surreal_full(checkout / 'data/SURREAL_full', made=False)
    if tool.endswith('h36m_crops.py'):
        write_raw_human36m(checkout / 'data/Human36M', 6)
    if tool.endswith('pose_statistics.py'):
        people = str(checkout / 'data/people')
        ensure_builtin('human17', people, num_train=1, num_test=4)
    if tool.endswith('compare.py'):
        shutil.copytree(checkout / RUN / 'export', checkout / 'student')
    if tool.endswith('convert_config.py'):
        write_pose_dataset(checkout / 'my_people', 2, names=coco_names())
    arguments, product = COMMANDS[tool]
    done = run(checkout, sys.executable, tool, *arguments.split())
    if product is None:
        assert PRINTED[tool] in done.stdout
    else:
        found = list(checkout.glob(product))
        assert found and all(path.stat().st_size for path in found)


def test_slurm_starts_the_training(tmp_path):
    """With an srun that starts one process, as on a machine with one GPU."""
    folder = link_checkout(tmp_path)
    (folder / 'bin').mkdir()
    srun = folder / 'bin/srun'
    srun.write_text('#!/bin/sh\nwhile [ "${1#-}" != "$1" ]; do shift; done\necho "$@"\n')
    srun.chmod(0o755)
    done = subprocess.run(
        ['bash', 'tools/slurm_train.sh', 'gpus', 'job', 'configs/uda/hand_3d.py'],
        cwd=folder,
        env=environment(PATH=f'{folder}/bin:{os.environ["PATH"]}'),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert 'tools/train.py configs/uda/hand_3d.py' in done.stdout
    assert '--launcher slurm' in done.stdout or '--launcher=slurm' in done.stdout
