import random

import pytest

from mmpose_uda.datasets.published import protocol


@pytest.mark.parametrize('count', [0, 1, 4, 5, 33])
def test_splits_of_few(count, published_order):
    items = [f'item {i}' for i in range(count)]
    order = [items[i] for i in published_order(count)]
    assert protocol.shuffled(items) == order
    train, test = protocol.held_out(items)
    assert (test, train) == (order[: count // 5], order[count // 5 :])


def test_splits_of_many(published_order):
    train, test = protocol.held_out(range(20000))
    assert test + train == published_order(20000)
    assert len(test) == 3200


def test_the_random_state_of_others_is_left_alone():
    random.seed(3)
    expected = random.random()
    random.seed(3)
    protocol.shuffled(range(9))
    protocol.drawn_with_replacement(range(9))
    assert random.random() == expected
