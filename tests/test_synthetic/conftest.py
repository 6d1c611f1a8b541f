"""A small built-in data set that the tests read."""

import pytest

from mmpose_uda.synthetic import ensure_builtin

SMALL = dict(seed=3, num_train=16, num_test=8)


@pytest.fixture(scope='session')
def built(tmp_path_factory):
    """Root and manifest of a data set made by two processes."""
    root = tmp_path_factory.mktemp('builtin') / 'hand'
    return root, ensure_builtin('hand', str(root), workers=2, **SMALL)
