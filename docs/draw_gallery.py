"""Draw the pictures of docs: data, predictions of trainings, what parts do, a report.

python docs/draw_gallery.py configs/uda/hand_3d.py configs/uda/human_2d.py
python docs/draw_gallery.py --runs work_dirs/hand_3d work_dirs/human_2d
python docs/draw_gallery.py --method work_dirs/hand_3d --report my_first/report.html

What was drawn is noted in ``made_of.json`` beside the pictures; a test compares that with
the data and phases of today. A report is drawn as Chromium shows it.
"""

import argparse
import json
import shutil
import subprocess
import tempfile
from datetime import date
from pathlib import Path

import cv2
import numpy as np
from draw_pictures import draw as draw_parts
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS

import mmpose_uda  # noqa: F401, before mmpose
from mmpose_uda.analysis.prediction_strip import config_of
from mmpose_uda.apis import draw_strip, load_config, prepare_data
from mmpose_uda.synthetic.store import VERSIONS
from mmpose_uda.visualization import to_tile

COLUMNS, ROWS = 9, 2  # of each domain
TILE = 96  # px
QUALITY = 75
WINDOW = (1100, 860)  # px
REPORT_WIDTH = 760  # px


def draw_data(config: str, out: Path) -> None:
    """Write ``builtin_<kind>.jpg``: the first images of the source over the target's."""
    cfg = load_config(config)
    init_default_scope('mmpose')
    prepare_data(cfg)
    domains = [_first_images(cfg.train_dataloader.dataset[d]) for d in ('source', 'target')]
    kind = cfg.builtin_data['name']
    _write(out / f'builtin_{kind}.jpg', np.vstack([_tiled(tiles) for tiles in domains]))
    version, seed = VERSIONS[kind], cfg.builtin_data['seed']
    _note(out, f'builtin_{kind}', generator_version=version, seed=seed)


def draw_run(work_dir: str, out: Path) -> None:
    """Write ``<config>_predictions.jpg``: before adaptation, adapted, label."""
    name, facts = _facts(work_dir)
    with tempfile.TemporaryDirectory() as folder:
        drawn = draw_strip(work_dir, Path(folder, 'strip.png'), width=120)
        _write(out / f'{name}_predictions.jpg', cv2.imread(str(drawn)))
    _note(out, f'{name}_predictions', **facts)


def draw_method(work_dir: str, out: Path) -> None:
    """Write the pictures of docs/method.md, of the last checkpoint of a training."""
    last = Path(work_dir, 'last_checkpoint').read_text().strip()
    draw_parts(str(config_of(Path(work_dir))), last, str(out))
    _note(out, 'method', **_facts(work_dir)[1])


def _facts(work_dir: str) -> tuple[str, dict]:
    """The name of a training's config, and what its pictures are of."""
    summary = json.loads(Path(work_dir, 'summary.json').read_text())
    phases = {phase['name']: phase['iters'] for phase in summary['phases']}
    facts = dict(phases=phases, seed=summary['seed'], figures=summary['target'])
    kind = Config.fromfile(config_of(Path(work_dir))).builtin_data['name']
    return Path(summary['config']).stem, dict(facts, generator_version=VERSIONS[kind])


def draw_report(page: str, out: Path) -> None:
    """Write ``report.jpg``: the first screen of a page of ``tools/adapt.py``."""
    browser = shutil.which('chromium') or shutil.which('chromium-browser')
    assert browser, 'A report is drawn as Chromium shows it: install that.'
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder, 'shot.png')
        size = '{},{}'.format(*WINDOW)
        subprocess.run(
            [
                *(browser, '--headless', '--no-sandbox', '--hide-scrollbars'),
                *(f'--window-size={size}', f'--screenshot={shot}'),
                Path(page).resolve().as_uri(),
            ],
            check=True,
            capture_output=True,
        )
        _write(out / 'report.jpg', to_tile(cv2.imread(str(shot)), REPORT_WIDTH))
    _note(out, 'report')


def _first_images(dataset: Config) -> list[np.ndarray]:
    built = DATASETS.build(dataset)
    paths = [built.get_data_info(number)['img_path'] for number in range(COLUMNS * ROWS)]
    return [to_tile(cv2.imread(path), TILE) for path in paths]


def _tiled(tiles: list[np.ndarray]) -> np.ndarray:
    rows = [tiles[begin : begin + COLUMNS] for begin in range(0, len(tiles), COLUMNS)]
    return np.vstack([np.hstack(row) for row in rows])


def _write(path: Path, picture: np.ndarray) -> None:
    """Smaller than the tools write them."""
    cv2.imwrite(str(path), picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


def _note(out: Path, name: str, **facts) -> None:
    path = out / 'made_of.json'
    noted = json.loads(path.read_text()) if path.exists() else {}
    noted[name] = dict(date=date.today().isoformat(), **facts)
    path.write_text(json.dumps(noted, indent=1, sort_keys=True) + '\n')


if __name__ == '__main__':
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('configs', nargs='*', help='whose built-in data are drawn')
    parser.add_argument('--runs', nargs='*', default=[], help='work dirs of trainings')
    parser.add_argument('--method', help='work dir whose parts are drawn')
    parser.add_argument('--report', help='page of tools/adapt.py')
    parser.add_argument('--out', type=Path, default=Path('docs/images'))
    args = parser.parse_args()
    for config in args.configs:
        draw_data(config, args.out)
    for run in args.runs:
        draw_run(run, args.out)
    if args.method:
        draw_method(args.method, args.out)
    if args.report:
        draw_report(args.report, args.out)
