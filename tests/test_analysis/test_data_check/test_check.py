"""Every kind of problem of a config's data is found and told in a sentence."""

import io
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from config_factory import CONFIG_DIR
from data_factory import write_pose_dataset
from mmpose.registry import DATASETS
from PIL import Image
from stock_factory import STOCK_DIR, write_coco

from mmpose_uda.analysis.data_check import print_report
from mmpose_uda.apis import check_data
from mmpose_uda.datasets import PoseDataset
from mmpose_uda.errors import UserError

COUNT = 6
CONFIG = """
default_scope = 'mmpose'
custom_imports = dict(imports=['mmpose_uda'])
load = [dict(type='LoadPoseImage'), dict(type='LoadPoseMask')]
view = [
    dict(type='GetBBoxCenterScale'),
    dict(type='TopdownAffine3D', input_size=(32, 32)),
    dict(type='PackPoseView'),
]
data = dict(type='PoseDataset', ann_file='annotations/train.json', pipeline=load)
train_dataloader = dict(dataset=dict(
    type='SourceTargetDataset',
    source=dict(data, data_root='source'),
    target=dict(data, data_root='target', labels=False),
    views=dict(source=view, target_student=view),
))
val_dataloader = dict(dataset=dict(
    data, data_root='target', ann_file='annotations/test.json', test_mode=True
))
test_dataloader = val_dataloader
model = dict(type='Unbuilt')
custom_hooks = []
"""


