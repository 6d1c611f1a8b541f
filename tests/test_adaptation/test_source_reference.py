import json

import numpy as np
import pytest
import torch

from mmpose_uda.adaptation.source_reference import read_source
from mmpose_uda.models.observation import SourceStatistics, content_of

BONES = [(0, 1), (1, 2)]


@pytest.mark.parametrize('dimensions', [2, 3])
def test_what_an_export_says_of_its_source(tmp_path, dimensions):
    rng = np.random.default_rng(0)
    pose = np.array([[0.0, 0, 0], [10, 0, 0], [10, 5, 0]])[:, :dimensions]
    sizes = rng.uniform(0.5, 2, (300, 1, 1))
    poses = sizes * (pose + rng.normal(0, 0.2, (300, 3, dimensions)))
    statistics = SourceStatistics(3, BONES, dimensions, unit=7.5)
    ones = torch.ones(300, 3)
    statistics.note(torch.tensor(poses), ones, 0.9 * ones, torch.ones(3))
    content = content_of(statistics, torch.ones(3, dtype=torch.bool))
    path = tmp_path / 'source_statistics.json'
    path.write_text(json.dumps(content))
    reference = read_source(path)
    assert reference.confidence == pytest.approx(0.9, abs=0.02)
    assert reference.bones.fits(poses)
    assert reference.bones.outside(poses) < 0.02
    shorter = poses.copy()
    shorter[:, 2] = shorter[:, 1] + 0.2 * (shorter[:, 2] - shorter[:, 1])
    assert reference.bones.outside(shorter) > 0.9
    assert reference.bones.outside(np.full((1, 3, dimensions), np.nan)) == 1


def test_a_source_without_bones(tmp_path):
    statistics = SourceStatistics(3)
    ones = torch.ones(5, 3)
    statistics.note(None, ones, 0.5 * ones, torch.ones(3))
    path = tmp_path / 'source_statistics.json'
    path.write_text(json.dumps(content_of(statistics, torch.ones(3, dtype=torch.bool))))
    reference = read_source(path)
    assert reference.bones is None and reference.confidence == pytest.approx(0.5, abs=0.01)


def test_a_source_without_labels_of_a_keypoint(tmp_path):
    """Its bones are shares of those that have two ends, in the file and here."""
    rng = np.random.default_rng(1)
    pose = np.array([[0.0, 0], [10, 0], [10, 5], [4, 5], [4, 9]])
    poses = rng.uniform(0.5, 2, (300, 1, 1)) * (pose + rng.normal(0, 0.2, (300, 5, 2)))
    labelled = torch.tensor([1.0, 1, 1, 0, 0])
    statistics = SourceStatistics(5, [(0, 1), (1, 2), (2, 3), (3, 4)], 2, unit=7.0)
    ones = torch.ones(300, 5)
    statistics.note(torch.tensor(poses), ones * labelled, 0.9 * ones, labelled)
    path = tmp_path / 'source_statistics.json'
    path.write_text(json.dumps(content_of(statistics, labelled > 0)))
    reference = read_source(path)
    assert reference.bones.outside(poses) < 0.02
    longer = poses.copy()
    longer[:, 0] -= poses[:, 1] - poses[:, 0]
    assert reference.bones.outside(longer) > 0.9
