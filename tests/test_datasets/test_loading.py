import cv2
import numpy as np
import pytest
from PIL import Image

from mmpose_uda.analysis.data_check.images import mask_fault
from mmpose_uda.datasets.transforms import LoadPoseImage, LoadPoseMask
from mmpose_uda.errors import UserError


@pytest.fixture
def image_path(tmp_path):
    path = tmp_path / 'image.png'
    cv2.imwrite(str(path), np.full((20, 30, 3), (10, 20, 30), np.uint8))
    return path


def test_image_is_bgr_and_whole_by_default(image_path):
    out = LoadPoseImage()(dict(img_path=str(image_path)))
    assert out['img'].shape == (20, 30, 3) and out['img'].dtype == np.uint8
    assert out['img'][0, 0].tolist() == [10, 20, 30]
    assert out['bbox'].tolist() == [[0, 0, 29, 19]]
    assert out['bbox_score'].tolist() == [1]


def test_box_of_the_sample_is_kept(image_path):
    box = np.array([[1, 2, 3, 4]], np.float32)
    out = LoadPoseImage()(dict(img_path=str(image_path), bbox=box))
    assert out['bbox'] is box


@pytest.mark.parametrize('content', [None, b'', b'not an image', 'truncated'])
def test_bad_image_is_named(image_path, content):
    if content is None:
        image_path.unlink()
    elif content == 'truncated':
        image_path.write_bytes(image_path.read_bytes()[:40])
    else:
        image_path.write_bytes(content)
    with pytest.raises(UserError, match='image.png.*does not decode'):
        LoadPoseImage()(dict(img_path=str(image_path)))


def test_another_size_than_annotated_is_told(image_path):
    sample = dict(img_path=str(image_path), annotated_size=(30, 20))
    assert 'annotated_size' not in LoadPoseImage()(sample)
    with pytest.raises(UserError, match='image.png.*30 x 20 px and 20 x 30.*no EXIF'):
        LoadPoseImage()(dict(sample, annotated_size=(20, 30)))


def test_a_turn_by_exif_is_told(tmp_path):
    path = str(tmp_path / 'image.jpg')
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    Image.new('RGB', (30, 20)).save(path, exif=exif)
    with pytest.raises(UserError, match='20 x 30 px and 30 x 20.*EXIF orientation turns'):
        LoadPoseImage()(dict(img_path=path, annotated_size=(30, 20)))


def test_mask(tmp_path):
    mask = np.zeros((20, 30), np.uint8)
    mask[5:9, 6:20] = 255
    cv2.imwrite(str(tmp_path / 'mask.png'), mask)
    results = dict(mask_path=str(tmp_path / 'mask.png'), img_shape=(20, 30))
    np.testing.assert_array_equal(LoadPoseMask()(results)['mask'], mask)
    assert LoadPoseMask()(dict(img_shape=(20, 30))) == dict(img_shape=(20, 30))
    with pytest.raises(UserError, match='mask.png.*30 x 20 px, its image 30 x 21'):
        LoadPoseMask()(dict(results, img_shape=(21, 30)))


@pytest.mark.parametrize('value', [1, 2, 127, 200, 255])
def test_mask_of_zero_and_another_value(tmp_path, value):
    mask = np.zeros((20, 30), np.uint8)
    mask[5:9, 6:20] = value
    cv2.imwrite(str(tmp_path / 'mask.png'), mask)
    results = dict(mask_path=str(tmp_path / 'mask.png'), img_shape=(20, 30))
    expected = 255 * (mask > 0).astype(np.uint8)
    np.testing.assert_array_equal(LoadPoseMask()(results)['mask'], expected)


@pytest.mark.parametrize('values', [[0, 1, 2], [0, 60, 127]])
def test_mask_in_which_all_is_background(tmp_path, values):
    path = str(tmp_path / 'mask.png')
    cv2.imwrite(path, np.array([values], np.uint8))
    with pytest.raises(UserError, match=f'mask.png. has the values .{values[0]}, .*255'):
        LoadPoseMask()(dict(mask_path=path, img_shape=(1, 3)))
    assert mask_fault(path, None).startswith('has the values [')


