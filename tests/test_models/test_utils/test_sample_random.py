import operator
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy import stats

from mmpose_uda.models.utils import SampleRandom, sample_keys
from mmpose_uda.random_keys import random_key

KEYS = torch.tensor([0, 1, 2**62 + 7, 123456789])
SIZE = 2**64


def splitmix(value):
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 % SIZE
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB % SIZE
    return value ^ (value >> 31)


def test_the_numbers_are_those_of_splitmix64():
    found = SampleRandom(KEYS).uniform('masks', 2, 3)
    assert found.shape == (4, 2, 3) and found.dtype == torch.float32
    for key, numbers in zip(KEYS.tolist(), found.flatten(1).tolist()):
        start = splitmix((key + random_key('masks')) % SIZE)
        for i, number in enumerate(numbers, start=1):
            bits = splitmix((start + i * 0x9E3779B97F4A7C15) % SIZE)
            assert number == (bits >> 40) / 2**24


def test_shifts_are_not_compiled():
    """What torch 2.14 made of the shifts for a CPU wrote past its memory."""
    operators = []

    def backend(module, inputs):
        operators.extend(node.target for node in module.graph.nodes)
        return module

    def doubled(keys):
        return 2 * SampleRandom(keys).uniform('masks', 36)

    torch.compiler.reset()
    compiled = torch.compile(doubled, backend=backend)(KEYS)
    assert torch.equal(compiled, doubled(KEYS))
    assert operator.rshift not in operators
    torch.compiler.reset()


def test_neighbours_and_order_do_not_matter():
    whole = SampleRandom(KEYS).uniform('x', 5)
    for i, key in enumerate(KEYS):
        assert torch.equal(SampleRandom(key[None]).uniform('x', 5)[0], whole[i])
    assert torch.equal(SampleRandom(KEYS.flip(0)).uniform('x', 5), whole.flip(0))


def test_purposes_and_keys_are_apart():
    random = SampleRandom(KEYS)
    assert torch.equal(random.uniform('x', 9), random.uniform('x', 9))
    numbers = torch.stack([random.uniform('x', 9), random.uniform('y', 9)])
    assert len(set(numbers.flatten().tolist())) == numbers.numel()


@pytest.mark.parametrize('axis', ['of neighbouring keys', 'of one key'])
def test_numbers_are_uniform_and_independent(axis):
    keys = torch.arange(100) if axis == 'of neighbouring keys' else torch.tensor([3])
    numbers = SampleRandom(keys).uniform('x', 100_000 // len(keys)).flatten().numpy()
    assert numbers.min() >= 0 and numbers.max() < 1
    assert stats.kstest(numbers, 'uniform').pvalue > 1e-3
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 0.015


def samples(*keys):
    return [SimpleNamespace(metainfo=dict(draw_key=key)) for key in keys]


def test_keys_are_those_of_the_draws():
    assert sample_keys(samples(2**62 + 1, 5)).tolist() == [2**62 + 1, 5]


def test_samples_without_a_draw_follow_the_random_state():
    stock = [*samples(7), SimpleNamespace(metainfo={})]
    torch.manual_seed(1)
    first = sample_keys(stock)
    assert len(set(first.tolist())) == 2
    torch.manual_seed(1)
    assert torch.equal(sample_keys(stock), first)
    assert not torch.equal(sample_keys(stock), first)
