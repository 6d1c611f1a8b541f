"""Inference predicts what a test run predicts, and writes what mmpose writes."""

import json
import runpy
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from infer_factory import (
    TrainedRun,
    quick_yapf,
    read_video,
    write_images,
    write_video,
)
from mmengine.dataset import pseudo_collate
from mmengine.model import BaseModel
from mmpose.apis import Pose2DInferencer, init_model

from mmpose_uda import UserError
from mmpose_uda.apis import infer
from mmpose_uda.inference import image_sources
from mmpose_uda.inference import infer as infer_module

TOOL = Path(__file__).parents[2] / 'tools' / 'infer.py'
NAMES = ['a.png', 'b.jpg', 'sub/c.jpg']


@pytest.fixture(scope='module', autouse=True)
def configs_without_yapf():
    with quick_yapf():
        yield


@pytest.fixture(scope='module')
def run_2d(tmp_path_factory, configs_without_yapf):
    return TrainedRun(tmp_path_factory.mktemp('run_2d'), '2d')


@pytest.fixture(scope='module')
def run_3d(tmp_path_factory, configs_without_yapf):
    return TrainedRun(tmp_path_factory.mktemp('run_3d'), '3d')


@pytest.fixture(scope='module')
def run_3d_flip(tmp_path_factory, configs_without_yapf):
    return TrainedRun(tmp_path_factory.mktemp('run_3d_flip'), '3d_flip')


@pytest.fixture(scope='module')
def run_3d_regression(tmp_path_factory, configs_without_yapf):
    return TrainedRun(tmp_path_factory.mktemp('regression'), '3d_regression')


@pytest.fixture(scope='module')
def run_3d_regression_flip(tmp_path_factory, configs_without_yapf):
    return TrainedRun(tmp_path_factory.mktemp('regression_flip'), '3d_regression_flip')


@pytest.fixture
def photos(tmp_path):
    return write_images(tmp_path / 'photos', NAMES)


def read(path):
    return json.loads(Path(path).read_text())


def files_of(folder):
    files = (path for path in folder.rglob('*') if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in files)


def points_of(found):
    return {name: instances[0]['keypoints'] for name, instances in found.items()}


def assert_close(found, expected):
    assert found.keys() == expected.keys()
    for name in found:
        np.testing.assert_allclose(found[name], expected[name], atol=1e-4)


# ---- what is predicted ---------------------------------------------------------------


KINDS = ['2d', '3d', '3d_flip', '3d_regression', '3d_regression_flip']


@pytest.mark.parametrize('kind', KINDS)
def test_predicts_what_a_test_run_predicts(kind, request, tmp_path):
    """The same images and boxes, in a batch of three and one of one."""
    run = request.getfixturevalue(f'run_{kind}')
    boxes = run.write_boxes(tmp_path / 'boxes.json')
    found = infer(str(run.export), str(run.images), boxes=str(boxes), batch_size=3)
    model = init_model(
        str(run.export / 'config.py'), str(run.export / 'model.pth'), device='cpu'
    )
    items = [run.dataset[i] for i in range(4)]
    batches = (items[:3], items[3:])
    samples = [s for batch in batches for s in model.test_step(pseudo_collate(batch))]
    assert len(found.predictions) == 4 and found.skipped == []
    for sample in samples:
        name = Path(sample.img_path).relative_to(run.images).as_posix()
        (instance,) = found.predictions[name]
        for key in ['keypoints', 'keypoint_scores'] + ['keypoints_3d'] * (kind != '2d'):
            expected = sample.pred_instances[key][0]
            assert expected.std() > 1e-3
            np.testing.assert_allclose(instance[key], expected, atol=1e-4)
        box = sample.gt_instances.bboxes[0]
        np.testing.assert_allclose(instance['bbox'][0], box, atol=1e-4)


