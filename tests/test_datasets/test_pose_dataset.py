import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from data_factory import HAND_NAMES, write_pose_dataset
from mmpose.datasets.datasets.utils import parse_pose_metainfo
from mmpose.registry import DATASETS

from mmpose_uda.datasets import (
    ANIMAL14,
    ANIMAL18,
    HUMAN16,
    PoseDataset,
    coco_categories,
)
from mmpose_uda.errors import UserError
from mmpose_uda.metainfo import named_metainfo


def edit(config, change):
    """Apply ``change`` to the annotation file of a dataset."""
    path = Path(config['data_root'], config['ann_file'])
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


@pytest.mark.parametrize('serialize_data', [True, False])
def test_reads_what_was_written(make_config, serialize_data):
    config = make_config(num_images=3, require_3d=True)
    content = json.loads(Path(config['data_root'], config['ann_file']).read_text())
    dataset = DATASETS.build(dict(config, serialize_data=serialize_data))
    assert len(dataset) == 3
    for item, ann, image in zip(dataset, content['annotations'], content['images']):
        points = np.reshape(ann['keypoints'], (1, 21, 3))
        np.testing.assert_allclose(item['keypoints'], points[..., :2], rtol=1e-6)
        assert item['keypoints_visible'].tolist() == [[1] * 21]
        np.testing.assert_allclose(item['keypoints_3d'], [ann['keypoints_3d']], rtol=1e-6)
        x, y, w, h = ann['bbox']
        box = np.clip([[x, y, x + w, y + h]], 0, [63, 47, 63, 47])
        np.testing.assert_allclose(item['bbox'], box, rtol=1e-6)
        np.testing.assert_allclose(item['camera']['focal'], image['camera']['focal'])
        assert (item['id'], item['img_id']) == (ann['id'], image['id'])
        assert item['mask'].shape == item['img'].shape[:2] == (48, 64)
        for key in ('bbox', 'keypoints', 'keypoints_3d', 'keypoints_visible'):
            assert item[key].dtype == np.float32
    assert dataset.metainfo['keypoint_id2name'][0] == 'wrist'


def test_labels_can_be_left_behind(make_config):
    dataset = DATASETS.build(make_config(labels=False))
    item = dataset[0]
    assert item['bbox'].shape == (1, 4) and 'camera' in item
    assert not [k for k in item if 'mask' in k or '3d' in k or k == 'raw_ann_info']
    assert [k for k in item if 'keypoints' in k] == []


def test_unlabelled_sample_needs_no_keypoints(make_config):
    config = make_config(num_images=2, labels=False)
    edit(config, lambda content: content['annotations'][0].pop('keypoints'))
    assert len(DATASETS.build(config)) == 2
    assert len(DATASETS.build(dict(config, labels=True))) == 1


def test_unusable_annotations_are_left_out(make_config):
    config = make_config(num_images=5)

    def spoil(content):
        first, second, third = content['annotations'][:3]
        first['iscrowd'] = 1
        second['keypoints'][2::3] = [0] * 21
        third['bbox'][2] = 0

    edit(config, spoil)
    assert [item['img_id'] for item in DATASETS.build(config)] == [3, 4]


def test_3d_masks_and_cameras_are_optional(make_config):
    config = make_config(keypoints_3d=False, masks=False, camera=False)
    item = DATASETS.build(config)[0]
    assert not {'keypoints_3d', 'mask', 'camera'} & set(item)


def test_other_keypoints_with_their_metainfo(make_config):
    metainfo = dict(
        dataset_name='two',
        keypoint_info={0: dict(name='a', id=0), 1: dict(name='b', id=1)},
        skeleton_info={0: dict(link=('a', 'b'), id=0)},
        joint_weights=[1.0, 1.0],
        sigmas=[],
    )
    config = make_config(names=['a', 'b'])
    assert DATASETS.build(dict(config, metainfo=metainfo))[0]['keypoints'].shape == (
        1, 2, 2,
    )  # fmt: skip
    with pytest.raises(UserError, match=r'2 keypoints .*\(a, b\).* 21 of the metainfo'):
        DATASETS.build(config)


