import pytest
import torch
from style_factory import write_style_files


@pytest.fixture(scope='session')
def files(tmp_path_factory):
    """Paths of 'public', 'torchvision' and 'decoder' weights."""
    return write_style_files(tmp_path_factory.mktemp('style'))


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)
