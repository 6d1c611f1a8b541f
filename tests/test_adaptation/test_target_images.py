import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from infer_factory import read_video, write_images, write_video

from mmpose_uda import UserError
from mmpose_uda.adaptation import target_images
from mmpose_uda.adaptation.near_duplicates import Thinner
from mmpose_uda.adaptation.target_images import (
    collect_target,
    load_frames,
    require_enough,
    write_annotations,
)


def write_still_video(path, scenes=3, repeats=4, size=(64, 48)):
    """Frames of noise, each of which stands still for a while."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), 10, size)
    rng = np.random.default_rng(3)
    for _ in range(scenes):
        image = cv2.resize(rng.integers(0, 256, (5, 5, 3), np.uint8), size)
        for _ in range(repeats):
            writer.write(image)
    writer.release()
    return path


def test_near_duplicates():
    rng, thinner = np.random.default_rng(0), Thinner()
    image = cv2.resize(rng.integers(0, 256, (8, 8, 3), np.uint8), (96, 64))
    noisy = np.clip(image.astype(int) + rng.integers(-3, 4, image.shape), 0, 255)
    moved = image.copy()
    moved[20:40, 30:50] = 255 - moved[20:40, 30:50]
    assert thinner.is_new(image)
    assert not thinner.is_new(noisy.astype(np.uint8))
    assert thinner.is_new(moved)
    assert not thinner.is_new(image)


def test_thinning_compares_with_all_that_may_be_near():
    """As comparing with every image before does, over noise of all strengths."""
    rng, thinner, kept = np.random.default_rng(1), Thinner(), []
    scene = cv2.resize(rng.integers(0, 256, (8, 8), np.uint8), (32, 32)).astype(float)
    found = []
    for _ in range(300):
        scene += rng.normal(0, 0.4) + rng.normal(0, 1.2, scene.shape) * rng.random()
        image = scene.clip(0, 255).astype(np.uint8)
        apart = [np.abs(image.astype(float) - one) for one in kept]
        is_new = not any(a.mean() < 1.5 and a.max() < 16 for a in apart)
        kept += [image.astype(float)] if is_new else []
        found.append(is_new)
        assert thinner.is_new(np.dstack([image] * 3)) == is_new
    assert 20 < sum(found) < 280


def test_folders_and_videos_are_one_list(tmp_path):
    photos = write_images(tmp_path / 'photos', ['a.png', 'b/c.png', 'd.png'])
    (photos / 'e.png').write_bytes(b'none')
    (photos / 'f.png').write_bytes((photos / 'a.png').read_bytes())
    (photos / 'boxes.json').write_text(
        '{"a.png": [[1, 2, 9, 8], [3, 3, 4, 4]], "d.png": []}'
    )
    more = write_images(tmp_path / 'more', ['x.png'], seed=7)
    video = write_still_video(tmp_path / 'walk.mp4')
    target = collect_target([str(photos), str(more), str(video)], tmp_path / 'out')
    names = [Path(image.path).name for image in target.images]
    assert names == ['a.png', 'x.png', '000000.jpg', '000004.jpg', '000008.jpg']
    assert target.images[0].boxes == [[1, 2, 9, 8], [3, 3, 4, 4]]
    assert target.images[1].boxes == [[0, 0, 80, 60]]
    assert target.images[1].size == (80, 60)
    assert (target.found, target.duplicates) == (1 + 1 + 12, 9)
    write_annotations(target.images, tmp_path / 'target.json')
    content = json.loads((tmp_path / 'target.json').read_text())
    assert len(content['images']) == 5 and len(content['annotations']) == 2 + 1 + 3
    assert load_frames(target.images[:1], 5)[1].boxes.tolist() == [[3, 3, 4, 4]]


def test_images_that_do_not_decode_are_told(tmp_path):
    photos = write_images(tmp_path / 'photos', ['a.png'])
    (photos / 'b.png').write_bytes(b'none')
    assert collect_target([str(photos)], tmp_path / 'out').skipped == ['b.png']


def test_frames_are_decoded_once(tmp_path, monkeypatch):
    video = write_still_video(tmp_path / 'walk.mp4')
    first = collect_target([str(video)], tmp_path / 'out')
    monkeypatch.setattr(target_images, 'save_picture', None)
    assert collect_target([str(video)], tmp_path / 'out') == first
    write_still_video(video, scenes=2)
    with pytest.raises(TypeError):  # another file of that name is read
        collect_target([str(video)], tmp_path / 'out')


def test_boxes_of_a_video(tmp_path, monkeypatch):
    """Of frames that have one, and of those every second where they are too many."""
    video = write_still_video(tmp_path / 'walk.mp4', scenes=9, repeats=1)
    boxes = tmp_path / 'walk.boxes.json'
    found = {f'{n:06d}.jpg': [n, 2, 9, 8] for n in range(1, 8, 2)}
    boxes.write_text(json.dumps({**found, '000004.jpg': []}))
    target = collect_target([str(video)], tmp_path / 'out')
    assert [Path(image.path).name for image in target.images] == list(found)
    assert [image.boxes for image in target.images] == [[box] for box in found.values()]
    assert target.found == 4
    assert (cv2.imread(target.images[1].path) - read_video(video)[3].astype(int)).std() < 9

    # other values are taken from the file, frames that are there from the disk
    found['000003.jpg'] = [[5, 5, 5, 5], [6, 6, 6, 6]]
    boxes.write_text(json.dumps(found))
    with monkeypatch.context() as patch:
        patch.setattr(target_images, 'save_picture', None)
        target = collect_target([str(video)], tmp_path / 'out')
    assert target.images[1].boxes == found['000003.jpg']

    # boxes of other frames are of other images
    monkeypatch.setattr(target_images, '_MOST_FRAMES', 2)
    boxes.write_text(json.dumps({**found, '000008.jpg': [1, 1, 1, 1]}))
    target = collect_target([str(video)], tmp_path / 'out')
    names = [Path(image.path).name for image in target.images]
    assert names == ['000001.jpg', '000005.jpg', '000008.jpg']
    boxes.write_text('{"000001.jpg": []}')
    with pytest.raises(UserError, match='No image of .*walk.mp4 has a box in its boxes'):
        collect_target([str(video)], tmp_path / 'out')


def test_few_images_are_refused(tmp_path):
    photos = write_images(tmp_path / 'photos', ['a.png', 'b.png', 'c.png'])
    target = collect_target([str(photos)], tmp_path / 'out')
    with pytest.raises(UserError, match='3 different images'):
        require_enough(target, [str(photos)])
    for name in ('b.png', 'c.png'):
        (photos / name).write_bytes((photos / 'a.png').read_bytes())
    target = collect_target([str(photos)], tmp_path / 'out')
    with pytest.raises(UserError, match='All 3 images .* are the same'):
        require_enough(target, [str(photos)])


def test_what_an_adaptation_wrote_is_none_of_its_target(tmp_path):
    write_images(tmp_path, ['a.png', 'out/frames/0_walk/000000.jpg', 'out/b.png'])
    target = collect_target([str(tmp_path)], tmp_path / 'out')
    assert [Path(image.path).name for image in target.images] == ['a.png']


def test_a_target_may_lie_in_the_folder_of_the_adaptation(tmp_path):
    photos = write_images(tmp_path / 'photos', ['a.png'])
    (image,) = collect_target([str(photos)], tmp_path).images
    assert image.path == str(photos / 'a.png')
    with pytest.raises(UserError, match='photos is the folder of the images'):
        collect_target([str(photos)], photos)


def test_a_video_that_breaks_off_is_told(tmp_path):
    video = write_video(tmp_path / 'walk.avi', 12)
    video.write_bytes(video.read_bytes()[: video.stat().st_size * 2 // 3])
    for _ in range(2):  # also if its frames are there already
        (said,) = collect_target([str(video)], tmp_path / 'out').skipped
        assert said.startswith('the last ') and said.endswith(' frames of walk.avi')


def test_images_that_another_path_has_too(tmp_path):
    """A copy of a folder, and a video beside its frames, also if they are there already."""
    photos = write_images(tmp_path / 'photos', ['a.png', 'b.png'])
    again = write_images(tmp_path / 'again', ['c.png', 'd.png'])
    video = write_still_video(tmp_path / 'walk.mp4')
    alone = collect_target([str(video)], tmp_path / 'out')
    frames = tmp_path / 'out' / 'frames' / '0_walk'
    paths = [str(photos), str(again), str(video), str(frames)]
    for _ in range(2):
        target = collect_target(paths, tmp_path / 'other')
        names = [Path(image.path).name for image in target.images]
        assert names == ['a.png', 'b.png', *(Path(i.path).name for i in alone.images)]
        assert target.found == 2 + 2 + 12 + 3
