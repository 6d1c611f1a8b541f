"""``mmpose_uda NAME ...``: one command for all tools.

A tool is a script of ``tools/``, which exists in a checkout and, where mim expects it, in
an installed package: this module finds the script and runs it. It lies beside the package
because importing the package takes seconds, as torch does, and listing the commands must
not.
"""

import ast
import difflib
import re
import runpy
import sys
from importlib.util import find_spec
from pathlib import Path

# Name -> script of ``tools/``, in the order of the help.
COMMANDS = {
    'train': 'train.py',
    'test': 'test.py',
    'adapt': 'adapt.py',
    'infer': 'infer.py',
    'convert': 'misc/convert_config.py',
    'export': 'misc/export_estimator.py',
    'check-data': 'misc/check_data.py',
    'browse': 'misc/browse_dataset.py',
    'pre-annotate': 'misc/pre_annotate.py',
    'measure-source': 'misc/measure_source.py',
    'make-data': 'misc/make_builtin_data.py',
    'draw-strip': 'misc/draw_strip.py',
    'ablation': 'analysis_tools/ablation.py',
    'compare': 'analysis_tools/compare.py',
    'calibrate-verdict': 'analysis_tools/calibrate_verdict.py',
    'hand-statistics': 'analysis_tools/hand_statistics.py',
    'picture-statistics': 'analysis_tools/picture_statistics.py',
    'pose-statistics': 'analysis_tools/pose_statistics.py',
    'visualize-mim': 'analysis_tools/visualize_mim.py',
    'profile-step': 'analysis_tools/profile_step.py',
    'benchmark-step': 'analysis_tools/benchmark_step.py',
    'gpu-check': 'analysis_tools/gpu_check.py',
    'extract-masks': 'dataset_converters/extract_masks.py',
    'extract-frames': 'dataset_converters/extract_frames.py',
    'h36m-crops': 'dataset_converters/h36m_crops.py',
    'deeplabcut': 'dataset_converters/deeplabcut.py',
}
_NAMES = {script: name for name, script in COMMANDS.items()}
_MENTION = re.compile(r'(?:python )?tools/([\w/]+\.py)')


def main() -> None:
    """Run the command that the first argument names."""
    name, *arguments = sys.argv[1:] or ['--help']
    if name in ('-h', '--help'):
        print(_help())
    elif name == '--version':
        print(_version())
    elif name in COMMANDS:
        # argparse shows this as the name of the program
        sys.argv = [f'mmpose_uda {name}', *arguments]
        _run(_tools() / COMMANDS[name])
    else:
        near = difflib.get_close_matches(name, COMMANDS, n=1)
        remedy = f'write {near[0]}' if near else 'mmpose_uda --help lists them'
        print(f'error: mmpose_uda has no command {name}: {remedy}.', file=sys.stderr)
        sys.exit(2)


def _run(script: Path) -> None:
    """Run a script as ``python SCRIPT`` would, with commands in its help."""
    tree = _parsed(script)
    docstring = next(node for node in ast.walk(tree) if isinstance(node, ast.Constant))
    docstring.value = _MENTION.sub(_as_command, str(docstring.value))
    names = dict(__name__='__main__', __file__=str(script))
    exec(compile(tree, str(script), 'exec'), names)


def _as_command(mention: re.Match) -> str:
    name = _NAMES.get(mention[1])
    return f'mmpose_uda {name}' if name else mention[0]


def _help() -> str:
    width = max(map(len, COMMANDS))
    lines = [f'  {name:{width}}  {_summary(name)}' for name in COMMANDS]
    return '\n'.join(
        [
            'usage: mmpose_uda COMMAND [arguments]',
            '',
            'Unsupervised domain adaptation of pose estimators. Commands:',
            *lines,
            '',
            'mmpose_uda COMMAND --help explains it; a config may be named as',
            'mmpose_uda::uda/hand_3d.py, wherever you are.',
        ]
    )


def _summary(name: str) -> str:
    """What a command does: the first line of its script's docstring."""
    docstring = ast.get_docstring(_parsed(_tools() / COMMANDS[name])) or ''
    return docstring.partition('\n')[0]


def _parsed(script: Path) -> ast.Module:
    return ast.parse(script.read_text('utf-8'), str(script))


def _version() -> str:
    return runpy.run_path(str(_package() / 'version.py'))['__version__']


def _tools() -> Path:
    """Where the scripts are: in an installed package, or beside it in a checkout."""
    installed = _package() / '.mim' / 'tools'
    return installed if installed.is_dir() else _package().parent / 'tools'


def _package() -> Path:
    """The folder of the package, found without importing it."""
    spec = find_spec('mmpose_uda')
    assert spec is not None and spec.origin is not None  # it is installed with this module
    return Path(spec.origin).parent


if __name__ == '__main__':
    main()
