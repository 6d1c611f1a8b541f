import pytest
import torch
from config_factory import CONFIG_DIR, tiny_config
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS, MODELS

from mmpose_uda.apis.profile import profile_step
from mmpose_uda.datasets import collate_views


@pytest.mark.parametrize('name', ['hand_3d', 'human_2d', 'human_2d_rtmcc'])
def test_a_step_waits_for_nothing_and_loops_over_no_samples(name, tmp_path):
    init_default_scope('mmpose')
    cfg = tiny_config(CONFIG_DIR / f'{name}.py', tmp_path / 'data', tmp_path / 'run')
    torch.manual_seed(0)
    model = MODELS.build(cfg.model).train()
    model.set_phase(tuple(cfg.train_cfg.phases[-1].parts))
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    dataset.full_init()
    items = [dataset[i] for i in range(9)]
    small, large = (
        profile_step(model, model.data_preprocessor(collate_views(items[:n]), True))
        for n in (3, 9)
    )
    assert small.waits == large.waits == 0
    assert sum(small.operators.values()) > 1000
    assert 'convolution_backward' in small.table
    # The backend may choose another algorithm, and fills small memory another way; a
    # loop would add at least one operator a sample.
    names = (small.operators.keys() | large.operators.keys()) - {'aten::fill_'}
    grown = sum(abs(large.operators[name] - small.operators[name]) for name in names)
    assert grown < 6


def test_waits_and_loops_are_found():
    class Careless(torch.nn.Linear):
        def forward(self, inputs, mode):
            rows = [self.weight @ row for row in inputs]
            return dict(loss=torch.stack(rows).sum() * float(inputs.max() > 0))

    found = [
        profile_step(Careless(3, 3), dict(inputs=torch.ones(count, 3))) for count in (2, 8)
    ]
    assert found[0].waits == 1
    assert found[1].operators.total() - found[0].operators.total() >= 6