@pytest.mark.parametrize('kind', ['3d', '3d_regression'])
def test_the_export_keeps_the_flip_test(kind, request, photos):
    """Of the same weights, with and without."""
    with_flip = request.getfixturevalue(f'run_{kind}_flip')
    found = infer(str(with_flip.export), str(photos)).predictions
    again = infer(str(with_flip.config), str(photos)).predictions  # from its checkpoint
    assert_close(points_of(found), points_of(again))
    plain = request.getfixturevalue(f'run_{kind}')
    other = infer(str(plain.export), str(photos)).predictions
    for name, points in points_of(other).items():
        assert np.abs(np.subtract(points, points_of(found)[name])).max() > 0.1


def test_writes_what_mmposes_inferencer_writes(run_2d, tmp_path):
    photos = write_images(tmp_path / 'photos', ['a.png', 'b.jpg'])  # no subfolders there
    inferencer = Pose2DInferencer(
        str(run_2d.export / 'config.py'),
        str(run_2d.export / 'model.pth'),
        device='cpu',
        det_model='whole_image',
    )
    list(inferencer(str(photos), pred_out_dir=str(tmp_path / 'mmpose')))
    infer(str(run_2d.export), str(photos), str(tmp_path / 'here'), batch_size=1)
    for name in ('a.json', 'b.json'):
        theirs = (tmp_path / 'mmpose' / name).read_text()
        assert len(theirs) > 1000
        assert (tmp_path / 'here' / 'predictions' / name).read_text() == theirs


def test_3d_is_added_to_mmposes_format(run_3d, photos, tmp_path):
    infer(str(run_3d.export), str(photos), str(tmp_path / 'out'))
    (instance,) = read(tmp_path / 'out/predictions/sub/c.json')
    assert list(instance) == [
        'keypoints',
        'keypoint_scores',
        'bbox',
        'bbox_score',
        'keypoints_3d',
        'camera',
    ]
    pose = np.array(instance['keypoints_3d'])
    assert pose.shape == (21, 3) and (pose[0] == 0).all()
    assert instance['camera'] == 'weak perspective'
    # parallel rays: pixels and millimetres differ by one factor
    points = np.array(instance['keypoints']) - instance['keypoints'][0]
    factor = (pose[:, :2] * points).sum() / (points**2).sum()
    np.testing.assert_allclose(pose[:, :2], factor * points, atol=1e-2)


def test_boxes_are_looked_into_one_by_one(run_2d, photos, tmp_path):
    boxes = tmp_path / 'boxes.json'
    both = [[5, 6, 30, 40], [20, 10, 25, 25]]
    boxes.write_text(json.dumps({'a.png': both, 'sub/c.jpg': []}))
    found = infer(str(run_2d.export), str(photos), str(tmp_path / 'out'), boxes=str(boxes))
    # b.jpg has no entry, c.jpg has no box
    assert list(found.predictions) == ['a.png', 'sub/c.jpg']
    assert found.predictions['sub/c.jpg'] == []
    assert [i['bbox'][0] for i in found.predictions['a.png']] == [
        [5, 6, 35, 46],
        [20, 10, 45, 35],
    ]
    for box in both:
        boxes.write_text(json.dumps({'a.png': box}))
        (alone,) = infer(
            str(run_2d.export), str(photos / 'a.png'), boxes=str(boxes)
        ).predictions['a.png']
        expected = found.predictions['a.png'][both.index(box)]
        np.testing.assert_allclose(alone['keypoints'], expected['keypoints'], atol=1e-4)


def test_boxes_of_one_image_may_be_those_of_its_folder(run_2d, photos, tmp_path):
    boxes, image = tmp_path / 'boxes.json', str(photos / 'a.png')
    boxes.write_text(json.dumps({'a.png': [5, 6, 30, 40], 'b.jpg': [1, 2, 3, 4]}))
    (alone,) = infer(str(run_2d.export), image, boxes=str(boxes)).predictions['a.png']
    assert alone['bbox'][0] == [5, 6, 35, 46]
    boxes.write_text(json.dumps({'b.jpg': [1, 2, 3, 4]}))
    with pytest.raises(UserError, match=r'boxes.json does not name a.png'):
        infer(str(run_2d.export), image, boxes=str(boxes))
    boxes.write_text(json.dumps({'a.png': [5, 6, 30, 40], 'gone.jpg': [1, 2, 3, 4]}))
    with pytest.raises(UserError, match='names `gone.jpg`'):
        infer(str(run_2d.export), image, boxes=str(boxes))


