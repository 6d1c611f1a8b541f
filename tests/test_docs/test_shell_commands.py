"""Commands of pages, verbatim in a fresh process, with what shortens them.

Each command of a page is in one of the tables below: run here, or where it says.
"""

import itertools
import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from config_factory import redirect_data
from data_factory import write_pose_dataset
from mmengine.config import Config
from mmengine.registry import init_default_scope
from stock_factory import coco_names
from test_tools.test_commands import COMMANDS, TRAINERS, link_checkout, run
from tool_process import ROOT, parser_of

from mmpose_uda.apis import load_config
from mmpose_uda.apis.command_line import parse_options
from mmpose_uda_command import COMMANDS as TOOLS

PAGES = [
    *(ROOT / f'{name}.md' for name in ('README', 'CONTRIBUTING', 'CHANGELOG')),
    *sorted((ROOT / 'docs').glob('*.md')),
]
SMALL = 'model.estimator.backbone.depth=18 model.estimator.head.in_channels=512'

OFFLINE = '--cfg-options model.estimator.backbone.init_cfg=None'  # ImageNet's, from a URL


@dataclass(frozen=True)
class Run:
    """A command as a page has it.

    Args:
        command (str): It.
        more (str): What is appended.
        status (int): How it ends.
        checkpoint (str): What the page's word CHECKPOINT stands for.
    """

    command: str
    more: str = ''
    status: int = 0
    checkpoint: str = ''


OWN_PHOTOS = [
    Run(
        'python tools/misc/convert_config.py '
        'mmpose::body_2d_keypoint/topdown_heatmap/coco/'
        'td-hm_hrnet-w32_8xb64-210e_coco-256x192.py '
        '--source my_people --target my_photos --out my_adaptation.py'
    ),
    Run(
        'python tools/train.py my_adaptation.py',
        f'--smoke --work-dir work_dirs/my_adaptation {OFFLINE}',
    ),
    Run('python tools/infer.py work_dirs/my_adaptation/export my_photos --out predictions'),
]
TRAINED = 'work_dirs/{}_smoke/iter_4.pth'
# by the config whose data are there
PUBLISHED = {
    'rhd2h3d': [
        Run('python tools/misc/check_data.py configs/uda/rhd2h3d.py'),
        Run('python tools/misc/browse_dataset.py configs/uda/rhd2h3d.py', '--num 2'),
        Run(
            'python tools/train.py configs/uda/rhd2h3d.py', f'--smoke --cfg-options {SMALL}'
        ),
    ],
    'synanimal2tigdog': [
        Run(
            'python tools/train.py configs/uda/synanimal2tigdog.py --cfg-options '
            'train_dataloader.dataset.source.own_split=True '
            'train_dataloader.dataset.target.own_split=True '
            'val_dataloader.dataset.own_split=True '
            'test_dataloader.dataset.own_split=True',
            f'{SMALL} --smoke',
        ),
        Run(
            'python tools/test.py configs/uda/synanimal2tigdog.py CHECKPOINT --cfg-options '
            'test_dataloader.dataset.animals="[\'tiger\']"',
            SMALL,
            checkpoint=TRAINED.format('synanimal2tigdog'),
        ),
    ],
}
# what runs them, or why nothing does; COMMANDS are those of test_commands.py
ELSEWHERE = {
    'make train': 'CI, and test_makefile.py',
    'make test': 'CI',
    'make env && . .venv/bin/activate': 'test_makefile.py',
    'make lint && make test': 'CI',
    'make docs': 'test_site.py',
    'pip install pre-commit && pre-commit install': 'what it runs: test_release.py',
    'python -m pytest ': 'they are tests',
    'pip install --no-deps -e .': 'CI, in make env',
    'pip wheel --no-deps --wheel-dir dist .': 'test_packaging, without isolation',
    'pip install dist/mmpose_uda-*.whl': 'test_installation.py, long',
    'mmpose_uda train configs/uda/hand_3d.py --smoke': 'test_installation.py, long',
    'pip install torch torchvision --force-reinstall --index-url URL': 'a GPU is needed',
    'D=data/builtin_hand_tuning': 'a name for the next',
    'python tools/train.py configs/uda/hand_3d.py --resume': 'test_preemption.py',
    'python tools/train.py configs/uda/human_2d.py --seed 0': 'test_configs.py',
    'python tools/test.py configs/uda/hand_3d.py work_dirs/hand_3d/': 'COMMANDS',
    'python tools/infer.py work_dirs/hand_3d/export': 'COMMANDS',
    'python tools/train.py configs/uda/pretrain/hand_3d_mim.py': 'test_train.py',
    'python tools/train.py source_strong.py': 'test_ablation.py',
    'python tools/dataset_converters/h36m_crops.py': 'COMMANDS',
    'python tools/dataset_converters/extract_frames.py': 'COMMANDS',
    'python tools/test.py CONFIG CHECKPOINT': 'test_submission.py',
    # the variants that it names: test_datasets_page.py
    'python tools/analysis_tools/ablation.py configs/uda/rhd2h3d.py': 'COMMANDS',
    'python tools/test.py configs/uda/synanimal2animalpose': 'test_public_configs.py',
    'python tools/test.py configs/uda/surreal2lsp.py': 'test_public_configs.py',
    'python tools/test.py configs/uda/rhd2h3d.py': 'test_public_configs.py',
    'python tools/misc/check_data.py configs/uda/rhd2freihand': 'test_datasets_page.py',
    'python tools/misc/measure_source.py configs/uda/rhd2freihand_3d.py': 'COMMANDS',
    'python tools/train.py configs/uda/rhd2freihand_3d.py': 'test_configs.py, long',
    'python tools/test.py configs/uda/rhd2freihand_3d.py': 'test_public_3d_configs.py',
    'NNODES=2 NODE_RANK=0 MASTER_ADDR=first-machine': 'test_command_line.py',
    'GPUS=16 GPUS_PER_NODE=8 bash tools/slurm_train.sh': 'test_commands.py',
    'SRUN_ARGS="--partition=gpus --time=8:00:00" python': 'test_ablation.py',
    'python tools/analysis_tools/benchmark_step.py configs/uda/hand_3d.py': 'COMMANDS',
    'python tools/analysis_tools/gpu_check.py': 'COMMANDS',
    'python tools/adapt.py': 'COMMANDS and test_adapt.py',
    'python tools/misc/pre_annotate.py adapted/export': 'COMMANDS',
    'OMP_NUM_THREADS=1 python tools/analysis_tools/calibrate_verdict.py': 'COMMANDS',
    'python docs/draw_photos.py examples/hand_photos': 'test_pictures.py',
    # the variants that they name: test_variants.py
    'python tools/analysis_tools/ablation.py configs/uda/hand_3d.py': 'COMMANDS',
    'python tools/analysis_tools/ablation.py configs/uda/human_2d.py': 'COMMANDS',
}
STARTED = [
    Run(
        'python tools/train.py configs/uda/hand_3d.py --work-dir work_dirs/longer '
        '--cfg-options train_cfg.phases.2.iters=3000',
        '--smoke --cfg-options train_cfg.phases.2.iters=2',  # the last one counts
    ),
    Run(
        'python tools/train.py configs/uda/hand_3d.py --work-dir work_dirs/half '
        '--cfg-options model.alignments.mean_teacher.loss_weight=0.5',
        '--smoke',
    ),
]
RUNS = [
    *OWN_PHOTOS,
    *STARTED,
    *(run for runs in PUBLISHED.values() for run in runs),
]


