"""A model and data of a few numbers, to test what happens around a training."""

import time

import torch
from mmengine.evaluator import BaseMetric
from mmengine.hooks import Hook
from mmengine.model import BaseModel
from mmengine.registry import DATASETS, HOOKS, METRICS, MODELS
from torch.utils.data import Dataset

from mmpose_uda.errors import UserError

CONFIG = """
custom_imports = dict(imports=['toy_parts'], allow_failed_imports=False)
default_scope = 'mmengine'
model = dict(type='ToyModel', width=2)
train_dataloader = dict(
    batch_size=2,
    num_workers=0,
    sampler=dict(type='InfiniteSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(type='ToyDataset'),
)
test_dataloader = dict(
    batch_size=2,
    num_workers=0,
    sampler=dict(type='DefaultSampler', shuffle=False),
    collate_fn=dict(type='default_collate'),
    dataset=dict(type='ToyDataset'),
)
train_cfg = dict(by_epoch=False, max_iters=4)
test_cfg = dict()
test_evaluator = dict(type='ToyMetric')
optim_wrapper = dict(optimizer=dict(type='SGD', lr=0.1, momentum=0.9))
default_hooks = dict(
    checkpoint=dict(type='CheckpointHook', by_epoch=False, interval=2),
    logger=dict(type='LoggerHook', interval=1),
)
log_processor = dict(by_epoch=False)
randomness = dict(seed=0)
"""


@MODELS.register_module()
class ToyModel(BaseModel):
    """A linear layer, whose loss is what it predicts."""

    def __init__(self, width, **kwargs):
        super().__init__(**kwargs)
        self.linear = torch.nn.Linear(width, 1)

    def forward(self, x, mode='tensor'):
        predicted = self.linear(x)
        return dict(loss=predicted.mean()) if mode == 'loss' else [predicted]


@MODELS.register_module()
class OtherToyModel(ToyModel):
    """The same by another name."""


@DATASETS.register_module()
class ToyDataset(Dataset):
    """Eight pairs of numbers; ``fail`` makes the third a mistake of the user."""

    metainfo = dict(name='toy')

    def __init__(self, fail=False, seed=0, indices=8):
        self.fail = fail
        self.seed = seed
        self.indices = indices

    def __len__(self):
        return self.indices

    def __getitem__(self, index):
        if self.fail and index == 3:
            raise UserError('The file 3.png is no image: replace it.')
        return dict(x=torch.full((2,), float(index)))


@DATASETS.register_module()
class LargeToyDataset(ToyDataset):
    """The same with more beside it than a pipe holds, not in shared memory."""

    def __getitem__(self, index):
        return dict(super().__getitem__(index), ballast=bytes(2**20))


@HOOKS.register_module()
class WaitHook(Hook):
    """Takes its time over every step."""

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        data_batch.pop('ballast')
        time.sleep(0.05)


@METRICS.register_module()
class ToyMetric(BaseMetric):
    """The mean prediction."""

    def process(self, data_batch, data_samples):
        self.results.extend(data_samples)

    def compute_metrics(self, results):
        return dict(mean=float(torch.cat(results).mean()))