@DATASETS.register_module()
class TransductiveDataset(PoseDataset):
    """Test data that the protocol trains on."""

    transductive = True


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with data in which nothing is wrong, and their config."""
    monkeypatch.chdir(tmp_path)
    write_pose_dataset('source', COUNT, seed=0)
    write_pose_dataset('target', COUNT, seed=1)
    write_pose_dataset('target', COUNT, 'test', seed=2)
    Path('config.py').write_text(CONFIG)


def check(images='all', **options):
    options = {key.replace('__', '.'): value for key, value in options.items()}
    return check_data('config.py', images, options)


def problem(*arguments, **options):
    """The only problem there is."""
    (found,) = check(*arguments, **options).problems
    return found


def edit(path, change):
    content = json.loads(Path(path).read_text())
    change(content)
    Path(path).write_text(json.dumps(content))


SOURCE, TARGET = 'source/annotations/train.json', 'target/annotations/train.json'
IMAGE = 'source/images/train/000002.png'


def test_data_in_which_nothing_is_wrong():
    report = check()
    assert not report.problems and not report.remarks
    assert list(report.facts) == ['source', 'target', 'val and test']
    for facts in report.facts.values():
        assert facts['images'] == facts['instances'] == facts['images decoded'] == '6'
        assert facts['size, px'] == '64 x 48'
    assert report.facts['source']['masks missing or unfit'] == '0 of 6'
    # nobody looks at what labels the target has
    assert list(report.visible) == ['source', 'val and test']
    assert set(report.visible['source'].values()) == {1.0}
    assert {row.state for row in report.files} == {'there'}
    told = {(row.owner, row.what, row.path) for row in report.files}
    assert ('target', 'annotation file', TARGET) in told
    assert ('source', 'mask folder', 'source/masks/') in told


# ---- files -----------------------------------------------------------------------------


def test_several_missing_files_are_all_told():
    shutil.rmtree('source')
    Path('target/annotations/test.json').unlink()
    problems = check().problems
    assert [text.split('`')[1] for text in problems] == [
        'source',
        SOURCE,
        'source/images/',
        'target/annotations/test.json',
    ]
    assert problems[1].startswith('The annotation file of the source data `source/ann')
    assert 'put it there, or correct' in problems[1]


def test_weights_style_images_and_files_of_evaluators():
    options = dict(
        load_from='start.pth',
        model__backbone__init_cfg=dict(type='Pretrained', checkpoint='torchvision://r18'),
        model__head__init_cfg=dict(type='Pretrained', checkpoint='head.pth'),
        custom_hooks=[dict(style=dict(encoder='vgg.pth'), style_images='photos')],
        val_evaluator=dict(type='CocoMetric', ann_file='gone.json'),
    )
    Path('vgg.pth').touch()
    report = check(**options)
    states = {row.path: (row.owner, row.state) for row in report.files}
    assert states['torchvision://r18'][1] == 'remote'
    assert states['vgg.pth'] == ('custom_hooks.0.style.encoder', 'there')
    missing = {text.split()[2]: text for text in report.problems}
    assert set(missing) == {'`start.pth`', '`head.pth`', '`photos`', '`gone.json`'}
    assert missing['`head.pth`'] == (
        '`model.head.init_cfg.checkpoint` names `head.pth` (weights), but there is no such '
        'file or folder: correct the path in config.py.'
    )
    assert '(folder of style images)' in missing['`photos`']


def test_an_annotation_file_that_is_none():
    Path(SOURCE).write_text('[1, 2')
    assert f'`{SOURCE}` is not valid JSON' in problem()
    Path(SOURCE).write_text('[1, 2]')
    assert f'`{SOURCE}` is not a COCO-style file' in problem()


def test_a_box_that_is_none():
    edit(SOURCE, lambda content: content['annotations'][3].update(bbox=[1, 2]))
    assert '`bbox` of annotation 103' in problem()


def test_values_that_are_none():
    edit(SOURCE, lambda content: content['images'][3].update(camera=dict(focal='x')))
    found = problem()
    assert found.startswith(f"`camera` of image 3 of `{SOURCE}` is {{'focal': 'x'}}: ")


def test_domains_that_do_not_go_together():
    metainfo = 'human17'
    write_pose_dataset('bodies', 2, names=[f'{n}' for n in range(17)])
    edit('bodies/annotations/train.json', lambda content: content.pop('categories'))
    found = problem(
        train_dataloader__dataset__target__metainfo=metainfo,
        train_dataloader__dataset__target__data_root='bodies',
    )
    assert 'The 21 keypoints of the source' in found and 'the 17 of the target' in found


def test_a_part_of_the_config_that_there_is_not():
    found = problem(val_dataloader__dataset__type='PosDataset')
    assert 'there is no dataset PosDataset' in found and '`PoseDataset`' in found


# ---- images ----------------------------------------------------------------------------


def test_images_that_cannot_be_used():
    Path(IMAGE).unlink()
    Path('source/images/train/000004.png').write_bytes(b'no image')
    found = problem()
    assert found.startswith(
        f'2 of 6 images of the source data cannot be used, the first is'
        f' `{IMAGE}`, which is missing: replace'
    )
    write_pose_dataset('source', COUNT)
    Path(IMAGE).write_bytes(Path(IMAGE).read_bytes()[:20])
    assert (
        f'1 of 6 images of the source data cannot be used, the first is `{IMAGE}`, '
        'which does not decode' in problem()
    )


def test_a_photograph_that_is_cut_off():
    noise = np.random.default_rng(0).integers(0, 256, (48, 64, 3), np.uint8)
    data = cv2.imencode('.jpg', noise)[1].tobytes()
    Path(IMAGE).write_bytes(data + b'more that cameras append' * 99)
    assert not check().problems
    Path(IMAGE).write_bytes(data[: len(data) // 2])
    # older versions of OpenCV decode it, and training would go on
    assert f'`{IMAGE}`, which is cut off' in problem()


def test_a_few_images_are_decoded_and_all_looked_for():
    for path in Path('source/images/train').iterdir():
        path.write_bytes(b'no image')
    report = check(2)
    assert report.problems[0].startswith('2 of 6 images of the source data')
    assert report.facts['source']['images decoded'] == '2'
    assert report.problems == check(2).problems
    shutil.rmtree('source/images/train')
    assert check(2).problems[0].startswith('6 of 6 images of the source data')


def test_images_of_another_size_than_the_file_says():
    edit(TARGET, lambda content: content['images'][1].update(width=48, height=64))
    assert problem() == (
        f'`{TARGET}` gives 1 of 6 images another size than they have, such as 48 x 64 px '
        'instead of 64 x 48 for `target/images/train/000001.png`: correct the file, and '
        'labels that were made for another size.'
    )


def test_a_photograph_that_its_orientation_turns():
    exif = Image.Exif()
    exif[0x0112] = 6
    upright = io.BytesIO()
    Image.new('RGB', (64, 48)).save(upright, 'JPEG', exif=exif)
    Path(IMAGE).write_bytes(upright.getvalue())
    Path('source/masks/train/000002.png').unlink()
    edit(SOURCE, lambda content: content['annotations'][2].pop('mask_file'))
    found = problem()
    assert f'64 x 48 px instead of 48 x 64 for `{IMAGE}`' in found
    assert 'which its EXIF orientation 6 turns when it is loaded' in found


def test_masks_that_cannot_be_used():
    mask = Path('source/masks/train/000001.png')
    cv2.imwrite(str(mask), np.zeros((10, 20), np.uint8))
    assert problem() == (
        f'1 of 6 masks of the source data cannot be used, the first is `{mask}`, which is '
        '20 x 10 px, its image 64 x 48: make them again, or remove their `mask_file` from '
        'the annotations.'
    )
    mask.unlink()
    assert f'`{mask}`, which is missing' in problem()
    # nobody loads them
    loading = [dict(type='LoadPoseImage')]
    assert not check(train_dataloader__dataset__source__pipeline=loading).problems


# ---- labels ----------------------------------------------------------------------------


def test_keypoints_that_nobody_labelled():
    def hide(content):
        for annotation in content['annotations']:
            annotation['keypoints'][2] = annotation['keypoints'][8] = 0

    edit(SOURCE, hide)
    edit('target/annotations/test.json', hide)
    report = check()
    (found,) = report.problems
    assert found.startswith(
        'No instance of the source data has the keypoints wrist, thumb2'
    )
    (remark,) = report.remarks
    assert 'the val and test data has the keypoints wrist, thumb2: they' in remark
    assert report.visible['source']['wrist'] == 0.0
    assert report.facts['source']['keypoints visible'] == f'{100 * 19 / 21:.1f} %'


def test_boxes_of_no_use():
    def move(content):
        boxes = [[-9, 5, 20, 20], [64, 5, 20, 20], [5, 5, 0, 20], [-70, 5, 20, 20]]
        for annotation, box in zip(content['annotations'], boxes):
            annotation['bbox'] = box

    edit(SOURCE, move)
    report = check()
    facts = report.facts['source']
    assert facts['boxes partly outside'] == '1 (16.7 %)'
    assert facts['boxes outside'] == '2 (33.3 %)'
    assert facts['boxes of no size'] == '1 (16.7 %)'
    assert report.problems == [
        '1 of 6 boxes of the source data are unusable, the first is that of annotation '
        '102, of no size: fix or remove them.',
        '2 of 6 boxes of the source data are unusable, the first is that of annotation '
        '101, outside of its image: fix or remove them.',
    ]


@pytest.mark.parametrize('width', [[64], {}, 10**400, None])
def test_boxes_of_images_whose_width_is_none(width):
    def change(content):
        content['images'][0]['width'] = width
        content['annotations'][1]['bbox'] = [-9, 5, 20, 20]

    edit(SOURCE, change)
    report = check()
    (told,) = report.problems
    assert 'gives 1 of 6 images another size' in told and len(told) < 300
    assert report.facts['source']['boxes partly outside'] == '1 (20.0 %)'


def test_crowds_and_people_without_keypoints_may_have_any_box():
    def change(content):
        content['annotations'][0].update(iscrowd=1, bbox=[0, 0, 0, 0])
        content['annotations'][1].update(bbox=[0, 0, 0, 0], num_keypoints=0)
        content['annotations'][1]['keypoints'] = [0] * 63

    edit(SOURCE, change)
    assert not check().problems


def test_boxes_of_a_folder_of_images():
    shutil.move('target/images/train', 'photos')
    boxes = {'000000.png': [5, 5, 70, 20], '000001.png': [[5, 60, 9, 9], [1, 1, 9, 9]]}
    Path('photos/boxes.json').write_text(json.dumps(boxes))
    target = dict(
        type='UnlabelledImageFolder',
        data_root='photos',
        boxes='boxes.json',
        pipeline=[dict(type='LoadPoseImage')],
    )
    report = check(train_dataloader__dataset__target=dict(target, _delete_=True))
    assert report.facts['target']['images'] == '2'
    assert report.facts['target']['instances'] == '3'
    assert report.facts['target']['boxes partly outside'] == '1 (33.3 %)'
    (found,) = report.problems
    assert 'that of `photos/000001.png`, outside of its image' in found


def test_ids_that_come_twice():
    def repeat(content):
        content['annotations'][4]['id'] = content['annotations'][1]['id'] = 100
        content['images'].append(dict(content['images'][2]))

    edit(SOURCE, repeat)
    assert check().problems == [
        f'`{SOURCE}` has 1 repeated image ids, such as 2: renumber its images.',
        f'`{SOURCE}` has 1 repeated annotation ids, such as 100: renumber its annotations.',
    ]


# ---- training and test -----------------------------------------------------------------


def leak():
    shutil.copy('target/images/test/000003.png', 'target/images/train/000005.png')


def test_test_images_that_are_trained_on():
    leak()
    assert problem() == (
        '1 of 6 images of the val and test data are in the target data too, such as '
        '`target/images/test/000003.png` as `target/images/train/000005.png`: remove them '
        'from one, or the test does not measure performance on unseen images.'
    )
    assert problem(1) == problem()


def test_a_transductive_protocol_is_told_and_no_problem():
    leak()
    report = check(
        val_dataloader__dataset__type='TransductiveDataset',
        test_dataloader__dataset__type='TransductiveDataset',
    )
    assert not report.problems
    (remark,) = report.remarks
    assert '1 of 6 images' in remark and remark.endswith('protocol (transductive).')


def test_a_test_on_the_training_data_is_told_and_no_problem():
    report = check(
        val_dataloader__dataset__ann_file='annotations/train.json',
        test_dataloader__dataset__ann_file='annotations/train.json',
    )
    assert not report.problems
    assert report.remarks == [
        'The val and test data are the target data: they do not measure performance on '
        'unseen images.'
    ]


# ---- configs of all kinds --------------------------------------------------------------


def test_a_built_in_config():
    report = check_data(
        str(CONFIG_DIR / 'hand_2d.py'),
        2,
        {
            'builtin_data': None,
            'train_dataloader.dataset.source.data_root': 'source',
            'train_dataloader.dataset.target.data_root': 'target',
            'val_dataloader.dataset.data_root': 'target',
            'test_dataloader': None,
        },
    )
    assert not report.problems and list(report.facts) == ['source', 'target', 'val']


def test_a_stock_config_adapted():
    coco = write_coco(Path('coco'))
    dataset = 'train_dataloader.dataset'
    options = {'val_evaluator': None, 'test_evaluator': None}
    for key, split in (
        (f'{dataset}.source', 'train'),
        ('val_dataloader.dataset', 'val'),
        ('test_dataloader.dataset', 'val'),
    ):
        options[f'{key}.data_root'] = str(coco)
        options[f'{key}.ann_file'] = f'annotations/{split}.json'
        options[f'{key}.data_prefix.img'] = 'images/'
        if split == 'val':
            options[f'{key}.bbox_file'] = None
    options[f'{dataset}.target.data_root'] = 'target/images/train'
    report = check_data(str(STOCK_DIR / 'res50_heatmap.py'), cfg_options=options)
    assert list(report.facts) == ['source', 'target', 'val and test']
    # the test images of the factory are those of the training
    (found,) = report.problems
    assert '4 of 4 images of the val and test data are in the source data too' in found
    assert len(report.visible['source']) == 17


def test_combined_data_sets_of_mmpose():
    coco = write_coco(Path('coco'))
    part = dict(
        type='CocoDataset',
        data_root=str(coco),
        data_prefix=dict(img='images/'),
        ann_file='annotations/train.json',
    )
    Path('plain.py').write_text(f"""