@pytest.mark.parametrize('values', [[0, 0, 0], [0, 60, 255], [0, 60, 200]])
def test_soft_masks_stay(tmp_path, values):
    path = str(tmp_path / 'mask.png')
    cv2.imwrite(path, np.array([values], np.uint8))
    mask = LoadPoseMask()(dict(mask_path=path, img_shape=(1, 3)))['mask']
    assert mask.tolist() == [values] and not mask_fault(path, None)


def test_mask_of_labels(tmp_path):
    labels = np.arange(40, dtype=np.uint8).reshape(4, 10)
    cv2.imwrite(str(tmp_path / 'mask.png'), labels)
    results = dict(
        mask_path=str(tmp_path / 'mask.png'), mask_values=(2, 17), img_shape=(4, 10)
    )
    mask = LoadPoseMask()(results)['mask']
    np.testing.assert_array_equal(mask, 255 * ((labels >= 2) & (labels <= 17)))


def test_mask_of_colours(tmp_path):
    """Shades of blue, and a grey that is as blue as one of them."""
    colours = np.zeros((1, 4, 3), np.uint8)
    colours[0] = (120, 0, 0), (200, 10, 0), (255, 0, 0), (200, 200, 200)
    cv2.imwrite(str(tmp_path / 'mask.png'), colours)
    results = dict(
        mask_path=str(tmp_path / 'mask.png'),
        mask_values=((128, 0, 0), (255, 127, 127)),
        img_shape=(1, 4),
    )
    assert LoadPoseMask()(results)['mask'].tolist() == [[0, 255, 255, 0]]


def test_mask_in_a_file_of_arrays(tmp_path):
    labels = np.arange(40, dtype=np.uint8).reshape(4, 10)
    soft = 5 * labels
    path = tmp_path / 'labels_1.npz'
    np.savez_compressed(path, seg=labels, soft=soft, deep=labels[None], other=np.ones(3))
    results = dict(mask_path=f'{path}:seg', img_shape=(4, 10))
    as_it_is = LoadPoseMask()(dict(results, mask_path=f'{path}:soft'))['mask']
    np.testing.assert_array_equal(as_it_is, soft)
    chosen = LoadPoseMask()(dict(results, mask_values=(9, 9)))['mask']
    assert np.flatnonzero(chosen).tolist() == [9] and chosen.max() == 255
    for array in ('deep', 'other'):
        with pytest.raises(UserError, match=f'labels_1.npz:{array}. is missing or does'):
            LoadPoseMask()(dict(results, mask_path=f'{path}:{array}'))
    with pytest.raises(UserError, match='is not a file of NumPy arrays with `none`'):
        LoadPoseMask()(dict(results, mask_path=f'{path}:none'))
    path.unlink()
    with pytest.raises(UserError, match='labels_1.npz:seg` is missing'):
        LoadPoseMask()(dict(results))


def test_mask_of_a_part_of_the_resolution(tmp_path):
    mask = np.zeros((5, 10), np.uint8)
    mask[2, 3] = 255
    cv2.imwrite(str(tmp_path / 'mask.png'), mask)
    results = dict(mask_path=str(tmp_path / 'mask.png'), img_shape=(20, 40))
    large = LoadPoseMask()(results)['mask']
    expected = [[mask[y // 4, x // 4] for x in range(40)] for y in range(20)]
    np.testing.assert_array_equal(large, expected)
    for shape in ((20, 30), (10, 40), (4, 10), (19, 40)):
        with pytest.raises(UserError, match='10 x 5 px, its image'):
            LoadPoseMask()(dict(results, img_shape=shape))


@pytest.mark.parametrize('content', [None, b'', b'not an image'])
def test_bad_mask_is_named(tmp_path, content):
    if content is not None:
        (tmp_path / 'mask.png').write_bytes(content)
    with pytest.raises(UserError, match='mask.png.*does not decode'):
        LoadPoseMask()(dict(mask_path=str(tmp_path / 'mask.png'), img_shape=(20, 30)))