def commands_of(page):
    """Commands of a page's blocks, each in one line, without comments."""
    blocks = re.findall(r'^```(?:bash)?\n(.*?)^```$', fenced_text(page), re.M | re.S)
    for block in blocks:
        for line in block.replace('\\\n', ' ').splitlines():
            line = ' '.join(re.sub(r'\s#.*', '', line).split())
            line = line.removeprefix('.venv/bin/')
            if re.match(r'(make|mmpose_uda|pip|python|bash|srun) |[A-Z_]+=\S+', line):
                yield line


def fenced_text(page):
    """Its blocks with a language that is none of the shell's left out."""
    return re.sub(r'^```(?!bash$)\w+\n.*?^```$', '', page.read_text(), flags=re.M | re.S)


def listed_tools():
    """The list of tools in docs/commands.md, a line a tool."""
    page = (ROOT / 'docs/commands.md').read_text()
    (block,) = re.findall(r'^```bash\n(.*?)^```', page, re.M | re.S)
    return block.splitlines()


def templates():
    """What the list shows of where arguments go."""
    return [' '.join(re.sub(r'\s#.*', '', line).split()) for line in listed_tools()]


def called(command):
    """The Python script of a command, and the words that it gets; None of others."""
    match list(itertools.dropwhile(lambda word: '=' in word, shlex.split(command))):
        case ['mmpose_uda', name, *words]:
            return TOOLS[name], words
        case ['python', tool, *words] if tool.startswith('tools/'):
            return tool.removeprefix('tools/'), words
        case ['bash', 'tools/dist_train.sh', config, _, *words]:  # number of processes
            return 'train.py', [config, *words]
        case ['bash', 'tools/slurm_train.sh', _, _, *words]:  # partition, name of the job
            return 'train.py', words


def fits(template, words):
    """Whether a command is one that a template shows, perhaps with more to it."""
    required = re.sub(r'\[(?:[^][]|\[[^]]*\])*\]', '', template).split()
    options = [word for word in required if word.startswith('--')]
    places = required[: required.index(options[0])] if options else required
    is_placed = all(
        bool(re.search('[A-Z]{2}', place)) or word in place.split('|')
        for place, word in zip(places, words)
    )
    is_option = [word.startswith('--') for word in words[: len(places)]]
    return is_placed and not any(is_option) and set(options) <= set(words)


def test_every_command_is_run():
    shown = set(templates())
    known = {run.command for run in RUNS}
    missing = [
        (page.name, command)
        for page in PAGES
        for command in commands_of(page)
        if command not in shown | known and not command.startswith(tuple(ELSEWHERE))
    ]
    assert not missing