default_scope = 'mmpose'
part = {part!r}
train_dataloader = dict(dataset=dict(type='CombinedDataset', datasets=[
    part, dict(type='RepeatDataset', times=2, dataset=dict(part, ann_file='gone.json'))
]))
""")
    report = check_data('plain.py')
    assert list(report.facts) == ['train 1']
    assert report.facts['train 1']['images'] == '4'
    (found,) = report.problems
    assert 'annotation file of the train 2 data `coco/gone.json`' in found


def test_data_of_a_kind_that_tells_nothing():
    import toy_parts

    Path('toy.py').write_text(toy_parts.CONFIG)
    report = check_data('toy.py')
    assert not report.problems
    assert report.remarks[0].startswith('The train data are a ToyDataset, which does not')


def test_mistakes_of_the_call():
    with pytest.raises(UserError, match='--images 0 decodes nothing'):
        check(0)
    Path('empty.py').write_text("default_scope = 'mmpose'\n")
    with pytest.raises(UserError, match='config empty.py names no data'):
        check_data('empty.py')


def test_the_report_as_plain_text():
    leak()
    edit(
        'target/annotations/test.json',
        lambda content: [
            annotation['keypoints'].__setitem__(2, 0)
            for annotation in content['annotations']
        ],
    )
    stream = io.StringIO()
    print_report(check(), stream)
    lines = [line.split() for line in stream.getvalue().splitlines()]
    assert ['source', 'annotation', 'file', SOURCE, 'there'] in lines
    assert ['images', '6', '6', '6'] in lines
    assert ['wrist', '100.0', 'never'] in lines
    assert lines[-1] == ['1', 'problem:'] and lines[-3][:1] == ['note:']
    assert stream.getvalue().isascii()
