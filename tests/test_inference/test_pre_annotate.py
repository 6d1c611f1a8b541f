import json

import numpy as np
import pytest
from infer_factory import TrainedRun, write_images, write_video
from mmengine.config import Config

from mmpose_uda import UserError
from mmpose_uda.adaptation.labelled import find_labelled, measure
from mmpose_uda.adaptation.labelled_images import LabelledImages
from mmpose_uda.apis import infer, pre_annotate
from mmpose_uda.deploy.load_estimator import load_estimator
from mmpose_uda.metainfo import HAND21


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    return TrainedRun(tmp_path_factory.mktemp('trained'), '2d')


def test_predictions_to_correct_the_most_uncertain_first(trained, tmp_path):
    photos = write_images(tmp_path / 'photos', ['a.png', 'b/c.png', 'd.png'])
    boxes = tmp_path / 'boxes.json'
    boxes.write_text('{"a.png": [[1, 2, 30, 40], [5, 5, 20, 20]], "d.png": [3, 4, 30, 30]}')
    out = photos / 'labels.json'
    assert pre_annotate(str(trained.export), str(photos), str(out), boxes=str(boxes)) == 2
    content = json.loads(out.read_text())
    expected = infer(str(trained.export), str(photos), boxes=str(boxes)).predictions
    scores = {
        name: min(np.mean(one['keypoint_scores']) for one in found)
        for name, found in expected.items()
    }
    order = [image['file_name'] for image in content['images']]
    assert order == sorted(scores, key=scores.get)
    names = {image['id']: image['file_name'] for image in content['images']}
    first = next(a for a in content['annotations'] if names[a['image_id']] == 'a.png')
    assert first['bbox'] == [1, 2, 30, 40]
    points = np.reshape(first['keypoints'], (-1, 3))
    np.testing.assert_allclose(points[:, :2], expected['a.png'][0]['keypoints'])
    assert (points[:, 2] == 2).all()
    (category,) = content['categories']
    assert category['keypoints'][0] == 'wrist' and min(map(min, category['skeleton'])) == 1

    # what is not corrected is what the model predicts
    labelled = LabelledImages(find_labelled(str(out), HAND21), HAND21)
    found = measure(load_estimator(str(trained.export)), labelled)
    assert found.instances == 3 and found.error < 1e-4 and found.pck == 1


def test_what_is_left_out_is_named(trained, tmp_path, monkeypatch):
    said = []
    module = 'mmpose_uda.inference.pre_annotate.print_log'
    monkeypatch.setattr(module, lambda text, **_: said.append(text))
    photos = write_images(tmp_path / 'photos', ['a.png', 'b.png'])
    (photos / 'broken.png').write_bytes(b'none')
    (photos / 'boxes.json').write_text(
        '{"a.png": [1, 2, 9, 9], "b.png": [9e3, 0, 9, 9], "broken.png": [1, 2, 9, 9]}'
    )
    assert pre_annotate(str(trained.export), str(photos), str(tmp_path / 'a.json')) == 1
    assert len(said) == 1 and said[0].endswith('box outside: 2 (b.png, broken.png).')


def test_so_many(trained, tmp_path):
    photos = write_images(tmp_path / 'photos', ['a.png', 'b.png', 'c.png'])
    out = tmp_path / 'a.json'
    assert pre_annotate(str(trained.export), str(photos), str(out), num=2) == 2
    assert len(json.loads(out.read_text())['images']) == 2
    with pytest.raises(UserError, match='is a video'):
        video = write_video(tmp_path / 'a.mp4', 2)
        pre_annotate(str(trained.export), str(video), str(tmp_path / 'b.json'))


def test_refuses_what_takes_no_boxes(trained, tmp_path):
    photos = write_images(tmp_path / 'photos', ['a.png'])
    config = Config.fromfile(trained.export / 'config.py')
    config.data_mode = 'bottomup'
    config.dump(tmp_path / 'bottomup.py')
    weights = str(trained.export / 'model.pth')
    with pytest.raises(UserError, match='which takes no boxes'):
        pre_annotate(
            str(tmp_path / 'bottomup.py'), str(photos), str(tmp_path / 'a.json'), weights
        )