def test_a_photo_is_turned_as_its_camera_was_held(run_2d, tmp_path):
    """Viewers turn a JPEG by its EXIF tag, so its poses must be those of the turned one."""
    image = write_images(tmp_path / 'photos', ['upright.jpg']) / 'upright.jpg'
    data = image.read_bytes()
    tag = bytes.fromhex(
        'ffe1002245786966000049492a00080000000100120103000100000006000000' + '00000000'
    )
    (image.parent / 'turned.jpg').write_bytes(data[:2] + tag + data[2:])
    found = infer(str(run_2d.export), str(image.parent)).predictions
    assert found['upright.jpg'][0]['bbox'][0] == [0, 0, 80, 60]
    assert found['turned.jpg'][0]['bbox'][0] == [0, 0, 60, 80]


# ---- what is written -----------------------------------------------------------------


def test_files_mirror_the_folders(run_2d, photos, tmp_path):
    out = tmp_path / 'out'
    found = infer(str(run_2d.export), str(photos), str(out))
    assert list(found.predictions) == NAMES
    assert files_of(out) == [
        'predictions/a.json',
        'predictions/b.json',
        'predictions/sub/c.json',
        'visualizations/a.jpg',
        'visualizations/b.jpg',
        'visualizations/sub/c.jpg',
    ]
    assert (
        read(out / 'predictions/sub/c.json')[0]['keypoints']
        == found.predictions['sub/c.jpg'][0]['keypoints']
    )


@pytest.mark.parametrize('folder', ['.', 'out'])
def test_a_second_run_writes_the_same(run_2d, photos, folder):
    """Although the first one's pictures lie among the images."""
    out = photos / folder
    infer(str(run_2d.export), str(photos), str(out))
    first = {name: (out / name).read_bytes() for name in files_of(out)}
    infer(str(run_2d.export), str(photos), str(out))
    assert {name: (out / name).read_bytes() for name in files_of(out)} == first


def test_images_of_one_stem_do_not_overwrite_each_other(run_2d, tmp_path):
    photos = write_images(tmp_path / 'photos', ['a.png', 'a.jpg', 'b.jpg'])
    infer(str(run_2d.export), str(photos), str(tmp_path / 'out'))
    assert files_of(tmp_path / 'out/predictions') == ['a.jpg.json', 'a.png.json', 'b.json']


def test_without_a_folder_nothing_is_written(run_2d, photos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = files_of(tmp_path)
    infer(str(run_2d.export), str(photos))
    assert files_of(tmp_path) == before


def test_3d_is_drawn_beside_the_image(run_2d, run_3d, photos, tmp_path):
    shapes = {}
    for name, run in (('2d', run_2d), ('3d', run_3d)):
        infer(str(run.export), str(photos / 'a.png'), str(tmp_path / name))
        picture = cv2.imread(str(tmp_path / name / 'visualizations/a.jpg'))
        shapes[name] = picture.shape
    # one image of 80 x 60 px, enlarged; and with it two square views as high
    assert shapes['2d'] == (448, 597, 3)
    assert 597 + 2 * 448 <= shapes['3d'][1] <= 597 + 2 * 448 + 30


# ---- videos --------------------------------------------------------------------------


@pytest.mark.parametrize('kind', ['2d', '3d'])
def test_video(kind, request, tmp_path):
    run = request.getfixturevalue(f'run_{kind}')
    clip = write_video(tmp_path / 'clip.mp4', 5)
    found = infer(str(run.export), str(clip), str(tmp_path / 'out'), batch_size=2)
    assert files_of(tmp_path / 'out') == [
        'predictions/clip.json',
        'visualizations/clip.mp4',
    ]
    frames = read(tmp_path / 'out/predictions/clip.json')
    assert [frame['frame_id'] for frame in frames] == [0, 1, 2, 3, 4]
    assert len(read_video(tmp_path / 'out/visualizations/clip.mp4')) == 5
    # as if the frames were images
    for number, image in enumerate(read_video(clip)):
        path = tmp_path / 'frames' / f'{number}.png'
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), image)
    images = infer(str(run.export), str(tmp_path / 'frames')).predictions
    videos = {f'{f["frame_id"]}.png': f['instances'] for f in frames}
    assert_close(points_of(videos), points_of(images))
    assert found.predictions['clip.mp4'][3]['frame_id'] == 3


