"""Average precision of keypoints, against a slow computation of one person an image."""

import json

import numpy as np
import pytest

from mmpose_uda.xtcoco import COCO, COCOeval

COUNTS = dict(keypoints=3, foot_kpts=2, face_kpts=4, lefthand_kpts=2, righthand_kpts=2)
PARTS = dict(
    keypoints=['keypoints'],
    keypoints_body=['keypoints'],
    keypoints_foot=['foot_kpts'],
    keypoints_face=['face_kpts'],
    keypoints_lefthand=['lefthand_kpts'],
    keypoints_righthand=['righthand_kpts'],
    keypoints_wholebody=list(COUNTS),
)
IMAGES = 30
THRESHOLDS = np.linspace(0.5, 0.95, 10)


@pytest.fixture
def truth():
    rng = np.random.default_rng(0)
    images = [
        dict(id=i, file_name=f'{i}.jpg', crowdIndex=float(rng.uniform()))
        for i in range(IMAGES)
    ]
    annotations = []
    for image in images:
        x, y, *size = rng.uniform([0, 0, 60, 60], [200, 200, 300, 300])
        annotation = dict(id=image['id'] + 1, image_id=image['id'], category_id=1)
        annotation.update(bbox=[x, y, *size], area=0.4 * size[0] * size[1], iscrowd=0)
        for key, count in COUNTS.items():
            points = [x, y] + rng.uniform(0, 1, (count, 2)) * size
            visible = rng.integers(1, 3, count)
            annotation[key] = np.c_[points, visible].ravel().tolist()
        annotation['num_keypoints'] = COUNTS['keypoints']
        annotations.append(annotation)
    categories = [dict(id=1, name='person')]
    return dict(images=images, annotations=annotations, categories=categories)


@pytest.fixture
def predictions(truth):
    """Some near, some far, in another order of confidence for each part."""
    rng = np.random.default_rng(1)
    found = []
    for annotation in truth['annotations']:
        prediction = dict(image_id=annotation['image_id'], category_id=1)
        prediction['score'] = float(rng.uniform())
        spread = 0.1 * rng.exponential() * np.sqrt(annotation['area'])
        for key in COUNTS:
            points = np.reshape(annotation[key], (-1, 3))
            points[:, :2] += rng.normal(0, spread, points[:, :2].shape)
            points[:, 2] = rng.uniform(0.1, 1, len(points))
            prediction[key] = points.ravel().tolist()
        for part in ('foot', 'face', 'lefthand', 'righthand', 'wholebody'):
            prediction[f'{part}_score'] = float(rng.uniform())
        found.append(prediction)
    return found


def sigmas_of(kind):
    count = sum(COUNTS[key] for key in PARTS.get(kind, ['keypoints']))
    return np.random.default_rng(2).uniform(0.03, 0.1, count)


def evaluate(tmp_path, truth, predictions, kind, use_area=True):
    for name, content in (('truth', truth), ('predictions', predictions)):
        (tmp_path / f'{name}.json').write_text(json.dumps(content))
    coco = COCO(str(tmp_path / 'truth.json'))
    found = coco.loadRes(str(tmp_path / 'predictions.json'))
    evaluation = COCOeval(coco, found, kind, sigmas_of(kind), use_area)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation.stats


def similarity(annotation, prediction, kind, use_area):
    """Object keypoint similarity as COCO defines it."""
    size = annotation['area'] if use_area else 0.53 * np.prod(annotation['bbox'][2:])
    keys = PARTS[kind]
    true, found = (
        np.concatenate([np.reshape(holder[key], (-1, 3)) for key in keys])
        for holder in (annotation, prediction)
    )
    total, count = 0.0, 0
    for (x, y, visible), (px, py, _), sigma in zip(true, found, sigmas_of(kind)):
        if visible > 0:
            squared = (x - px) ** 2 + (y - py) ** 2
            total += np.exp(-squared / (2 * size * (2 * sigma) ** 2))
            count += 1
    return total / count


def average_precision(truth, predictions, kind, use_area):
    """Mean over thresholds of the interpolated precision at 101 recalls."""
    key = kind.removeprefix('keypoints_') + '_score'
    pairs = sorted(
        (
            (-found.get(key, found['score']), similarity(true, found, kind, use_area))
            for true, found in zip(truth, predictions)
        ),
        key=lambda pair: pair[0],
    )
    values = []
    for threshold in THRESHOLDS:
        hits, curve = 0, []
        for number, (_, value) in enumerate(pairs, start=1):
            hits += value >= threshold
            curve.append((hits / len(truth), hits / number))
        for recall in np.linspace(0, 1, 101):
            values.append(max([p for r, p in curve if r >= recall], default=0.0))
    return np.mean(values)


