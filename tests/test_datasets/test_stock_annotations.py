"""What mmpose's own classes read is looked through before they do."""

import json
from unittest.mock import patch

import pytest
from mmengine.registry import init_default_scope
from mmpose.registry import DATASETS
from PIL import Image
from stock_factory import write_coco

from mmpose_uda.datasets import coco_columns, stock_annotations
from mmpose_uda.datasets.stock_annotations import (
    look_through_stock_files,
    read_stock_file,
    require_labels,
)
from mmpose_uda.errors import UserError

LOAD = [dict(type='LoadImage')]
COCO = dict(from_file='configs/_base_/datasets/coco.py')
pytestmark = pytest.mark.filterwarnings('ignore:The metainfo config file')


@pytest.fixture
def people(tmp_path):
    return write_coco(tmp_path / 'people')


def change(people, edit):
    path = people / 'annotations/train.json'
    content = json.loads(path.read_text())
    edit(content)
    path.write_text(json.dumps(content))


def dataset(people, kind='CocoDataset', **arguments):
    init_default_scope('mmpose')
    return DATASETS.build(
        dict(
            type=kind,
            data_root=str(people),
            ann_file='annotations/train.json',
            data_prefix=dict(img='images/'),
            pipeline=LOAD,
            **arguments,
        )
    )


def annotation(**fields):
    def edit(content):
        one = content['annotations'][1]
        one.update(fields)
        for key in [key for key, value in fields.items() if value is ...]:
            del one[key]

    return edit


def image(**fields):
    return lambda content: content['images'][1].update(fields)


def keypoint(*values):
    def edit(content):
        content['annotations'][1]['keypoints'][:3] = values

    return edit


@pytest.mark.parametrize('kind', ['CocoDataset', 'PoseDataset'])
@pytest.mark.parametrize(
    'edit, said',
    [
        (annotation(bbox=None), '`bbox` of annotation 101'),
        (annotation(bbox=[1, 2, 3]), '`bbox` of annotation 101'),
        (annotation(bbox='1 2 3 4'), '`bbox` of annotation 101'),
        (annotation(bbox=[1, 2, float('nan'), 4]), '`bbox` of annotation 101'),
        (annotation(area='large'), '`area` of annotation 101'),
        (annotation(keypoints=[1, 2, 2]), 'annotation 101 .* 17 triples'),
        (annotation(keypoints=['a'] * 51), 'annotation 101 .* 17 triples'),
        (annotation(image_id=[1]), 'Annotation 101 .*image_id'),
        (annotation(category_id={}), 'Annotation 101 .*category_id'),
        (keypoint(5, 5, 0.4), 'annotation 101 .* visibility 0.4'),
        (keypoint(None, 5, 2), 'annotation 101 .* no finite position'),
        (image(id=0), 'gives the id 0 to'),
        (image(file_name=3), 'Image 1 .* has 3 as its `file_name`'),
        (image(id=True), 'Image number 1 .* has True as its `id`'),
    ],
)
def test_what_is_wrong_is_told(people, kind, edit, said):
    change(people, edit)
    with pytest.raises(UserError, match=f'(?s){said}'):
        dataset(people, kind, metainfo=COCO)


@pytest.mark.parametrize(
    'edit, said',
    [
        (annotation(id=...), 'Annotation number 1 .* has no `id`'),
        (annotation(image_id=None), 'Annotation 101 .* has no `image_id`'),
        (annotation(category_id=...), 'Annotation 101 .* has no `category_id`'),
        (
            annotation(bbox=['1', '2', '30', '30']),
            "`bbox` of annotation 101 .*'30'.*quotes",
        ),
        (image(width=10**400), '`width` of image 1 .* is 1000.*000:'),
        (annotation(id=100), '2 annotations .* have the `id` 100'),
        (image(width=None), '`width` of image 1 .* is None'),
        (image(height='48'), "`height` of image 1 .* is '48'"),
        (image(height=0), '`height` of image 1 .* is 0'),
        (image(height=0.5), '`height` of image 1 .* is 0.5'),
    ],
)
def test_what_only_ours_can_do_without(people, edit, said):
    change(people, edit)
    with pytest.raises(UserError, match=said):
        dataset(people)