def test_a_video_with_boxes(run_2d, tmp_path):
    """Boxes of frames are looked into as those of images; frames without any stay."""
    clip = write_video(tmp_path / 'clip.mp4', 4)
    cv2.imwrite(str(tmp_path / '000002.png'), read_video(clip)[2])
    boxes = [[5, 6, 30, 40], [1, 2, 50, 20]]
    beside, given = tmp_path / 'clip.boxes.json', tmp_path / 'given.json'
    beside.write_text(json.dumps({'000002.jpg': boxes, '000000.jpg': []}))
    given.write_text(json.dumps({'000002.png': boxes}))
    out = tmp_path / 'out'
    frames = infer(str(run_2d.export), str(clip), str(out)).predictions['clip.mp4']
    assert [len(frame['instances']) for frame in frames] == [0, 0, 2, 0]
    assert len(read_video(out / 'visualizations/clip.mp4')) == 4
    image = str(tmp_path / '000002.png')
    images = infer(str(run_2d.export), image, boxes=str(given)).predictions
    assert_close(points_of({'000002.png': frames[2]['instances']}), points_of(images))
    given.write_text(json.dumps({'000001.jpg': boxes[0]}))
    found = infer(str(run_2d.export), str(clip), boxes=str(given)).predictions
    counts = [len(frame['instances']) for frame in found['clip.mp4']]
    assert counts == [0, 1, 0, 0]  # those that are named, not those that lie beside it


