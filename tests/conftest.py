"""What all tests share."""

import gc

import pytest
import torch

import mmpose_uda  # noqa: F401, registers the parts


@pytest.fixture(scope='session', autouse=True)
def one_thread():
    """Several tests run at once; more threads than cores make all of them slower."""
    torch.set_num_threads(1)


@pytest.fixture(scope='session', autouse=True)
def frozen_modules():
    """No garbage, but looked through with every data set of mmengine, as in the tools."""
    gc.freeze()
