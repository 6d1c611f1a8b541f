"""Skeletons: angles, sides, limits, flesh; and the bodies' own, in their limits."""

import numpy as np
import pytest

from mmpose_uda.synthetic import animal_skeleton, human_skeleton
from mmpose_uda.synthetic.animal_poses import POSES as ANIMAL_POSES
from mmpose_uda.synthetic.flesh import Contacts, Flesh
from mmpose_uda.synthetic.human_range import FRONTAL, FULL
from mmpose_uda.synthetic.skeleton import Skeleton

ARMS = Skeleton(
    dict(
        root=(None, (0, 0, 0)),
        side_shoulder=('root', (100, 0, 0)),
        side_elbow=('side_shoulder', (0, -300, 0)),
        side_wrist=('side_elbow', (0, -250, 0)),
    ),
    dict(
        turn=('root', 'y', -40, 40),
        side_raise=('side_shoulder', '-x', -60, 160),
        side_out=('side_shoulder', 'z', -30, 150),
        side_twist=('side_shoulder', '-y', -80, 80),
        side_bend=('side_elbow', '-x', 0, 140),
    ),
    ('side_elbow',),
)
EVEN = np.ones((len(ARMS.joints), 3))
POSES = dict(human=FULL.sampler(), human17=FRONTAL.sampler(), animal=ANIMAL_POSES)


def joints_of(**angles):
    joints, _ = ARMS.forward(ARMS.pose(**angles)[None], EVEN)
    return dict(zip(ARMS.joints, joints[0]))


def test_angles_turn_limbs_where_their_names_say():
    np.testing.assert_allclose(joints_of()['left_wrist'], (100, -550, 0))
    forward = joints_of(side_raise=90)
    np.testing.assert_allclose(forward['left_wrist'], (100, 0, 550), atol=1e-9)
    np.testing.assert_allclose(forward['right_wrist'], (-100, 0, 550), atol=1e-9)
    sideways = joints_of(side_out=90)
    np.testing.assert_allclose(sideways['left_wrist'], (650, 0, 0), atol=1e-9)
    np.testing.assert_allclose(sideways['right_wrist'], (-650, 0, 0), atol=1e-9)
    # bent, and turned inwards about the upper arm
    inwards = joints_of(side_bend=90, side_twist=80)
    assert inwards['left_wrist'][0] < -100 and inwards['right_wrist'][0] > 100


def test_mirror_swaps_sides():
    rng = np.random.default_rng(0)
    poses = rng.uniform(*ARMS.limits.T, (4, len(ARMS.dofs)))
    joints, _ = ARMS.forward(poses, EVEN)
    mirrored, _ = ARMS.forward(ARMS.mirror(poses), EVEN)
    swap = [ARMS.joints.index(n) for n in (
        'root', 'right_shoulder', 'left_shoulder', 'right_elbow', 'left_elbow',
        'right_wrist', 'left_wrist',
    )]  # fmt: skip
    np.testing.assert_allclose(mirrored, joints[:, swap] * (-1, 1, 1), atol=1e-9)


def test_hinge_is_half_way_between_bones():
    _, frames = ARMS.forward(ARMS.pose(left_bend=80)[None], EVEN)
    names = ARMS.frame_joints
    upper, lower = (frames[0, names.index(f'left_{n}')] for n in ('shoulder', 'elbow'))
    hinge = frames[0, len(ARMS.joints) + names[len(ARMS.joints) :].index('left_elbow')]
    np.testing.assert_allclose(hinge @ (upper.T @ hinge), lower, atol=1e-9)


