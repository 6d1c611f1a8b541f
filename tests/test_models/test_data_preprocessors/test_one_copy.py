import torch
from mmengine.structures import InstanceData, PixelData
from mmpose.structures import PoseDataSample

from mmpose_uda.models.data_preprocessors.one_copy import move_together


def make_sample(seed, keypoints=5):
    torch.manual_seed(seed)
    sample = PoseDataSample(metainfo=dict(img_path=f'{seed}.jpg'))
    sample.gt_instance_labels = InstanceData(
        keypoint_labels=torch.rand(1, keypoints, 3),
        keypoint_weights=torch.rand(1, keypoints),
        seen=torch.rand(1, keypoints) > 0.5,
    )
    sample.gt_fields = PixelData(heatmaps=torch.rand(keypoints, 4, 6))
    sample.set_field(torch.rand(1, 8, 8), 'gt_foreground')
    return sample


def tensors_of(sample):
    labels = sample.gt_instance_labels
    return [
        labels.keypoint_labels,
        labels.keypoint_weights,
        labels.seen,
        sample.gt_fields.heatmaps,
        sample.gt_foreground,
    ]


def test_everything_arrives_as_it_was():
    samples = [make_sample(seed, keypoints=5 + seed) for seed in range(3)]
    moved = move_together(samples, torch.device('cpu'))
    for before, after in zip(samples, moved):
        assert after.metainfo == before.metainfo and type(after) is type(before)
        assert set(after.keys()) == set(before.keys())  # of a set, which has no order
        for old, new in zip(tensors_of(before), tensors_of(after)):
            assert old.dtype == new.dtype and torch.equal(old, new)


def test_by_one_copy_for_each_type_of_number(monkeypatch):
    copies = []
    to = torch.Tensor.to

    def counted(tensor, *args, **kwargs):
        copies.append(tensor.dtype)
        return to(tensor, *args, **kwargs)

    monkeypatch.setattr(torch.Tensor, 'to', counted)
    moved = move_together([make_sample(seed) for seed in range(8)], torch.device('meta'))
    assert sorted(map(str, copies)) == ['torch.bool', 'torch.float32']
    assert all(t.device.type == 'meta' for sample in moved for t in tensors_of(sample))


def test_the_samples_themselves_stay():
    sample = make_sample(0)
    kept = [tensor.clone() for tensor in tensors_of(sample)]
    (moved,) = move_together([sample], torch.device('cpu'))
    for tensor in tensors_of(moved):
        tensor.zero_()
    assert all(map(torch.equal, kept, tensors_of(sample)))
