from mmpose_uda.random_keys import random_key

KNOWN = 6337171427373630499


def test_keys_differ_where_a_part_does():
    keys = {random_key(seed, draw, 'x') for seed in range(20) for draw in range(50)}
    keys |= {random_key(1, 11), random_key(11, 1), random_key('y')}
    assert len(keys) == 1003
    assert all(0 <= key < 2**63 for key in keys)
    assert random_key(0, 'x') == KNOWN  # figures depend on it