@pytest.mark.parametrize(
    'skeleton, build',
    [
        (human_skeleton.SKELETON, human_skeleton.human_build),
        (animal_skeleton.SKELETON, lambda rng: animal_skeleton.animal_build(rng)[0]),
    ],
)
def test_posing_keeps_bone_lengths(skeleton, build):
    rng = np.random.default_rng(0)
    stretch = build(rng)
    poses = rng.uniform(*skeleton.limits.T, (5, len(skeleton.dofs)))
    joints, frames = skeleton.forward(poses, stretch)
    bones = [(j, p) for j, p in enumerate(skeleton.parents) if p >= 0]
    for j, p in bones:
        wanted = np.linalg.norm(stretch[p] * skeleton.offsets[j])
        found = np.linalg.norm(joints[:, j] - joints[:, p], axis=-1)
        np.testing.assert_allclose(found, wanted, rtol=1e-9)
    eye = np.broadcast_to(np.eye(3), frames.shape)
    np.testing.assert_allclose(frames @ frames.swapaxes(-1, -2), eye, atol=1e-9)


@pytest.mark.parametrize('body', POSES)
@pytest.mark.parametrize('domain', ['rendered', 'photo'])
def test_sampled_poses_respect_limits_and_differ(body, domain):
    sampler = POSES[body]
    low, high = sampler.skeleton.limits.T
    stretch = np.ones((len(sampler.skeleton.joints), 3))
    poses = np.array(
        [sampler.sample(np.random.default_rng(i), domain, stretch).pose for i in range(80)]
    )
    assert (poses >= low).all() and (poses <= high).all()
    assert (poses.std(axis=0) > 1).all()


@pytest.mark.parametrize('body', POSES)
def test_families_mean_what_the_skeleton_can(body):
    """No family names an unknown angle or asks for one far beyond the limits."""
    sampler = POSES[body]
    assert set(sampler.weights['rendered']) == set(sampler.families)
    assert set(sampler.weights['photo']) <= set(sampler.families)
    for name, family in sampler.families.items():
        for seed in range(5):
            pose = sampler.skeleton.pose(**family(np.random.default_rng(seed)))
            beyond = np.abs(pose - sampler.skeleton.clip(pose))
            assert beyond.max() < 12, (name, sampler.skeleton.dofs[beyond.argmax()])


def test_sampler_takes_limbs_apart():
    best, first = FULL.sampler(), FULL.sampler()
    first.candidates = 1
    stretch = np.ones((len(best.skeleton.joints), 3))

    def mean_overlap(sampler):
        rngs = map(np.random.default_rng, range(40))
        joints = [sampler.sample(rng, 'rendered', stretch).joints for rng in rngs]
        return sampler.contacts.overlap(np.array(joints)).mean()

    assert mean_overlap(best) < 0.6 * mean_overlap(first)


def test_contacts_measure_overlap_of_strangers_only():
    balls = [
        ('side_elbow', 'side_wrist', 1.0, 130, 'side_arm'),
        ('root', 'left_shoulder', 0.0, 60, 'trunk'),
    ]
    joints, _ = ARMS.forward(ARMS.pose()[None], EVEN)
    free = {('trunk', 'left_arm'), ('right_arm', 'trunk')}
    # wrists 200 mm apart, balls of 130 mm
    assert Contacts(ARMS, balls, free).overlap(joints) == pytest.approx([60])
    assert Contacts(ARMS, balls, free | {('left_arm', 'right_arm')}).overlap(joints) == 0


def test_flesh_is_mirrored_and_scaled():
    flesh = Flesh(ARMS, ARMS.pose(), 10.0)
    flesh.add('side_elbow', (5, 0, 0), (5, -250, 0), (40, 30))
    flesh.add('(side_elbow)', (0, 0, 0), (0, 0, 3), (40, 40))
    flesh.add('side_root', (20, 0, 0), (20, 50, 0), (9, 9))
    cones = flesh.cones
    np.testing.assert_allclose(cones.starts[:2], [(10.5, -30, 0), (-10.5, -30, 0)])
    assert cones.radii[0] == (4.0, 3.0)
    first_hinge = len(ARMS.joints)
    assert cones.bones[2:] == [first_hinge, first_hinge + 1, 0, 0]
