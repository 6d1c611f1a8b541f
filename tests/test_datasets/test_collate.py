import io
import pickle
from multiprocessing.reduction import ForkingPickler

import numpy as np
import pytest
import torch
from mmengine.structures import InstanceData
from mmpose.structures import PoseDataSample

from mmpose_uda.datasets import collate_views


@pytest.fixture
def batch():
    items = []
    for i in range(3):
        sample = PoseDataSample(metainfo=dict(number=i, warp_mat=np.eye(2, 3) * i))
        sample.gt_instance_labels = InstanceData(labels=torch.rand(1, 4)[:, ::2])
        sample.gt_foreground = torch.rand(1, 5, 6)
        image = torch.full((3, 5, 6), i, dtype=torch.uint8)
        items.append(dict(inputs=dict(view=image), data_samples=dict(view=sample)))
    return collate_views(items)


def test_a_batch_survives_the_way_to_another_process(batch):
    after = pickle.loads(pickle.dumps(batch))
    assert type(after) is dict and after.keys() == batch.keys()
    images = after['inputs']['view']
    assert torch.equal(images, batch['inputs']['view'])
    samples = after['data_samples']['view']
    assert type(samples) is list and len(samples) == 3
    for old, new in zip(batch['data_samples']['view'], samples):
        assert isinstance(new, PoseDataSample) and new.number == old.number
        np.testing.assert_array_equal(new.warp_mat, old.warp_mat)
        labels = new.gt_instance_labels.labels
        assert torch.equal(labels, old.gt_instance_labels.labels)
        assert torch.equal(new.gt_foreground, old.gt_foreground)
    # they may be written to, and nothing else is written to with them
    for old, new in zip(batch['data_samples']['view'], samples):
        new.gt_foreground += 1
        assert torch.equal(new.gt_foreground, old.gt_foreground + 1)
    assert torch.equal(images, batch['inputs']['view'])
    assert images.data_ptr() % 64 == samples[0].gt_foreground.data_ptr() % 64 == 0


def test_one_tensor_is_shared_for_all(batch):
    shared = []

    class Sharing(ForkingPickler):
        def reducer_override(self, value):
            if isinstance(value, torch.Tensor):
                shared.append(value)
            return NotImplemented

    Sharing(io.BytesIO()).dump(batch)
    assert len(shared) == 1 and shared[0].dtype == torch.uint8
    assert shared[0].numel() >= 3 * 3 * 5 * 6 + 3 * 4 * 5 * 6


def test_labels_of_no_size_and_of_a_worker(batch):
    batch['inputs']['empty'] = torch.zeros(0, 3)
    loader = torch.utils.data.DataLoader([batch] * 3, num_workers=1, batch_size=None)
    for found in loader:
        assert type(found) is dict and found['inputs']['empty'].shape == (0, 3)
        assert torch.equal(found['inputs']['view'], batch['inputs']['view'])


def test_inputs_are_stacked(batch):
    assert batch['inputs']['view'].shape == (3, 3, 5, 6)
    assert batch['inputs']['view'][:, 0, 0, 0].tolist() == [0, 1, 2]