@pytest.mark.parametrize('count', [1, 2, 20, 21, 150])
@pytest.mark.parametrize('kind', ['CocoDataset', 'PoseDataset'])
def test_all_of_it_is_told_the_first_twenty_in_words(people, kind, count):
    def edit(content):
        first = content['annotations'][0]
        content['annotations'] = [
            dict(first, id=n, bbox=None) if n < count else dict(first, id=n)
            for n in range(200)
        ]

    change(people, edit)
    with pytest.raises(UserError) as caught:
        dataset(people, kind, metainfo=COCO)
    sentence = str(caught.value)
    assert sentence.count('`bbox` of annotation') == min(count, 20)
    assert sentence.count('train.json') == 1
    assert ('130 more problems' in sentence) == (count == 150)
    assert ('1 more problems' in sentence) == (count == 21)


def test_both_faults_of_an_annotation(people):
    change(people, annotation(bbox=None, keypoints=[1]))
    for kind in ('CocoDataset', 'PoseDataset'):
        with pytest.raises(UserError, match='`bbox` of annotation 101.*`keypoints` of ann'):
            dataset(people, kind, metainfo=COCO)


def test_what_mmpose_passes_over_is_no_fault(people):
    before = len(dataset(people))
    change(people, annotation(bbox=...))
    assert len(dataset(people)) == before - 1


def test_minus_one_and_nan_are_unlabelled(people):
    change(people, keypoint(float('nan'), 7, -1))
    info = next(i for i in dataset(people) if i['id'] == 101)
    assert info['keypoints_visible'][0, 0] == 0 and not info['keypoints'][0, 0].any()


def unlabelled(value):
    def edit(content):
        for one in content['annotations']:
            one['keypoints'] = [value, value, 0] * 17

    return edit


@pytest.mark.parametrize('kind', ['CocoDataset', 'PoseDataset'])
@pytest.mark.parametrize('value', [0, None, float('nan')])
def test_labels_of_which_none_is_one_are_no_supervision(people, kind, value):
    change(people, unlabelled(value))
    with pytest.raises(UserError, match='train.json. has no usable sample'):
        dataset(people, kind, metainfo=COCO)


def test_places_that_none_can_see_are_images_without_labels(people):
    before = len(dataset(people))
    change(people, unlabelled(1))
    assert len(dataset(people)) == before
    with pytest.raises(UserError, match='train.json. has no usable sample'):
        dataset(people, test_mode=True)


def test_people_without_a_label_are_left_out(people):
    before = len(dataset(people))
    change(people, annotation(keypoints=[None, None, 0] * 17))
    assert len(dataset(people)) == before - 1


@pytest.mark.parametrize('kind', ['CocoDataset', 'PoseDataset'])
@pytest.mark.parametrize('box', [[5, 5, 0, 9], [500, 500, 9, 9], [30, 30, -9, -9]])
def test_boxes_of_no_size_are_left_out_and_told(people, kind, box, monkeypatch):
    said = []
    monkeypatch.setattr(stock_annotations, 'print_log', lambda text, *_: said.append(text))
    before = len(dataset(people, kind, metainfo=COCO))
    assert not said
    change(people, annotation(bbox=box))
    assert len(dataset(people, kind, metainfo=COCO)) == before - 1
    (sentence,) = said
    assert sentence.startswith(f'1 of {before} annotations of `')
    assert sentence.endswith('correct `bbox` of 101.')


@pytest.mark.parametrize('kind', ['CocoDataset', 'PoseDataset'])
def test_no_more_is_put_in_words_than_is_told(people, kind):
    """To look at each annotation by itself takes long where many are wrong."""

    def edit(content):
        first = content['annotations'][0]
        content['annotations'] = [
            dict(first, id=n, keypoints=[5, 5, 0.4] * 17) for n in range(2000)
        ]

    change(people, edit)
    with patch.object(coco_columns, 'faults_of', wraps=coco_columns.faults_of) as looked_at:
        with pytest.raises(UserError, match='; 1980 more problems: '):
            dataset(people, kind, metainfo=COCO)
    assert looked_at.call_count == 20


@pytest.mark.parametrize('kind', ['CocoDataset', 'PoseDataset'])
def test_categories_may_be_null(people, kind):
    change(people, lambda content: content.update(categories=None))
    assert len(dataset(people, kind, metainfo=COCO)) == 4


@pytest.mark.parametrize('kind', ['CocoDataset', 'PoseDataset'])
def test_a_file_of_detections_that_is_empty_is_named(people, kind):
    (people / 'found.json').write_text('[]')
    with pytest.raises(UserError, match='found.json` has no usable detection'):
        dataset(people, kind, bbox_file=str(people / 'found.json'), test_mode=True)


