"""From where people are seen, and which of their poses."""

import numpy as np
import pytest

from mmpose_uda.synthetic.human_range import FRONTAL, FULL, Views


def seen(views, level=0.0, count=2000):
    """Rise and turn of the camera in degrees, of views drawn; each [N]."""
    rng = np.random.default_rng(0)
    rotations = np.array([views.draw(rng, level) for _ in range(count)])
    np.testing.assert_allclose(
        rotations @ rotations.transpose(0, 2, 1),
        np.tile(np.eye(3), (count, 1, 1)),
        atol=1e-9,
    )
    # the camera's axis in the body's frame, where y is up and people look along z
    forward = rotations[:, 2]
    rise = np.degrees(np.arcsin(-forward[:, 1]))
    turn = np.degrees(np.arctan2(forward[:, 0], -forward[:, 2]))
    return rise, turn


def test_rise_and_turn():
    rise, turn = seen(Views(front=20, rise=(32, 8), roll=4))
    assert abs(rise.mean() - 32) < 1 and abs(rise.std() - 8) < 1
    assert abs(turn.mean()) < 2 and abs(turn.std() - 20) < 1.5


def test_limit_of_turns():
    _, turn = seen(Views(front=60, rise=(0, 0), roll=0, limit=50))
    assert np.abs(turn).max() < 50.01
    assert (np.abs(turn) > 49.9).mean() > 0.3


def test_shares_seen_otherwise():
    """From any direction, from high above, and the lying from their side."""
    _, turn = seen(Views(front=1, rise=(0, 1), roll=0, around=0.3))
    assert abs((np.abs(turn) > 5).mean() - 0.3 * 350 / 360) < 0.03
    rise, _ = seen(Views(front=1, rise=(0, 1), roll=0, above=0.2))
    assert abs((rise > 10).mean() - 0.2) < 0.03
    _, turn = seen(Views(front=1, rise=(0, 1), roll=0, around=0.001), level=1.0)
    assert abs(np.abs(turn).mean() - 90) < 5
    _, turn = seen(Views(front=1, rise=(0, 1), roll=0), level=1.0)
    assert np.abs(turn).max() < 10


@pytest.mark.parametrize('shown', [FULL, FRONTAL])
def test_renders_contain_the_poses_of_the_target(shown):
    families = {domain: set(weights) for domain, weights in shown.weights.items()}
    assert families['photo'] < families['rendered']


def test_target_is_seen_from_a_wall():
    renders, target = (seen(FULL.views[domain])[0] for domain in ('rendered', 'photo'))
    assert np.median(renders) < 8 and 28 < np.median(target) < 36
    # renders have such views, too
    assert (renders > 28).mean() > 0.03