@pytest.mark.parametrize('kind', ['2d', '3d'])
def test_a_video_shows_all_its_frames(kind, request, tmp_path):
    """However many boxes a frame has, and if a box lies outside."""
    run = request.getfixturevalue(f'run_{kind}')
    clip = write_video(tmp_path / 'clip.mp4', 4)
    box, elsewhere = [5, 6, 30, 40], [9e3, 0, 9, 9]
    found = {'000001.jpg': [box], '000002.jpg': [box, box], '000003.jpg': [box, elsewhere]}
    (tmp_path / 'clip.boxes.json').write_text(json.dumps(found))
    inference = infer(str(run.export), str(clip), str(tmp_path / 'out'))
    frames = inference.predictions['clip.mp4']
    assert [len(frame['instances']) for frame in frames] == [0, 1, 2, 0]
    assert inference.skipped == ['clip.mp4, frame 3']
    (tmp_path / 'clip.boxes.json').write_text(json.dumps(dict.fromkeys(found, elsewhere)))
    assert len(infer(str(run.export), str(clip)).skipped) == 3  # frame 0 has no box
    with pytest.raises(UserError, match='None of the 1 images of .*first.mp4'):
        first = write_video(tmp_path / 'first.mp4', 1)
        (tmp_path / 'first.boxes.json').write_text(json.dumps({'000000.jpg': elsewhere}))
        infer(str(run.export), str(first))
    pictures = read_video(tmp_path / 'out/visualizations/clip.mp4')
    assert len(pictures) == 4
    right = [picture[:, picture.shape[1] // 2 :] for picture in pictures]
    dark = [(picture.max(-1) < 120).mean() for picture in right]
    if kind == '3d':  # poses are drawn beside their frame, if it has any
        assert dark[0] < dark[1] < dark[2] and abs(dark[3] - dark[0]) < 0.02


def test_no_gradients_are_kept(run_2d, photos, monkeypatch):
    test_step, seen = BaseModel.test_step, []

    def watched(*args):
        seen.append(torch.is_grad_enabled())
        return test_step(*args)

    monkeypatch.setattr(BaseModel, 'test_step', watched)
    infer(str(run_2d.export), str(photos))
    assert seen and not any(seen)


@pytest.mark.parametrize(
    ('boxes', 'message'),
    [
        ({'a.png': [1, 2, 3, 4]}, 'a.png`, which is not a frame .* such as `000012.jpg`'),
        ({'12.jpg': [1, 2, 3, 4]}, '12.jpg`, which is not a frame'),
        ({'000002.jpg': [1, 2, 3, 4]}, 'the last frame of .*clip.mp4 is `000001.jpg`'),
        ({'000001.jpg': [1, 2, 3]}, 'boxes of `000001.jpg`'),
        ({}, 'boxes.json names no frame'),
    ],
)
def test_boxes_that_are_not_those_of_a_video(run_2d, tmp_path, boxes, message):
    clip = write_video(tmp_path / 'clip.mp4', 2)
    (tmp_path / 'boxes.json').write_text(json.dumps(boxes))
    with pytest.raises(UserError, match=message):
        infer(str(run_2d.export), str(clip), boxes=str(tmp_path / 'boxes.json'))


def test_a_video_that_breaks_off(run_2d, tmp_path):
    clip = write_video(tmp_path / 'clip.avi', 12)
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size * 2 // 3])
    found = infer(str(run_2d.export), str(clip), str(tmp_path / 'out'))
    seen = len(found.predictions['clip.avi'])
    assert 0 < seen < 12
    assert found.skipped == [f'the last {12 - seen} frames of clip.avi']


def test_a_video_that_cannot_be_read_again_is_told(run_2d, tmp_path, monkeypatch):
    class FullDisk:
        """OpenCV goes on without a word."""

        def __init__(self, path, *_):
            self.path = Path(path)

        def isOpened(self):
            return True

        def write(self, picture):
            pass

        def release(self):
            self.path.write_bytes(b'half')

    clip = write_video(tmp_path / 'clip.mp4', 2)
    monkeypatch.setattr('mmpose_uda.inference.prediction_files.cv2.VideoWriter', FullDisk)
    with pytest.raises(UserError, match='clip.mp4 cannot be written .*free disk space'):
        infer(str(run_2d.export), str(clip), str(tmp_path / 'out'))
    assert not files_of(tmp_path / 'out')


# ---- which network -------------------------------------------------------------------


def test_a_training_predicts_as_its_export(run_2d, photos):
    exported = points_of(infer(str(run_2d.export), str(photos)).predictions)
    for arguments in (
        dict(),  # the teacher, from the last checkpoint of the work dir
        dict(which='teacher', checkpoint=str(run_2d.checkpoint)),
    ):
        found = infer(str(run_2d.config), str(photos), **arguments)
        assert_close(points_of(found.predictions), exported)
    config = infer(str(run_2d.export / 'config.py'), str(photos))
    assert_close(points_of(config.predictions), exported)
    student = infer(str(run_2d.config), str(photos), which='student')
    worst = max(
        np.abs(np.subtract(points, exported[name])).max()
        for name, points in points_of(student.predictions).items()
    )
    assert worst > 1e-2


# ---- bad input -----------------------------------------------------------------------


def test_images_that_do_not_decode_are_skipped_and_named(run_2d, photos, tmp_path):
    (photos / 'sub' / 'bad.jpg').write_text('not an image')
    (photos / 'empty.png').touch()
    found = infer(str(run_2d.export), str(photos), str(tmp_path / 'out'), batch_size=1)
    assert found.skipped == ['empty.png', 'sub/bad.jpg']
    assert list(found.predictions) == NAMES
    assert len(files_of(tmp_path / 'out/predictions')) == 3


def test_nothing_decodes(run_2d, tmp_path):
    (tmp_path / 'bad.jpg').write_text('not an image')
    with pytest.raises(UserError, match='None of the 1 images of .* decodes.*bad.jpg'):
        infer(str(run_2d.export), str(tmp_path / 'bad.jpg'), str(tmp_path / 'out'))
    assert not (tmp_path / 'out').exists()


def make_empty_folder(root):
    (root / 'empty').mkdir()
    return root / 'empty'


def make_text(root):
    (root / 'notes.txt').write_text('not a video')
    return root / 'notes.txt'


def make_video_without_frames(root):
    return write_video(root / 'none.avi', 0)


def make_video_of_nonsense(root):
    (root / 'nonsense.mp4').write_bytes(bytes(range(256)) * 20)
    return root / 'nonsense.mp4'


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda root: root / 'gone', 'There is no image, folder or video .*gone'),
        (make_empty_folder, 'empty` holds no images'),
        (make_text, 'notes.txt is not an image .* cannot be opened as a video'),
        (make_video_without_frames, 'The video .*none.avi has no frame'),
        (make_video_of_nonsense, 'nonsense.mp4 is not an image .* cannot be opened'),
    ],
)
def test_bad_inputs_are_named(run_2d, tmp_path, make, message):
    with pytest.raises(UserError, match=message):
        infer(str(run_2d.export), str(make(tmp_path)), str(tmp_path / 'out'))
    assert not (tmp_path / 'out').exists()


