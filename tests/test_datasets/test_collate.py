import pickle

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


def test_samples_survive_the_way_to_another_process(batch):
    before = batch['data_samples']['view']
    after = pickle.loads(pickle.dumps(before))
    assert type(after) is list and len(after) == 3
    for old, new in zip(before, after):
        assert isinstance(new, PoseDataSample) and new.number == old.number
        np.testing.assert_array_equal(new.warp_mat, old.warp_mat)
        labels = new.gt_instance_labels.labels
        assert torch.equal(labels, old.gt_instance_labels.labels)
        assert torch.equal(new.gt_foreground, old.gt_foreground)
        labels += 1  # is memory of its own


def test_no_tensor_of_a_sample_is_shared(batch, monkeypatch):
    def refuse(self, protocol):
        raise AssertionError('pickled as a tensor')

    monkeypatch.setattr(torch.Tensor, '__reduce_ex__', refuse)
    pickle.dumps(batch['data_samples'])
    with pytest.raises(AssertionError, match='as a tensor'):
        pickle.dumps(batch['inputs'])


def test_inputs_are_stacked(batch):
    assert batch['inputs']['view'].shape == (3, 3, 5, 6)
    assert batch['inputs']['view'][:, 0, 0, 0].tolist() == [0, 1, 2]
