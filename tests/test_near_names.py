"""What a misspelt name may have meant."""

from mmpose_uda.near_names import closest


def test_the_near_ones_are_named():
    assert closest('iter', {'name', 'iters', 'parts'}) == 'use `iters`'
    assert closest('x', ['b', 'a']) == 'use `a` or `b`'
    assert closest('x', map(str, range(50))) == 'check its spelling'