@pytest.mark.parametrize('use_area', [True, False])
@pytest.mark.parametrize('kind', PARTS)
def test_every_kind_is_what_coco_defines(tmp_path, truth, predictions, kind, use_area):
    expected = average_precision(truth['annotations'], predictions, kind, use_area)
    assert 0.1 < expected < 0.9
    stats = evaluate(tmp_path, truth, predictions, kind, use_area)
    assert len(stats) == 10
    assert stats[0] == pytest.approx(expected, abs=1e-9)


def test_crowdpose_has_three_grades(tmp_path, truth, predictions):
    stats = evaluate(tmp_path, truth, predictions, 'keypoints_crowd')
    assert len(stats) == 9
    crowding = [image['crowdIndex'] for image in truth['images']]
    rows = list(zip(truth['annotations'], predictions, crowding))
    for value, low, high in zip(stats[6:], (0, 0.2, 0.8), (0.2, 0.8, 1.1)):
        chosen = [row for row in rows if low <= row[2] < high]
        assert len(chosen) > 2
        expected = average_precision(*zip(*[row[:2] for row in chosen]), 'keypoints', True)
        assert value == pytest.approx(expected, abs=1e-4)
    plain = evaluate(tmp_path, truth, predictions, 'keypoints')
    np.testing.assert_array_equal(stats[:6], plain[[0, 1, 2, 5, 6, 7]])


@pytest.mark.parametrize('ids', [lambda i: 7, lambda i: i, lambda i: f'a{i}'])
def test_ids_do_not_matter(tmp_path, truth, predictions, ids):
    expected = evaluate(tmp_path, truth, predictions, 'keypoints')
    for number, annotation in enumerate(truth['annotations']):
        annotation['id'] = ids(number)
    np.testing.assert_array_equal(
        evaluate(tmp_path, truth, predictions, 'keypoints'), expected
    )


def test_what_files_leave_out_is_filled_in(tmp_path, truth, predictions):
    expected = evaluate(tmp_path, truth, predictions, 'keypoints', use_area=False)
    assert 'info' not in truth
    for annotation in truth['annotations']:
        for key in ('iscrowd', 'num_keypoints', 'area'):
            del annotation[key]
    for kind in ('keypoints', 'keypoints_crowd'):
        assert evaluate(tmp_path, truth, predictions, kind)[0] == expected[0]


def test_an_area_of_0_is_none(tmp_path, truth, predictions):
    expected = evaluate(tmp_path, truth, predictions, 'keypoints', use_area=False)
    for annotation in truth['annotations']:
        annotation['area'] = 0
    found = evaluate(tmp_path, truth, predictions, 'keypoints')
    np.testing.assert_array_equal(found, expected)


def test_triples_and_null_are_read_and_who_has_no_keypoints_is_nobody(
    tmp_path, truth, predictions
):
    truth['annotations'][0]['keypoints'][:3] = [0, 0, 0]
    expected = evaluate(tmp_path, truth, predictions, 'keypoints')
    for annotation in truth['annotations']:
        points = annotation['keypoints']
        annotation['keypoints'] = [points[n : n + 3] for n in range(0, len(points), 3)]
    truth['annotations'][0]['keypoints'][0] = [None, None, 0]
    of_nobody = dict(truth['annotations'][0], id=10**6)
    truth['annotations'] += [
        {key: value for key, value in of_nobody.items() if key != lacking}
        for lacking in ('keypoints', 'bbox')
    ]
    found = evaluate(tmp_path, truth, predictions, 'keypoints')
    np.testing.assert_array_equal(found, expected)


def test_a_release_of_pycocotools_that_copies_info(tmp_path, truth, predictions):
    """2.0.10 does so in ``loadRes``, before anything else."""
    path = tmp_path / 'truth.json'
    path.write_text(json.dumps(truth))
    assert COCO(str(path)).dataset['info'] == {}


def test_nobody_is_found_in_zeros(tmp_path, truth, predictions):
    expected = evaluate(tmp_path, truth, predictions, 'keypoints')
    nobody = dict(predictions[0], score=1.0, keypoints=9 * [0.0])
    found = evaluate(tmp_path, truth, [*predictions, nobody], 'keypoints')
    np.testing.assert_array_equal(found, expected)
