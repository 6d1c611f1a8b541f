import random

import numpy as np

from mmpose_uda.datasets.draws import kept_random_states, permutation, seed_by


def drawn():
    return random.random(), np.random.rand()


def test_an_order_for_each_seed_domain_and_epoch():
    keys = [(s, d, e) for s in (0, 1) for d in ('source', 'target') for e in (0, 1)]
    orders = [tuple(permutation(*key, 30)) for key in keys]
    assert all(sorted(order) == list(range(30)) for order in orders)
    assert len(set(orders)) == len(keys)


def test_numbers_follow_from_the_key():
    found = []
    for key in ((0, 7, 'source'), (0, 7, 'source'), (0, 8, 'source'), (1, 7, 'source')):
        seed_by(*key)
        found.append(drawn())
    assert found[0] == found[1]
    assert len(set(found)) == 3


def test_states_come_back_after_an_error():
    seed_by('a')
    expected = drawn()
    seed_by('a')
    try:
        with kept_random_states():
            drawn()
            raise ValueError
    except ValueError:
        assert drawn() == expected
