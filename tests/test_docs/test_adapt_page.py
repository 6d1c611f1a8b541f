"""docs/adapt.md: the boxes of a video that its Python writes are those that are read."""

import json
import re
from pathlib import Path

import torch
from infer_factory import write_video
from torch import nn
from torchvision.models import detection

from mmpose_uda.adaptation.target_images import collect_target

PAGE = Path(__file__).parents[2] / 'docs/adapt.md'
(TO_BOXES,) = re.findall(r'^```python\n(.*?)^```', PAGE.read_text(), re.M | re.S)


class Detector(nn.Module):
    """Finds a person, a dog, and a person that it is not sure of, in every image."""

    def forward(self, images):
        corners = torch.tensor([[10.0, 20, 40, 44], [0, 0, 9, 9], [5, 5, 60, 40]])
        found = dict(
            boxes=corners,
            labels=torch.tensor([1, 18, 1]),
            scores=torch.tensor([0.9, 0.9, 0.5]),
        )
        return [found for _ in images]


def test_boxes_for_a_video(tmp_path, monkeypatch):
    monkeypatch.setattr(
        detection, 'fasterrcnn_mobilenet_v3_large_320_fpn', lambda weights: Detector()
    )
    monkeypatch.chdir(tmp_path)
    write_video(tmp_path / 'walk.mp4', 21)
    exec(TO_BOXES, {})
    target = collect_target(['walk.mp4'], tmp_path / 'adapted')
    names = ['000000.jpg', '000010.jpg', '000020.jpg']
    assert [Path(image.path).name for image in target.images] == names
    assert [image.boxes for image in target.images] == [[[10, 20, 30, 24]]] * 3


def test_the_form_that_is_shown(tmp_path):
    (shown,) = re.findall(r'^```json\n(.*?)^```', PAGE.read_text(), re.M | re.S)
    write_video(tmp_path / 'walk.mp4', 12)
    (tmp_path / 'walk.boxes.json').write_text(shown)
    target = collect_target([str(tmp_path / 'walk.mp4')], tmp_path / 'adapted')
    boxes = json.loads(shown)
    assert [image.boxes for image in target.images] == [
        [boxes['000000.jpg']],
        boxes['000010.jpg'],
    ]
