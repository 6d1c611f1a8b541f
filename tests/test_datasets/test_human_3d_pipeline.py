"""What configs/uda/human_3d.py does to the labels of a person, flips included."""

import numpy as np
import pytest
from config_factory import CONFIG_DIR
from mmengine.config import Config
from mmpose.registry import DATASETS

from mmpose_uda.datasets import HUMAN17
from mmpose_uda.synthetic import ensure_builtin

NAMES = [HUMAN17['keypoint_info'][i]['name'] for i in range(17)]
# the person's other side, written out
MIRRORED = [0, 4, 5, 6, 1, 2, 3, 7, 8, 9, 10, 14, 15, 16, 11, 12, 13]


@pytest.fixture(scope='module')
def config(tmp_path_factory):
    """The config, reading a few generated people."""
    root = tmp_path_factory.mktemp('people') / 'data'
    ensure_builtin('human17', str(root), num_train=8, num_test=2, workers=1)
    cfg = Config.fromfile(CONFIG_DIR / 'human_3d.py')
    cfg.train_dataloader.dataset.source.data_root = str(root / 'rendered')
    cfg.train_dataloader.dataset.target.data_root = str(root / 'photo')
    return cfg


@pytest.fixture
def drawn(config):
    """Labelled views of the source, with what the annotations say of each."""
    dataset = DATASETS.build(config.train_dataloader.dataset)
    dataset.full_init()
    dataset.set_active_views(['source'])
    infos = [dataset.source.get_data_info(i) for i in range(len(dataset.source))]
    by_path = {info['img_path']: info for info in infos}
    samples = [dataset[draw]['data_samples']['source'] for draw in range(40)]
    return [(sample, by_path[sample.img_path]) for sample in samples]


def test_3d_projects_onto_2d_in_the_crop(drawn):
    for sample, _ in drawn:
        points = np.asarray(sample.gt_instances.keypoints_3d[0], np.float64)
        labels = np.asarray(sample.gt_instance_labels.keypoint_labels[0])
        pixels = points[:, :2] / points[:, 2:] * sample.camera['focal']
        pixels += sample.camera['principal_point']
        assert np.abs(pixels - labels[:, :2]).max() < 1e-3
        np.testing.assert_allclose(labels[:, 2], points[:, 2] - points[0, 2], atol=1e-2)


def test_flips_swap_left_and_right(drawn):
    flips = []
    for sample, info in drawn:
        labels = np.asarray(sample.gt_instance_labels.keypoint_labels[0])
        order = MIRRORED if sample.flip else list(range(17))
        linear, shift = sample.warp_mat[:, :2], sample.warp_mat[:, 2]
        warped = info['keypoints'][0][order] @ linear.T + shift
        assert np.abs(warped - labels[:, :2]).max() < 1e-3
        # depth tells a swap from a mirror image of the picture alone
        depth = info['keypoints_3d'][0, order, 2]
        np.testing.assert_allclose(labels[:, 2], depth - depth[0], atol=1e-2)
        flips.append(sample.flip)
        assert (np.linalg.det(linear) < 0) == sample.flip
    assert 10 < sum(flips) < 30
    assert [NAMES[i].replace('left', 'right') for i in MIRRORED] == [
        name.replace('left', 'right') for name in NAMES
    ]


def test_head_and_labels_share_the_codec_of_people(config):
    codecs = [
        config.model.estimator.head.decoder,
        *(
            step.encoder
            for pipeline in (
                config.train_dataloader.dataset.views.source,
                config.weak_source,
            )
            for step in pipeline
            if step.type == 'GenerateTarget'
        ),
    ]
    assert len(codecs) == 3 and all(codec == config.codec for codec in codecs)
    links = {
        tuple(sorted(map(NAMES.index, bone['link'])))
        for bone in HUMAN17['skeleton_info'].values()
    }
    assert {tuple(bone) for bone in config.codec.skeleton} == links


def test_lengths_and_depths_fit_generated_people(config):
    dataset = DATASETS.build(config.train_dataloader.dataset.source)
    poses = np.array([dataset[i]['keypoints_3d'][0] for i in range(len(dataset))])
    first, last = np.array(config.codec.skeleton).T
    total = np.linalg.norm(poses[:, first] - poses[:, last], axis=-1).sum(1)
    assert total.mean() == pytest.approx(config.codec.total_length, rel=0.1)
    depth = poses[..., 2] - poses[:, :1, 2]
    low, high = config.codec.depth_range
    assert low < depth.min() < 0.3 * low and 0.1 * high < depth.max() < high
