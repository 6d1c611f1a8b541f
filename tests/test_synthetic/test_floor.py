"""Bodies on a floor: what carries them touches it, and nothing goes through it."""

import numpy as np
import pytest

from mmpose_uda.synthetic.camera import Camera
from mmpose_uda.synthetic.floor import Floor
from mmpose_uda.synthetic.ground import Ground, floor_mask
from mmpose_uda.synthetic.human_floor_poses import FAMILIES, SUPPORTS
from mmpose_uda.synthetic.human_range import FULL
from mmpose_uda.synthetic.skeleton import Skeleton

TABLE = Skeleton(
    dict(
        top=(None, (0, 0, 0)),
        side_front=('top', (200, -300, 300)),
        side_back=('top', (200, -300, -300)),
    ),
    dict(tilt=('top', 'x', -90, 90), sway=('top', 'z', -90, 90)),
    (),
)
FEET = Floor(
    TABLE,
    dict(
        side_front=('side_front', (0, -20, 0), 30), side_back=('side_back', (0, 0, 0), 30)
    ),
)


def stood(**angles):
    stretch = np.ones((len(TABLE.joints), 3))
    joints, frames = TABLE.forward(TABLE.pose(**angles)[None], stretch)
    return FEET.centres(joints, frames, stretch)


def test_balls_are_where_their_bones_are():
    centres = dict(zip(FEET.names, stood()[0]))
    np.testing.assert_allclose(centres['left_front'], (200, -320, 300))
    np.testing.assert_allclose(centres['right_back'], (-200, -300, -300))


def test_a_table_settles_on_its_legs():
    support = FEET.chosen(('side_front', 'side_back'))
    turn, height, floor = FEET.settle(stood(tilt=25, sway=-15), support)
    np.testing.assert_allclose(turn[0] @ turn[0].T, np.eye(3), atol=1e-9)
    np.testing.assert_allclose(height, 0, atol=2)
    # two mm of 600 are what the longer front legs make
    assert turn[0][1, 1] < 0.95
    top = (
        turn[0]
        @ TABLE.forward(TABLE.pose(tilt=25, sway=-15)[None], np.ones((5, 3)))[1][0, 0]
    )
    assert top[1, 1] > 0.99


def test_what_nothing_carries_stands_on_its_lowest_point():
    turn, height, floor = FEET.settle(stood(tilt=25), FEET.chosen(()))
    np.testing.assert_array_equal(turn[0], np.eye(3))
    assert height.min() == 0 and height.max() > 200
    lowest = (stood(tilt=25)[0, :, 1] - 30).min()
    assert floor[0] == pytest.approx(lowest)


@pytest.mark.parametrize('family', FAMILIES)
def test_people_rest_on_what_carries_them(family):
    sampler = FULL.sampler()
    sampler.weights = dict(rendered={family: 1.0})
    stretch = np.ones((len(sampler.skeleton.joints), 3))
    support, gaps, depths = SUPPORTS[family], [], []
    for i in range(12):
        stance = sampler.sample(np.random.default_rng(i), 'rendered', stretch)
        low, high = sampler.skeleton.limits.T
        assert (stance.pose >= low).all() and (stance.pose <= high).all()
        centres = sampler.floor.centres(stance.joints[None], stance.frames[None], stretch)[
            0
        ]
        height = centres[:, 1] - sampler.floor.radii - stance.floor
        depths.append(-height.min())
        # mirrored poses stand on the other side's
        either = (support, support.mirrored())
        carried = [height[sampler.floor.chosen(one.points)] for one in either]
        if support.points:
            gaps.append(min(np.abs(one - one.mean()).max() for one in carried))
    if support.clearance:
        assert max(depths) <= -support.clearance[0] + 1e-6
    else:
        assert np.mean(depths) < 80  # mm: soft flesh, a finger or a toe
    assert not gaps or np.mean(gaps) < 40


def test_floor_is_seen_below_the_foot_of_the_wall():
    camera = Camera(100.0, np.array([31.5, 31.5]))
    ground = Ground(np.array([0.0, 100.0, 300.0]), np.array([0.0, -1.0, 0.0]))
    mask = floor_mask(ground, camera, 400.0, 64)
    rows = mask.mean(axis=1)
    # 100 mm below the camera at a depth of 400 mm is 25 px below its axis
    assert (rows[:56] == 0).all() and (rows[58:] == 1).all()
    above = Ground(-ground.point, ground.up)
    assert not floor_mask(above, camera, 400.0, 64).any()
    np.testing.assert_allclose(
        ground.drop(np.array([[5.0, 40.0, 300.0]]), np.array([0.0, -1.0, 0.0])),
        [[5, 100, 300]],
    )