def test_names_in_another_order_are_refused(make_config):
    with pytest.raises(UserError, match='thumb1, wrist'):
        DATASETS.build(make_config(names=[HAND_NAMES[1], 'wrist', *HAND_NAMES[2:]]))


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(data_root='/no/such/folder'), '/no/such/folder` does not exist: put'),
        (dict(data_root='/no/builtin_hand'), 'mmpose_uda make-data'),
        (dict(ann_file='annotations/none.json'), 'annotation file .*none.json'),
        (dict(data_prefix=dict(img='pictures/')), 'image folder .*pictures'),
        (dict(labels=False, require_3d=True), 'require_3d=True'),
    ],
)
def test_wrong_arguments_are_named(make_config, change, message):
    with pytest.raises(UserError, match=message):
        DATASETS.build({**make_config(), **change})


def drop_3d(content):
    del content['annotations'][2]['keypoints_3d']


def drop_a_number(content):
    content['annotations'][1]['keypoints'].pop()


def drop_box(content):
    del content['annotations'][1]['bbox']


def drop_images(content):
    del content['images']


def drop_an_image(content):
    del content['images'][1]


def drop_annotations(content):
    content['annotations'].clear()


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (drop_3d, 'Annotation 102 of .*train.json` has no `keypoints_3d`: add 21'),
        (drop_a_number, '`keypoints` of annotation 101 of .*21 triples'),
        (drop_box, '`bbox` of annotation 101 of .*train.json` is not'),
        (drop_an_image, 'Annotation 101 of .* is of image 1, which'),
        (drop_images, 'train.json` is not a COCO-style file'),
        (drop_annotations, 'train.json` has no usable sample'),
    ],
)
def test_bad_annotations_are_named(make_config, change, message):
    config = make_config(require_3d=True)
    edit(config, change)
    with pytest.raises(UserError, match=message):
        DATASETS.build(config)


def test_sizes_of_images_are_compared_when_they_are_loaded(make_config):
    config = make_config()
    config['pipeline'] = [dict(type='LoadImage')]  # mmpose's own, in a stock pipeline
    assert DATASETS.build(config)[0]['img_shape'] == (48, 64)
    edit(config, lambda c: [i.update(width=48, height=64) for i in c['images']])
    with pytest.raises(UserError, match='64 x 48 px and 48 x 64 in its annotations'):
        DATASETS.build(config)[0]


def test_half_written_annotations_are_named(make_config):
    config = make_config()
    path = Path(config['data_root'], config['ann_file'])
    path.write_text(path.read_text()[:500])
    with pytest.raises(UserError, match='train.json` is not valid JSON.*half-written'):
        DATASETS.build(config)


@pytest.fixture
def folder(tmp_path):
    for name in ('b.png', 'a.JPG', 'sub/c.jpeg'):
        path = tmp_path / 'folder' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.zeros((20, 30, 3), np.uint8))
    (tmp_path / 'folder' / 'notes.txt').write_text('not an image')
    return tmp_path / 'folder'


def build_folder(folder, **kwargs):
    pipeline = [dict(type='LoadPoseImage')]
    return DATASETS.build(
        dict(
            type='UnlabelledImageFolder',
            data_root=str(folder),
            pipeline=pipeline,
            **kwargs,
        )
    )


def test_folder_gives_whole_images_in_order(folder):
    dataset = build_folder(folder)
    names = [Path(item['img_path']).relative_to(folder).as_posix() for item in dataset]
    assert names == ['a.JPG', 'b.png', 'sub/c.jpeg']
    assert dataset[2]['bbox'].tolist() == [[0, 0, 29, 19]]
    assert len(build_folder(folder, indices=2)) == 2


def test_folder_with_boxes(folder):
    boxes = {'sub/c.jpeg': [1, 2, 3, 4], 'a.JPG': [[5, 6, 7, 8], [0, 0, 2, 2]]}
    (folder / 'boxes.json').write_text(json.dumps(boxes))
    dataset = build_folder(folder, boxes='boxes.json')
    found = [(Path(i['img_path']).name, i['bbox'].tolist(), i['id']) for i in dataset]
    assert found == [
        ('a.JPG', [[5, 6, 12, 14]], 0),
        ('a.JPG', [[0, 0, 2, 2]], 1),
        ('c.jpeg', [[1, 2, 4, 6]], 2),
    ]