def test_boxes_that_lie_in_the_folder(run_2d, photos, tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(image_sources, 'print_log', lambda text, *_: said.append(text))
    (photos / 'boxes.json').write_text(json.dumps({'a.png': [5, 6, 30, 40]}))
    found = infer(str(run_2d.export), str(photos)).predictions
    assert list(found) == ['a.png']
    assert found['a.png'][0]['bbox'][0] == [5, 6, 35, 46]
    assert said == [f'Using the boxes of {photos}/boxes.json.']
    other = tmp_path / 'boxes.json'
    other.write_text(json.dumps({'b.jpg': [1, 2, 3, 4]}))
    assert list(infer(str(run_2d.export), str(photos), boxes=str(other)).predictions) == [
        'b.jpg'
    ]


@pytest.mark.parametrize(
    ('boxes', 'message'),
    [
        ({'gone.jpg': [1, 2, 3, 4]}, 'boxes.json` names `gone.jpg`'),
        ({'a.png': [1, 2, 3]}, 'boxes of `a.png`'),
        ({'a.png': {'x': 1}}, 'boxes of `a.png`'),
        ({'a.png': [1, 2, 0, 4]}, 'box of `a.png` .* no positive'),
        ([1, 2, 3, 4], 'boxes.json` holds no boxes by image name'),
        ({}, 'boxes.json names no image'),
    ],
)
def test_bad_boxes_are_named(run_2d, photos, tmp_path, boxes, message):
    path = tmp_path / 'boxes.json'
    path.write_text(json.dumps(boxes))
    with pytest.raises(UserError, match=message):
        infer(str(run_2d.export), str(photos), boxes=str(path))


@pytest.mark.parametrize(
    'box', [[0, 0, 2e9, 4], [0, 0, 5e5, 5e5], [9e3, 0, 9, 9], [0, -9, 9, 9]]
)
def test_an_image_with_a_box_elsewhere_is_skipped(run_2d, photos, tmp_path, box):
    boxes = {'a.png': [5, 6, 30, 40], 'sub/c.jpg': [[5, 6, 30, 40], box]}
    path = tmp_path / 'boxes.json'
    path.write_text(json.dumps(boxes))
    found = infer(str(run_2d.export), str(photos), str(tmp_path / 'out'), boxes=str(path))
    assert list(found.predictions) == ['a.png'] and found.skipped == ['sub/c.jpg']


def test_boxes_that_are_not_there(run_2d, photos, tmp_path):
    with pytest.raises(
        UserError, match='boxes file .*gone.json` does not exist: .* `boxes`'
    ):
        infer(str(run_2d.export), str(photos), boxes=str(tmp_path / 'gone.json'))


def test_exports_that_are_incomplete_or_mixed_up(run_2d, run_3d, photos, tmp_path):
    folder = tmp_path / 'export'
    folder.mkdir()
    with pytest.raises(UserError, match='export has no config.py'):
        infer(str(folder), str(photos))
    shutil.copy(run_2d.export / 'config.py', folder)
    with pytest.raises(UserError, match='export has no model.pth'):
        infer(str(folder), str(photos))
    shutil.copy(run_3d.export / 'model.pth', folder)
    with pytest.raises(UserError, match='does not fit the model'):
        infer(str(folder), str(photos))
    with pytest.raises(UserError, match='--checkpoint .* export .* which has its own'):
        infer(str(run_2d.export), str(photos), checkpoint='other.pth')


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (dict(which='student'), 'neither teacher nor student'),
        (dict(device='abacus'), '--device abacus cannot be used'),
        (dict(batch_size=0), '--batch-size 0'),
        (dict(out=__file__), '--out .* is a file'),
    ],
)
def test_arguments_that_do_not_go(run_2d, photos, arguments, message):
    with pytest.raises(UserError, match=message):
        infer(str(run_2d.export), str(photos), **arguments)


