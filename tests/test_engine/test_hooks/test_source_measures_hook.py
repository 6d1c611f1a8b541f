import logging
from types import SimpleNamespace

import numpy as np
import pytest
from model_factory import CODEC

from mmpose_uda.codecs import Pose3DLabel
from mmpose_uda.engine.hooks import SourceMeasuresHook, source_measures_hook


class Poses:
    """Hands of 20 bones of 40 mm, whose tips are 90 mm nearer or farther than the wrist."""

    def __init__(self, count=40, visible=1.0, labels=True):
        self.count, self.visible, self.labels = count, visible, labels
        self.asked = []

    def full_init(self):
        """There is nothing to read."""

    def __len__(self):
        return self.count

    def get_data_info(self, index):
        self.asked.append(index)
        tilt = 90 / 160 * (-1) ** index
        points = np.zeros((1, 21, 3))
        for finger, angle in enumerate(np.linspace(0, 2, 5)):
            flat = (1 - tilt**2) ** 0.5
            ray = np.array([flat * np.cos(angle), flat * np.sin(angle), tilt])
            points[0, 4 * finger + 1 : 4 * finger + 5] = np.outer([40, 80, 120, 160], ray)
        info = dict(keypoints_visible=np.full((1, 21), self.visible))
        return dict(info, keypoints_3d=points) if self.labels else info


@pytest.fixture
def warnings(monkeypatch):
    """Of a training with this codec and this source."""

    def of(source=None, decoder=Pose3DLabel, **codec):
        said = []
        monkeypatch.setattr(
            source_measures_hook, 'print_log', lambda *args: said.append(args)
        )
        right = dict(CODEC, type=None, total_length=800.0, depth_range=(-100, 100))
        arguments = {**right, **codec}
        del arguments['type']
        head = SimpleNamespace(decoder=decoder(**arguments))
        data = Poses() if source is None else source
        runner = SimpleNamespace(
            model=SimpleNamespace(student=SimpleNamespace(head=head)),
            train_dataloader=SimpleNamespace(dataset=SimpleNamespace(source=data)),
        )
        SourceMeasuresHook().before_train(runner)
        assert all(level == logging.WARNING for _, _, level in said)
        return [text for text, _, _ in said]

    return of


def test_nothing_is_said_of_the_right_values(warnings):
    assert warnings() == []
    assert warnings(total_length=814.0, depth_range=(-90, 180)) == []


def test_each_wrong_value_is_told_with_the_lines(warnings):
    (text,) = warnings(total_length=841.0)
    assert '841 mm of bones, but those of the source are 800 mm' in text
    assert '5.1 % too large' in text and 'depth_range ends' not in text
    assert '    total_length=800.0,' in text and '    depth_range=(-90, 90),' in text
    (text,) = warnings(total_length=700.0)
    assert '12.5 % too small' in text
    (text,) = warnings(depth_range=(-300, 80))
    assert 'expects' not in text and 'ends at 80 mm' in text and 'up to 90 mm' in text
    (text,) = warnings(depth_range=(-190, 190))
    assert 'coarser' in text


def test_of_large_sources_a_part_is_looked_at(warnings, monkeypatch):
    monkeypatch.setattr(source_measures_hook, '_MOST', 4)
    source = Poses(count=10)
    assert warnings(source) == []
    assert source.asked == [0, 3, 6, 9]


def test_labels_that_cannot_be_measured_are_told(warnings):
    (text,) = warnings(Poses(labels=False))
    assert 'no `keypoints_3d`' in text
    (text,) = warnings(Poses(visible=0.0))
    assert 'No sample of the source has all bones' in text


def test_other_trainings_pass(warnings):
    class OtherCodec:
        def __init__(self, **arguments):
            pass

    assert warnings(Poses(labels=False), decoder=OtherCodec) == []
    runner = SimpleNamespace(
        model=SimpleNamespace(student=SimpleNamespace()),
        train_dataloader=SimpleNamespace(dataset=[]),
    )
    SourceMeasuresHook().before_train(runner)
