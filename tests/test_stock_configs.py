"""Stock mmpose configs, adapted in a few lines: each trains, resumes and is handed back."""

import ast

import pytest
import torch
from config_factory import read_summary, run
from mmengine.registry import init_default_scope
from mmpose.apis import inference_topdown, init_model
from model_factory import equal_states
from stock_factory import EPOCHS, NUM_IMAGES, STOCK_DIR, tiny_stock_config

CONFIGS = {path.stem: path for path in sorted(STOCK_DIR.glob('*.py'))}
MOST_LINES = 15


@pytest.fixture(autouse=True)
def mmpose_scope():
    init_default_scope('mmpose')


def added_lines(path) -> int:
    """Lines of a config that are not blank, a comment or its docstring."""
    text = path.read_text()
    docstring = ast.parse(text).body[0]
    lines = [line.strip() for line in text.splitlines()[docstring.end_lineno :]]
    return sum(bool(line) and not line.startswith('#') for line in lines)


def test_few_lines_are_added(capsys):
    counts = {name: added_lines(path) for name, path in CONFIGS.items()}
    with capsys.disabled():
        print('\nlines added to a stock config:', counts)
    assert len(counts) >= 7
    assert max(counts.values()) <= MOST_LINES


@pytest.mark.parametrize('path', CONFIGS.values(), ids=CONFIGS)
def test_trains_validates_resumes_and_exports(path, tmp_path):
    data_root = tmp_path / 'data'
    whole = run(tiny_stock_config(path, data_root, tmp_path / 'whole'))

    cfg = tiny_stock_config(path, data_root, tmp_path / 'resumed')
    # another seed: that of the checkpoint counts
    checkpoint = str(tmp_path / 'whole' / 'epoch_1.pth')
    cfg.update(resume=True, load_from=checkpoint, randomness=dict(seed=8))
    resumed = run(cfg)
    assert resumed.epoch == whole.epoch == EPOCHS
    assert equal_states(resumed.model.state_dict(), whole.model.state_dict())
    first = torch.load(checkpoint, weights_only=False)
    assert not equal_states(first['state_dict'], whole.model.state_dict())

    summary = read_summary(tmp_path / 'resumed')
    # the validation data are the source's
    assert summary['source']['coco/AP'] >= 0 and 'target' not in summary
    model = init_model(
        f'{summary["export"]}/config.py', f'{summary["export"]}/model.pth', device='cpu'
    )
    assert equal_states(model.state_dict(), whole.model.teacher.module.state_dict())
    dataset = whole.val_dataloader.dataset
    assert len(dataset) == NUM_IMAGES
    (found,) = inference_topdown(model, dataset[0]['data_samples'].img_path)
    assert found.pred_instances.keypoints.shape == (1, 17, 2)