def test_every_run_is_shown():
    shown = {command for page in PAGES for command in commands_of(page)}
    assert {run.command for run in RUNS} <= shown
    for start in ELSEWHERE:
        assert any(command.startswith(start) for command in shown), start


def test_what_runs_the_others_is_there():
    """The test of a tool speaks of it, COMMANDS has it, one of a config has the config."""
    tests = {path.name: path for path in (ROOT / 'tests').rglob('test_*.py')}
    for start, where in ELSEWHERE.items():
        tool = re.search(r'tools/([\w/]+\.(?:py|sh))', start)
        if 'COMMANDS' in where:
            assert tool[0] in COMMANDS, start
        for name in re.findall(r'test_\w+\.py', where):
            assert name in tests, (start, name)
            if tool:
                text = tests[name].read_text()
                subject = re.search(r'configs/uda/([\w/]+)', start)
                words = [Path(tool[1]).stem, *([subject[1]] if subject else [])]
                assert any(word in text for word in words), (start, name)


def test_every_command_is_one_that_its_tool_takes(capsys):
    """Of those that nothing runs as they stand, a prefix is known above."""
    shown = {command for page in PAGES for command in commands_of(page)}
    for command in sorted(shown - set(templates())):
        if found := called(command):
            script, words = found
            try:
                parser_of(ROOT / 'tools' / script).parse_args(words)
            except SystemExit:
                pytest.fail(f'{command}: {capsys.readouterr().err}')
        elif command.startswith('python -m pytest '):
            paths = [word for word in command.split() if word.startswith('tests/')]
            assert paths and all((ROOT / path).exists() for path in paths), command


def test_the_list_has_every_tool_and_its_name_as_a_command():
    names = {}
    for line in listed_tools():
        code, _, comment = line.partition(' # ')
        names[code.split()[1].removeprefix('tools/')] = comment.partition(':')[0]
    shells = {'dist_train.sh', 'slurm_train.sh'}  # for which there is no command
    assert shells <= names.keys()
    found = {name: script for script, name in names.items() if script not in shells}
    assert found == TOOLS


def test_options_of_the_list_are_those_of_the_tools():
    for line in listed_tools():
        tool = line.split()[1]
        if tool.endswith('.py'):
            known = parser_of(ROOT / tool)._option_string_actions
            assert set(re.findall(r'--[\w-]+', line)) <= known.keys(), line


def test_tools_run_as_the_page_shows_them():
    """The arguments of tests/test_tools/test_commands.py are those that are shown."""
    for template in templates():
        tool = template.split()[1]
        if tool not in TRAINERS:
            words = ['python', tool, *shlex.split(COMMANDS[tool][0])]
            assert fits(template, words), (template, words)


def execute(folder, step, **limits):
    command = step.command.replace('CHECKPOINT', step.checkpoint)
    python, *words = shlex.split(f'{command} {step.more}')
    assert python == 'python'
    return run(folder, sys.executable, *words, **limits)


def test_own_photos(tmp_path):
    folder = link_checkout(tmp_path)
    for split in ('train', 'val'):
        write_pose_dataset(folder / 'my_people', 2, split, names=coco_names())
    (folder / 'my_photos').mkdir()
    for name in 'ab':
        picture = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
        cv2.imwrite(str(folder / 'my_photos' / f'{name}.jpg'), picture)
    for step in OWN_PHOTOS:
        execute(folder, step)
    assert len(list((folder / 'predictions').rglob('*.jpg'))) == 2


@pytest.mark.parametrize('step', STARTED)
def test_options_change_what_they_name(step):
    words = shlex.split(step.command)
    options = parse_options(words[words.index('--cfg-options') + 1 :])
    cfg = load_config(str(ROOT / words[2]))
    for key, value in options.items():
        found = cfg
        for name in key.split('.'):
            found = found[int(name) if isinstance(found, list) else name]
        assert found != value
    changed = load_config(str(ROOT / words[2]), options)
    assert changed.to_dict() != cfg.to_dict()


@pytest.mark.long
@pytest.mark.parametrize('step', STARTED)
def test_first_changes(tmp_path, step):
    execute(link_checkout(tmp_path), step)


@pytest.mark.long
@pytest.mark.parametrize('name', PUBLISHED)
def test_published_data(tmp_path, name):
    folder = link_checkout(tmp_path)
    init_default_scope('mmpose')
    redirect_data(Config.fromfile(ROOT / f'configs/uda/{name}.py'), folder / 'data')
    for step in PUBLISHED[name]:
        execute(folder, step)


@pytest.mark.long
def test_own_photos_at_full_length(tmp_path):
    """All epochs of the page, on two images; no weights are downloaded.

    Batches are of those two: 64 copies of them would take hours without a GPU.
    """
    folder = link_checkout(tmp_path)
    write_pose_dataset(folder / 'my_people', 2, names=coco_names())
    shutil.copytree(folder / 'my_people/images', folder / 'my_photos')
    whole = f'{OFFLINE} train_dataloader.batch_size=2'
    for step in OWN_PHOTOS:
        step = Run(step.command, whole if OFFLINE in step.more else '')
        execute(folder, step, timeout=3600)
    assert len(list((folder / 'predictions').rglob('*.jpg'))) == 2
