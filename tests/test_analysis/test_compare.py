import json
import runpy
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from config_factory import CONFIG_DIR, tiny_config
from data_factory import HAND_NAMES, write_pose_dataset
from mmengine.config import Config
from mmengine.evaluator import Evaluator
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpose.registry import DATASETS, MODELS

from mmpose_uda import UserError
from mmpose_uda.analysis.compare import compare, distinct_titles
from mmpose_uda.deploy.export import export_estimator
from mmpose_uda.deploy.load_estimator import load_estimator
from mmpose_uda.version import __version__

TOOL = Path(__file__).parents[2] / 'tools' / 'analysis_tools' / 'compare.py'
NUM_IMAGES = 9


class Benchmark:
    """Data, and a network before (student) and after (teacher), exported."""

    def __init__(self, name, root):
        init_default_scope('mmpose')
        self.root = root
        self.cfg = tiny_config(CONFIG_DIR / name, root / 'data', root / 'run')
        self._hide_joints(Path(self.cfg.test_dataloader.dataset.data_root))
        torch.manual_seed(0)
        model = MODELS.build(self.cfg.model)
        model.update_teacher()
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.05 * torch.randn_like(parameter))
        meta = DATASETS.build(self.cfg.test_dataloader.dataset).metainfo
        checkpoint = dict(state_dict=model.state_dict(), meta=dict(dataset_meta=meta))
        for which in ('student', 'teacher'):
            export_estimator(self.cfg, checkpoint, str(root / which / 'export'), which)
        self.exports = [str(root / w / 'export') for w in ('student', 'teacher')]
        self.config = self.write_config()

    def _hide_joints(self, data_root):
        """Take some labels away; of one sample the root's, of another all but one."""
        path = data_root / self.cfg.test_dataloader.dataset.ann_file
        content = json.loads(path.read_text())
        for n, annotation in enumerate(content['annotations']):
            points = annotation['keypoints']
            hidden = range(1, len(points) // 3) if n == 4 else {3: [0, 5]}.get(n, [n + 6])
            for k in hidden:
                points[3 * k : 3 * k + 3] = [0, 0, 0]
        path.write_text(json.dumps(content))

    def write_config(self, name='data.json', **changes):
        """A config of nothing but the test data and their metrics, quick to write."""
        keys = ('test_dataloader', 'test_evaluator')
        cfg = Config(dict({key: self.cfg[key] for key in keys}))
        cfg.merge_from_dict(changes)
        cfg.dump(self.root / name)
        return str(self.root / name)

    def compare(self, *exports, config=None, out='report.html', **kwargs):
        return compare(
            *(exports or self.exports),
            config or self.config,
            str(self.root / out),
            **kwargs,
        )


@pytest.fixture(scope='module')
def hand(tmp_path_factory):
    return Benchmark('hand_3d.py', tmp_path_factory.mktemp('hand'))


@pytest.fixture(scope='module')
def human(tmp_path_factory):
    return Benchmark('human_2d.py', tmp_path_factory.mktemp('human'))


@pytest.fixture(scope='module', params=['hand', 'human'])
def compared(request):
    benchmark = request.getfixturevalue(request.param)
    return benchmark, benchmark.compare(num_images=2, out='made/report.html')


def test_metrics_are_those_of_the_evaluator(compared):
    benchmark, comparison = compared
    loader = Runner.build_dataloader(benchmark.cfg.test_dataloader)
    for folder, result in zip(benchmark.exports, (comparison.a, comparison.b)):
        model = load_estimator(folder)
        evaluator = Evaluator(benchmark.cfg.test_evaluator)
        evaluator.dataset_meta = loader.dataset.metainfo
        with torch.no_grad():
            for batch in loader:
                evaluator.process(model.test_step(batch), batch)
        assert result.metrics == pytest.approx(evaluator.evaluate(NUM_IMAGES))
    assert (comparison.a.points != comparison.b.points).any()


def test_errors_are_those_that_the_metrics_average(compared):
    _, comparison = compared
    metrics = (comparison.a.metrics, comparison.b.metrics)
    if comparison.is_3d:
        expected = [m['target/MPJPE'] for m in metrics]
        assert comparison.mean_errors.tolist() == pytest.approx(expected)
    else:
        expected = [m['target/PCK'] for m in metrics]
        assert comparison.pck([0.05])[:, 0].tolist() == pytest.approx(expected)


def test_errors_are_of_the_joints_that_the_metric_scores(hand):
    metric = dict(type='RootAlignedMPJPE', root_index=9, joints=[4, 8, 12])
    config = hand.write_config('tips.json', test_evaluator=[metric])
    comparison = hand.compare(config=config, num_images=1)
    for mean, result in zip(comparison.mean_errors, (comparison.a, comparison.b)):
        assert mean == pytest.approx(result.metrics['MPJPE'])


def test_samples_keep_their_order_and_labels(compared):
    benchmark, comparison = compared
    dataset = DATASETS.build(benchmark.cfg.test_dataloader.dataset)
    truth = comparison.truth
    assert truth.images == [dataset[n]['data_samples'].img_path for n in range(NUM_IMAGES)]
    assert truth.valid.sum(1).tolist()[4] == 1
    assert not truth.valid[3, 0] and not truth.valid[0, 6]
    assert comparison.is_3d == ('hand' in Path(benchmark.root).name)
    assert comparison.keypoints == list(dataset.metainfo['keypoint_id2name'].values())


def test_page(compared):
    benchmark, comparison = compared
    html = (benchmark.root / 'made' / 'report.html').read_text()
    assert (comparison.a.title, comparison.b.title) == ('student', 'teacher')
    for text in (*benchmark.exports, benchmark.config, f'mmpose_uda {__version__}'):
        assert text in html
    shown = comparison.largest_gains(2) + comparison.largest_losses(2)
    assert html.count('<figure>') == 3 * len(shown)


def test_an_exports_own_config_will_do(compared):
    benchmark, given = compared
    own = benchmark.compare(config=benchmark.exports[0] + '/config.py', num_images=1)
    # the errors are, the metrics may be those of stock mmpose
    np.testing.assert_array_equal(own.errors, given.errors)
    assert own.a.metrics


def test_a_shuffled_loader_is_put_in_order(compared):
    benchmark, given = compared
    shuffle = {'test_dataloader.sampler.shuffle': True}
    config = benchmark.write_config('shuffled.json', **shuffle)
    shuffled = benchmark.compare(config=config, num_images=1)
    np.testing.assert_array_equal(shuffled.errors, given.errors)


@pytest.mark.parametrize(
    'folders, titles',
    [
        (('runs/before/export', 'runs/after/export'), ('before', 'after')),
        (('/a/x', '/b/y/x'), ('a', 'b/y')),
        (('one', 'one/export'), ('one', 'one/export')),
        (('a/export', 'b/export_student'), ('a/export', 'b/export_student')),
    ],
)
def test_titles(folders, titles):
    assert distinct_titles(*folders) == titles


# ---- what does not fit ---------------------------------------------------------------


def test_files_are_missing(hand, tmp_path):
    with pytest.raises(UserError, match=f'The export {tmp_path} has no config.py'):
        hand.compare(hand.exports[0], str(tmp_path))
    with pytest.raises(UserError, match='There is no config file none.py'):
        hand.compare(config='none.py')
    lost = {'test_dataloader.dataset.ann_file': 'x.json'}
    config = hand.write_config('lost.json', **lost)
    with pytest.raises(UserError, match='annotation file .*x.json. does not exist'):
        hand.compare(config=config)


def test_one_export_twice(hand):
    with pytest.raises(UserError, match='nothing to compare: both exports are'):
        hand.compare(hand.exports[0], hand.exports[0] + '/../export')


def test_exports_of_other_keypoints(hand, human):
    with pytest.raises(UserError, match='21 keypoints of the export .*export .wrist'):
        hand.compare(hand.exports[0], human.exports[0])


def test_data_of_other_keypoints(hand, human):
    with pytest.raises(UserError, match='16 keypoints of .* 21 of the test data of'):
        hand.compare(*human.exports, config=hand.config)


def test_data_without_labels(hand):
    unlabelled = {
        'test_dataloader.dataset.labels': False,
        'test_dataloader.dataset.require_3d': False,
    }
    config = hand.write_config('unlabelled.json', **unlabelled)
    with pytest.raises(UserError, match='unlabelled.json have no labels .*png'):
        hand.compare(config=config)


def test_data_whose_joints_are_all_hidden(hand, tmp_path):
    ann_file = write_pose_dataset(tmp_path, 2, 'test', names=HAND_NAMES)
    content = json.loads(ann_file.read_text())
    for annotation in content['annotations']:
        annotation['keypoints'][2::3] = [0] * len(HAND_NAMES)
    ann_file.write_text(json.dumps(content))
    config = hand.write_config(
        'hidden.json',
        **{
            'test_dataloader.dataset.data_root': str(tmp_path),
            'test_dataloader.dataset.ann_file': 'annotations/test.json',
        },
    )
    with pytest.raises(UserError, match='no usable sample|no joint to score'):
        hand.compare(config=config)


def test_crops_of_another_size(hand):
    cfg = Config.fromfile(hand.config)
    next(t for t in cfg.test_dataloader.dataset.pipeline if 'input_size' in t).update(
        input_size=(32, 48)
    )
    cfg.dump(hand.root / 'smaller.json')
    match = r'takes crops of \(96, 96\) px, but .* makes \(32, 48\)'
    with pytest.raises(UserError, match=match):
        hand.compare(config=str(hand.root / 'smaller.json'))


def test_weights_of_another_model(hand, human, tmp_path):
    shutil.copy(hand.exports[0] + '/config.py', tmp_path)
    shutil.copy(human.exports[0] + '/model.pth', tmp_path)
    with pytest.raises(UserError, match='does not fit the model of the config'):
        hand.compare(hand.exports[0], str(tmp_path))


def test_an_image_that_does_not_decode(hand, tmp_path):
    root = tmp_path / 'data'
    shutil.copytree(hand.cfg.test_dataloader.dataset.data_root, root)
    broken = sorted(root.glob('images/test/*.png'))[1]
    assert cv2.imread(str(broken)) is not None
    broken.write_bytes(b'no image')
    config = hand.write_config(
        'broken.json', **{'test_dataloader.dataset.data_root': str(root)}
    )
    with pytest.raises(UserError, match=broken.name):
        hand.compare(config=config)


def test_pages_that_cannot_be_made(hand, tmp_path):
    with pytest.raises(UserError, match='report.pdf cannot be a page: end its name'):
        hand.compare(out='report.pdf')
    with pytest.raises(UserError, match='--num-images 0 shows nothing'):
        hand.compare(num_images=0)
    (tmp_path / 'file').write_text('')
    with pytest.raises(UserError, match='report.html cannot be written'):
        hand.compare(out=tmp_path / 'file' / 'report.html', num_images=1)


# ---- the tool ------------------------------------------------------------------------


def call(monkeypatch, *args):
    monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, args)])
    runpy.run_path(str(TOOL), run_name='__main__')


def test_tool(human, tmp_path, monkeypatch, capsys):
    out = tmp_path / 'report.html'
    call(monkeypatch, *human.exports, human.config, '--out', out, '--num-images', '1')
    printed = capsys.readouterr()
    assert f'(B). The page: {out}' in printed.out
    assert '3/3' in printed.err  # the progress bar's batches
    assert out.read_text().startswith('<!doctype html>')


def test_tool_ends_with_one_sentence(human, tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit) as caught:
        call(monkeypatch, human.exports[0], tmp_path, human.config)
    assert caught.value.code == 2
    error = capsys.readouterr().err.strip()
    assert error == f'error: {error[7:]}' and 'has no config.py' in error
    assert len(error.splitlines()) == 1
