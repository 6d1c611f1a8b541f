import torch

from mmpose_uda import random_keys
from mmpose_uda.random_keys import process_keys, random_key

KNOWN = 6337171427373630499


def test_keys_differ_where_a_part_does():
    keys = {random_key(seed, draw, 'x') for seed in range(20) for draw in range(50)}
    keys |= {random_key(1, 11), random_key(11, 1), random_key('y')}
    assert len(keys) == 1003
    assert all(0 <= key < 2**63 for key in keys)
    assert random_key(0, 'x') == KNOWN  # figures depend on it


def test_keys_differ_between_processes(monkeypatch):
    """Whose random state mmengine seeds alike."""
    found = []
    for rank in (0, 1, 0):
        torch.manual_seed(3)
        monkeypatch.setattr(random_keys, 'get_rank', lambda rank=rank: rank)
        found.append(process_keys(50))
    first, second, again = found
    assert torch.equal(first, again) and not torch.isin(first, second).any()
    assert (first >= 0).all() and first.unique().numel() == 50
