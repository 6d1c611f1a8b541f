import pytest

from mmpose_uda.evenly import evenly


@pytest.mark.parametrize(
    ('length', 'most', 'chosen'),
    [
        (5, 5, [0, 1, 2, 3, 4]),
        (3, 8, [0, 1, 2]),
        (9, 3, [0, 4, 8]),
        (4, 1, [0]),
        (0, 3, []),
    ],
)
def test_indices_are_spread_over_the_list(length, most, chosen):
    assert evenly(length, most) == chosen