@pytest.mark.parametrize('content', [b'none', b'', None])
def test_an_image_that_does_not_decode_is_named(people, content):
    path = next((people / 'images').rglob('000000.png'))
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(UserError, match='000000.png. is missing or does not decode: repl'):
        dataset(people)[0]


@pytest.mark.parametrize('labelled', [0, 1])
def test_a_source_without_a_label(people, labelled, monkeypatch):
    said = []
    monkeypatch.setattr(stock_annotations, 'print_log', lambda text, *_: said.append(text))

    def edit(content):
        for one in content['annotations'][labelled:]:
            one.update(keypoints=[5, 5, 0] * 17)

    change(people, edit)
    found = dataset(people)
    assert len(found) == 4, 'they may be beside others that are labelled'
    if labelled:
        assert not said
        require_labels(found)
        return
    assert 'train.json` is labelled: there is nothing to learn' in said[0]
    with pytest.raises(UserError, match='No keypoint of .*train.json. is labelled'):
        require_labels(found)


def test_mmpose_does_not_count_by_text(people):
    def to_text(content):
        for one in content['images']:
            one['id'] = f'i{one["id"]}'
        for one in content['annotations']:
            one['image_id'] = f'i{one["image_id"]}'

    change(people, to_text)
    assert len(dataset(people, 'PoseDataset', metainfo=COCO))
    with pytest.raises(UserError, match="`id` of image 'i.*' of .*train.json. is text"):
        dataset(people)


@pytest.mark.parametrize('kind', ['CocoDataset', 'PoseDataset'])
def test_an_image_that_exif_turns(people, kind):
    path = next((people / 'images').rglob('000000.png'))
    turned = path.with_suffix('.jpg')
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.open(path).convert('RGB').save(turned, exif=exif)
    name = turned.relative_to(people / 'images').as_posix()
    change(people, lambda content: content['images'][0].update(file_name=name))
    found = dataset(people, kind, metainfo=COCO)
    with pytest.raises(UserError, match='48 x 64 px and 64 x 48 in its ann.*EXIF or'):
        found[0]


@pytest.mark.parametrize('kind', ['CocoDataset', 'PoseDataset'])
def test_exchanged_sizes(people, kind):
    change(people, image(width=48, height=64))
    found = dataset(people, kind, metainfo=COCO)
    with pytest.raises(UserError, match='64 x 48 px and 48 x 64 .*`width` and `height`'):
        [found[n] for n in range(len(found))]


def test_keypoints_are_looked_at_where_they_are_the_labels(people):
    """COCO-WholeBody has 17 in `keypoints`, and 133 with those of other fields."""
    change(people, annotation(keypoints=[1, 2, 3]))
    path = str(people / 'annotations/train.json')
    read_stock_file(path)
    read_stock_file(path, 17, labels=False)
    with pytest.raises(UserError, match='keypoints'):
        read_stock_file(path, 17)
    change(people, annotation(bbox=[1, 2, 3]))
    for arguments in ((path,), (path, 17, False)):
        with pytest.raises(UserError, match='bbox'):
            read_stock_file(*arguments)


@pytest.mark.parametrize('encoding', ['utf-8-sig', 'utf-16'])
def test_an_encoding_that_only_ours_read(people, encoding):
    path = people / 'annotations/train.json'
    path.write_text(path.read_text(), encoding)
    assert len(dataset(people, 'PoseDataset', metainfo=COCO))
    with pytest.raises(UserError, match=f'train.json. is {encoding} text'):
        dataset(people)


def test_the_file_is_read_once(people):
    """COCO's is parsed for seconds."""
    parsed = []

    def noting(text, **options):
        parsed.append(len(text))
        return loads(text, **options)

    loads = json.loads
    with patch('json.loads', noting):
        found = dataset(people)
    size = (people / 'annotations/train.json').stat().st_size
    assert [length for length in parsed if length >= size] == [size]
    infos = map(found.get_data_info, range(len(found)))
    assert [info['annotated_size'] for info in infos] == [(64, 48)] * 4


def test_a_second_call_changes_nothing():
    from mmpose.datasets.transforms import LoadImage

    before = LoadImage.transform
    look_through_stock_files()
    assert LoadImage.transform is before
