"""What the tests of the model share."""

import pytest
from mmengine.registry import init_default_scope


@pytest.fixture(autouse=True)
def mmpose_scope():
    """Let configs find mmpose's parts by name, as a Runner does."""
    init_default_scope('mmpose')
