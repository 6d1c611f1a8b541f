import json

import numpy as np
import pytest
from deeplabcut_factory import PARTS, write_project
from mmpose.registry import DATASETS

from mmpose_uda.datasets.deeplabcut import convert_deeplabcut
from mmpose_uda.errors import UserError


def dataset_of(root):
    return DATASETS.build(
        dict(
            type='PoseDataset',
            data_root=str(root),
            ann_file='coco.json',
            data_prefix=dict(img=''),
            metainfo='categories',
            pipeline=[dict(type='LoadPoseImage')],
        )
    )


@pytest.mark.parametrize('columns', [3, 1])
@pytest.mark.parametrize('several', [False, True])
def test_a_project_becomes_a_data_set(tmp_path, several, columns):
    root = write_project(tmp_path / 'project', several, columns)
    told = convert_deeplabcut(str(root))
    count = 8 if several else 4
    assert told.startswith(f'{count} animals in 4 images are in {root}/coco.json')
    dataset = dataset_of(root)
    assert len(dataset) == count
    assert list(dataset.metainfo['keypoint_id2name'].values()) == PARTS
    assert dataset.metainfo['flip_indices'] == [0, 2, 1]
    for item in dataset:
        v, i = int(item['img_path'].split('video')[1][0]), int(item['img_path'][-5])
        offset = 5 * (item['id'] % 2) if several else 0
        first = np.array([10 + i, 20 + v]) + offset
        expected = first + 10 * np.arange(3)[:, None]
        labelled = np.array([1, i == 0, 1])
        assert item['keypoints_visible'][0].tolist() == labelled.tolist()
        found = item['keypoints'][0]
        np.testing.assert_allclose(found[labelled > 0], expected[labelled > 0])
        # 20 px of points, a tenth wider on each side
        box = [*(first - 2), *(first + 22)]
        np.testing.assert_allclose(item['bbox'][0], box)
        assert item['img'].shape == (60, 80, 3)


def test_it_is_written_where_it_is_told(tmp_path):
    root = write_project(tmp_path / 'project')
    convert_deeplabcut(str(root), str(tmp_path / 'mine.json'))
    assert len(json.loads((tmp_path / 'mine.json').read_text())['images']) == 4
    assert not (root / 'coco.json').exists()


def test_no_project(tmp_path):
    with pytest.raises(UserError, match='has no labeled-data.*DeepLabCut project'):
        convert_deeplabcut(str(tmp_path))


def test_an_image_that_is_missing(tmp_path):
    root = write_project(tmp_path / 'project')
    (root / 'labeled-data/video1/img001.png').unlink()
    with pytest.raises(UserError, match='video1/img001.png` is missing'):
        convert_deeplabcut(str(root))


@pytest.mark.parametrize('text', ['', 'a,b\n1,2\n', 'bodyparts,x\ncoords,1\n'])
def test_another_table(tmp_path, text):
    root = write_project(tmp_path / 'project')
    (root / 'labeled-data/video1/CollectedData_me.csv').write_text(text)
    with pytest.raises(UserError, match='is not a DeepLabCut table'):
        convert_deeplabcut(str(root))


@pytest.mark.parametrize(
    'change, said',
    [
        (lambda text: text.encode('utf-16'), 'not comma-separated UTF-8 text'),
        (lambda text: text.rstrip('\n').encode() + b',1,2,3\n', 'columns in a row and'),
    ],
)
def test_a_table_that_was_changed(tmp_path, change, said):
    root = write_project(tmp_path / 'project')
    path = root / 'labeled-data/video0/CollectedData_me.csv'
    path.write_bytes(change(path.read_text()))
    with pytest.raises(UserError, match=f'CollectedData_me.csv .*{said}'):
        convert_deeplabcut(str(root))


def test_a_coordinate_that_is_none(tmp_path):
    root = write_project(tmp_path / 'project')
    path = root / 'labeled-data/video0/CollectedData_me.csv'
    path.write_text(path.read_text().replace('10.0', 'ten'))
    with pytest.raises(UserError, match="has 'ten' where a coordinate should be"):
        convert_deeplabcut(str(root))