def test_nothing_is_written_over_the_inputs(run_2d, tmp_path):
    photos = write_images(tmp_path / 'visualizations', ['a.jpg'])
    before = (photos / 'a.jpg').read_bytes()
    for inputs in (photos, photos / 'a.jpg'):
        with pytest.raises(UserError, match='would be written over .*visualizations'):
            infer(str(run_2d.export), str(inputs), str(tmp_path))
    assert (photos / 'a.jpg').read_bytes() == before


def test_no_checkpoint(run_2d, run_3d, photos, tmp_path):
    config = tmp_path / 'elsewhere.py'
    text = run_2d.config.read_text()
    config.write_text(text.replace(str(run_2d.checkpoint.parent), str(tmp_path / 'none')))
    with pytest.raises(UserError, match='no checkpoint in .*none, the work dir of'):
        infer(str(config), str(photos))
    with pytest.raises(UserError, match='There is no checkpoint .*gone.pth'):
        infer(str(config), str(photos), checkpoint=str(tmp_path / 'gone.pth'))
    with pytest.raises(UserError, match='does not belong to .*elsewhere.py'):
        infer(str(config), str(photos), checkpoint=str(run_3d.checkpoint))


# ---- the tool ------------------------------------------------------------------------


def call(monkeypatch, *arguments):
    monkeypatch.setattr(sys, 'argv', [str(TOOL), *map(str, arguments)])
    runpy.run_path(str(TOOL), run_name='__main__')


def test_tool(run_2d, photos, tmp_path, monkeypatch, capsys):
    (photos / 'bad.jpg').touch()
    out = tmp_path / 'out'
    call(monkeypatch, run_2d.export, photos, '--out', out, '--batch-size', 2)
    printed = capsys.readouterr()
    assert f'Predicted: 3, in {out}.' in printed.out
    assert 'do not decode, or a box is outside' in printed.out
    assert 'cannot be predicted: 1 (bad.jpg).' in printed.out
    assert '3/4' in printed.err, 'the progress bar is missing'
    assert len(files_of(out)) == 6


def test_tool_ends_with_one_sentence(run_2d, tmp_path, monkeypatch, capsys):
    with pytest.raises(SystemExit) as caught:
        call(monkeypatch, run_2d.export, tmp_path / 'gone', '--out', tmp_path / 'out')
    assert caught.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith('error: There is no image, folder or video')


