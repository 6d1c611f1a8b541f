"""What the tests of public data sets share."""

import random

import pytest
from mmpose.registry import DATASETS

LOAD = [dict(type='LoadPoseImage'), dict(type='LoadPoseMask')]


@pytest.fixture
def build(tmp_path):
    """Build a data set of the test's folder by its name and split."""

    def make(name, split, **kwargs):
        config = dict(
            type=name,
            data_root=str(tmp_path),
            split=split,
            pipeline=LOAD,
            serialize_data=False,  # which takes most of the time of so little data
        )
        return DATASETS.build({**config, **kwargs})

    return make


@pytest.fixture
def published_order():
    """The order that ``random.seed(42); random.shuffle(list)`` gives n items."""

    def order(count):
        # The algorithm of Fisher and Yates, from the end; the generator's own bits.
        generator = random.Random(42)
        numbers = list(range(count))
        for last in range(count - 1, 0, -1):
            bits = (last + 1).bit_length()
            other = generator.getrandbits(bits)
            while other > last:
                other = generator.getrandbits(bits)
            numbers[last], numbers[other] = numbers[other], numbers[last]
        return numbers

    return order
