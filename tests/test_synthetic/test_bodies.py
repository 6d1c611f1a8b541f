"""What holds for every body: labels, keypoint definitions, hard mean poses."""

import numpy as np
import pytest
from test_synthetic.test_hand import procrustes_error

from mmpose_uda.datasets import PoseDataset
from mmpose_uda.metainfo import ANIMAL18, HAND21, HUMAN16, HUMAN17
from mmpose_uda.synthetic import ensure_builtin
from mmpose_uda.synthetic.body import Labelled
from mmpose_uda.synthetic.looks import LOOKS
from mmpose_uda.synthetic.sample import make_sample
from mmpose_uda.synthetic.store import BODIES

METAINFO = dict(hand=HAND21, human=HUMAN16, human17=HUMAN17, animal=ANIMAL18)
JOINTED = ['human', 'human17', 'animal']
SMALL = dict(num_train=9, num_test=3)


@pytest.fixture(scope='module')
def built(tmp_path_factory):
    """Roots and manifests of small data sets."""
    root = tmp_path_factory.mktemp('bodies')
    return {
        name: (root / name, ensure_builtin(name, str(root / name), workers=2, **SMALL))
        for name in JOINTED
    }


@pytest.mark.parametrize('metainfo', METAINFO.values())
def test_metainfo_is_consistent(metainfo):
    points = metainfo['keypoint_info']
    names = [point['name'] for point in points.values()]
    assert len(set(names)) == len(names)
    assert list(points) == [point['id'] for point in points.values()]
    swap = {point['name']: point['swap'] or point['name'] for point in points.values()}
    for name, partner in swap.items():
        assert swap[partner] == name
        assert (partner != name) == name.startswith(('left_', 'right_'))
    assert len(metainfo['joint_weights']) == len(metainfo['sigmas']) == len(names)
    for bone in metainfo['skeleton_info'].values():
        assert set(bone['link']) <= set(names)


@pytest.mark.parametrize('name', BODIES)
def test_bodies_have_the_keypoints_of_their_metainfo(name):
    body, points = BODIES[name](), METAINFO[name]['keypoint_info']
    assert list(body.joint_names) == [points[i]['name'] for i in range(len(points))]
    posed = body.sample(np.random.default_rng(0), 'rendered')
    labelled = posed.labelled or Labelled(posed.joints, body.joint_radii)
    assert labelled.joints.shape == (len(points), 3)
    assert labelled.radii.shape == (len(points),)
    assert len(posed.joints) == len(body.joint_radii)
    # drawn as large as a hand
    assert 90 < np.ptp(posed.joints, axis=0).max() < 260


@pytest.mark.parametrize('name', JOINTED)
@pytest.mark.parametrize('domain', ['rendered', 'photo'])
def test_labels_of_pictures(name, domain):
    body, look = BODIES[name](), LOOKS[domain]('test')
    hidden = 0
    for i in range(8):
        sample = make_sample(np.random.default_rng(i), body, look, 96)
        projected = sample.camera.project(sample.keypoints_3d)
        np.testing.assert_allclose(projected, sample.keypoints, atol=1e-9)
        assert sample.inside.mean() > 0.5
        for (u, v), seen in zip(sample.keypoints, sample.visible):
            assert not seen or sample.mask[int(round(v)), int(round(u))] == 255
        hidden += (~sample.visible).sum()
        x, y, w, h = sample.bbox
        inside = sample.keypoints[sample.inside]
        assert (inside >= (x, y)).all() and (inside <= (x + w, y + h)).all()
        assert (sample.mask > 0).sum() > 200
    assert 5 < hidden < 8 * len(body.joint_names) * 0.6


@pytest.mark.parametrize('name', JOINTED)
def test_skin_wraps_the_joints(name):
    body = BODIES[name]()
    for i in range(6):
        posed = body.sample(np.random.default_rng(i), 'rendered')
        labelled = posed.labelled or Labelled(posed.joints, body.joint_radii)
        for joint, radius in zip(labelled.joints, labelled.radii):
            nearest = np.linalg.norm(posed.vertices - joint, axis=1).min()
            assert nearest < 1.8 * radius + 3
        sizes = np.linalg.norm(posed.normals, axis=1)
        np.testing.assert_allclose(sizes, 1, atol=1e-4)


# Least PA-MPJPE (mm) of the mean source pose on target test data.
@pytest.mark.parametrize('name, least', [('human', 110), ('animal', 110)])
def test_mean_pose_is_poor(name, least):
    body = BODIES[name]()

    def bodies(domain, number):
        rngs = (np.random.default_rng([0, domain == 'photo', i]) for i in range(number))
        posed = [body.sample(rng, domain) for rng in rngs]
        joints = np.array([p.joints for p in posed]) * body.scale
        axes = np.array([p.view for p in posed])
        return joints, joints @ axes

    (source, upright), (target, _) = bodies('rendered', 200), bodies('photo', 150)
    for mean in (source.mean(axis=0), upright.mean(axis=0)):
        assert np.mean([procrustes_error(mean, one) for one in target]) > least


@pytest.mark.parametrize('name', JOINTED)
def test_bytes_do_not_depend_on_the_number_of_workers(name, built, tmp_path):
    root, manifest = built[name]
    assert ensure_builtin(name, str(tmp_path / 'again'), workers=1, **SMALL) == manifest
    for path in root.rglob('*.*'):
        if 'decoded' in path.parts:
            continue  # named after where they are
        twin = tmp_path / 'again' / path.relative_to(root)
        assert path.read_bytes() == twin.read_bytes(), path


@pytest.mark.parametrize('name', JOINTED)
def test_pose_dataset_reads_them(name, built):
    root, _ = built[name]
    dataset = PoseDataset(
        ann_file='annotations/train.json',
        data_root=str(root / 'photo'),
        metainfo=METAINFO[name],
        require_3d=True,
    )
    count = len(METAINFO[name]['keypoint_info'])
    assert len(dataset) == 9
    info = dataset.get_data_info(0)
    assert info['keypoints'].shape == (1, count, 2)
    assert info['keypoints_3d'].shape == (1, count, 3)
    # real sizes, in mm
    assert 600 < np.ptp(info['keypoints_3d'][0], axis=0).max() < 2600
    flipped = [info['flip_indices'][i] for i in info['flip_indices']]
    assert flipped == list(range(count))