def test_a_gpu_is_taken_where_there_is_one(run_2d, photos, monkeypatch):
    module = sys.modules['mmpose_uda.inference.infer']
    asked = []

    def load(model, checkpoint, which, device):
        asked.append(device)
        raise UserError('Far enough.')

    monkeypatch.setattr(module, 'get_device', lambda: 'cuda')
    monkeypatch.setattr(module, 'load_estimator', load)
    for device in (None, 'cuda:1'):
        with pytest.raises(UserError, match='Far enough'):
            infer(str(run_2d.export), str(photos), device=device)
    assert asked == ['cuda', 'cuda:1']


# ---- images and weights from strangers -------------------------------------------------


def test_images_of_any_shape_are_drawn(run_2d, tmp_path):
    photos = tmp_path / 'photos'
    photos.mkdir()
    sizes = dict(thin=(4000, 1), flat=(1, 4000), long=(4, 2000), dot=(1, 1))
    for name, size in sizes.items():
        cv2.imwrite(str(photos / f'{name}.png'), np.zeros((*size, 3), np.uint8))
    cv2.imwrite(str(photos / 'longer.png'), np.zeros((70000, 1, 3), np.uint8))
    found = infer(run_2d.export, str(photos), str(tmp_path / 'out'))
    assert found.skipped == ['longer.png']  # than OpenCV warps
    assert len(found.predictions) == len(sizes)
    for name in sizes:
        picture = cv2.imread(str(tmp_path / 'out/visualizations' / f'{name}.jpg'))
        assert max(picture.shape) <= 4000


def test_what_is_not_finite_is_left_out_and_named(run_2d, photos, tmp_path, monkeypatch):
    to_instance = infer_module._to_instance
    drawn = []

    def second_is_nan(sample):
        drawn.append(sample)
        instance = to_instance(sample)
        if len(drawn) == 2:
            instance['keypoints'][0][0] = float('nan')
        return instance

    monkeypatch.setattr(infer_module, '_to_instance', second_is_nan)
    found = infer(run_2d.export, str(photos), str(tmp_path / 'out'))
    assert found.skipped == ['b.jpg'] and list(found.predictions) == ['a.png', 'sub/c.jpg']
    assert not (tmp_path / 'out/predictions/b.json').exists()


def test_an_image_that_cannot_be_cropped_is_left_out_and_named(run_2d, photos, monkeypatch):
    sample = infer_module._sample

    def second_fails(model, frame, box):
        if frame.name == 'b.jpg':
            raise cv2.error('cannot be warped')
        return sample(model, frame, box)

    monkeypatch.setattr(infer_module, '_sample', second_fails)
    found = infer(run_2d.export, str(photos))
    assert found.skipped == ['b.jpg'] and list(found.predictions) == ['a.png', 'sub/c.jpg']


@pytest.mark.parametrize('value', [float('nan'), float('inf')])
def test_weights_that_are_not_finite_are_refused(run_2d, photos, tmp_path, value):
    content = torch.load(run_2d.checkpoint, weights_only=False)
    for owner in ('teacher.module.', 'student.'):
        for name, weights in content['state_dict'].items():
            if name.startswith(owner) and weights.is_floating_point():
                weights[(0,) * weights.ndim] = value
                break
    bad = str(tmp_path / 'bad.pth')
    torch.save(content, bad)
    with pytest.raises(UserError, match='The teacher has weights that are NaN or infinite'):
        infer(str(run_2d.config), str(photos), checkpoint=bad)
    shutil.copytree(run_2d.export, tmp_path / 'export')
    exported = torch.load(tmp_path / 'export/model.pth', weights_only=False)
    next(iter(exported['state_dict'].values())).view(-1)[0] = value
    torch.save(exported, tmp_path / 'export/model.pth')
    with pytest.raises(UserError, match='The checkpoint .*model.pth has weights that are'):
        infer(str(tmp_path / 'export'), str(photos))