@pytest.mark.parametrize(
    ('boxes', 'message'),
    [
        ({'x.png': [1, 2, 3, 4]}, 'boxes.json` names `x.png`'),
        ({'b.png': [1, 2, 3]}, 'boxes of `b.png`'),
    ],
)
def test_bad_boxes_are_named(folder, boxes, message):
    (folder / 'boxes.json').write_text(json.dumps(boxes))
    with pytest.raises(UserError, match=message):
        build_folder(folder, boxes='boxes.json')


def test_empty_or_missing_folder_is_named(tmp_path):
    (tmp_path / 'empty').mkdir()
    with pytest.raises(UserError, match='empty` holds no images'):
        build_folder(tmp_path / 'empty')
    with pytest.raises(UserError, match='none` does not exist'):
        build_folder(tmp_path / 'none')


def test_keypoints_by_name(tmp_path):
    names = [point['name'] for point in HUMAN16['keypoint_info'].values()]
    write_pose_dataset(tmp_path, 2, names=names)
    dataset = PoseDataset(
        data_root=str(tmp_path), ann_file='annotations/train.json', metainfo='human16'
    )
    assert list(dataset.metainfo['keypoint_id2name'].values()) == names
    flipped = dataset.metainfo['flip_indices']
    assert [names[i] for i in flipped[:3]] == ['left_ankle', 'left_knee', 'left_hip']
    assert dataset[0]['keypoints'].shape == (1, 16, 2)


def test_animal14_is_a_part_of_animal18():
    names = [[p['name'] for p in d['keypoint_info'].values()] for d in (ANIMAL18, ANIMAL14)]
    missing = {'chin', 'hip', 'left_shoulder', 'right_shoulder'}
    assert names[1] == [name for name in names[0] if name not in missing]
    dataset = parse_pose_metainfo(named_metainfo('animal14'))
    assert dataset['flip_indices'] == [1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12]
    assert len(dataset['skeleton_links']) == 9


def test_unknown_keypoints_are_refused():
    with pytest.raises(UserError, match="'human18'.*hand21, human16, human17, animal18"):
        PoseDataset(metainfo='human18')


def test_poses_in_space_may_be_nowhere_without_a_label(make_config):
    config = make_config(num_images=2, require_3d=True)

    def spoil(content):
        first, second = content['annotations']
        first['keypoints'][2] = 0
        first['keypoints_3d'][0] = [float('nan'), None, 1e30]
        second['keypoints'][2::3] = [0] * 21
        second['keypoints_3d'] = [[float('nan')] * 3] * 21

    edit(config, spoil)
    (item,) = DATASETS.build(config)
    assert item['keypoints_visible'][0, 0] == 0
    assert np.isfinite(item['keypoints_3d'][0, 1:]).all()


def _without_categories(content, numbers):
    for number in numbers:
        del content['annotations'][number]['category_id']


def test_an_annotation_without_a_category_is_of_the_only_one(make_config):
    config = make_config(num_images=4)

    def edit_all(content):
        content['categories'][0]['id'] = 7
        for one in content['annotations']:
            one['category_id'] = 7
        _without_categories(content, (0, 2))

    edit(config, edit_all)
    assert [item['category_id'] for item in DATASETS.build(config)] == [7] * 4


@pytest.mark.parametrize('category', ['1', 7, None])
def test_annotations_of_a_category_that_is_not_there_are_told(
    make_config, category, monkeypatch
):
    said = []
    monkeypatch.setattr(coco_categories, 'print_log', lambda text, *_: said.append(text))
    config = make_config(num_images=4)

    def edit_some(content):
        content['categories'].append(dict(id=2, name='box'))
        content['annotations'][3]['category_id'] = 2  # of no interest, but known
        for one in content['annotations'][:2]:
            one['category_id'] = category

    edit(config, edit_some)
    assert [item['id'] for item in DATASETS.build(config)] == [102]
    (sentence,) = said
    assert sentence.startswith('2 of 4 annotations of `')
    assert f'`category_id` ({category!r}): correct that of 100, 101, or' in sentence
