import copy
import json
import random
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from data_factory import HAND_NAMES, write_pose_dataset
from mmengine.runner import Runner
from mmengine.structures import BaseDataElement
from mmpose.registry import DATASETS
from mmpose.structures import PoseDataSample

from mmpose_uda.datasets import HAND21
from mmpose_uda.datasets.draws import Draw
from mmpose_uda.datasets.transforms import ReplaceBackground
from mmpose_uda.errors import UserError

WEAK = [
    dict(type='GetBBoxCenterScale'),
    dict(type='TopdownAffine3D', input_size=(32, 32)),
    dict(type='PackPoseView'),
]
STRONG = [
    dict(type='GetBBoxCenterScale'),
    dict(type='FastRandomBBoxTransform'),
    dict(type='TopdownAffine3D', input_size=(32, 32)),
    dict(
        type='SeededAlbumentation',
        transforms=[dict(type='GaussNoise', std_range=(0.1, 0.2), p=0.8)],
    ),
    dict(type='PackPoseView'),
]
VIEWS = dict(
    source=[dict(type='ReplaceBackground', prob=0.7), *STRONG],
    target_teacher=WEAK,
    target_student=STRONG,
)


@pytest.fixture
def config(make_config):
    return dict(
        type='SourceTargetDataset',
        source=make_config('source', 7),
        target=make_config('target', 5, seed=1, labels=False),
        views=VIEWS,
        seed=3,
    )


def leaves(value, path=''):
    """Yield (path, leaf) of everything in a nested output."""
    if isinstance(value, BaseDataElement):
        value = dict(value.all_items())
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f'{path}/{key}')
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from leaves(item, f'{path}/{i}')
    else:
        yield path, value


def nan_paths(value):
    return [
        path
        for path, leaf in leaves(value)
        if isinstance(leaf, (float, np.ndarray, torch.Tensor))
        and np.isnan(np.asarray(leaf, dtype=np.float64)).any()
    ]


def digest(item):
    return {
        path: leaf.tobytes() if isinstance(leaf, np.ndarray) else
        leaf.numpy().tobytes() if isinstance(leaf, torch.Tensor) else leaf
        for path, leaf in leaves(item)
    }  # fmt: skip


def names(dataset, view, draws):
    dataset.set_active_views([view])
    return [Path(dataset[d]['data_samples'][view].img_path).name for d in draws]


def test_a_draw_has_all_views(config):
    dataset = DATASETS.build(config)
    assert len(dataset) == 7
    item = dataset[10**6]
    for view in VIEWS:
        assert item['inputs'][view].shape == (3, 32, 32)
        assert item['inputs'][view].dtype == torch.uint8
        sample = item['data_samples'][view]
        assert sample.warp_mat.shape == (2, 3) and sample.camera['focal'].shape == (2,)
        assert f'/{view.split("_")[0]}/' in sample.img_path
    source = item['data_samples']['source']
    assert source.gt_instances.keypoints_3d.shape == (1, 21, 3)
    assert source.gt_foreground.shape == (1, 32, 32)
    paths = [item['data_samples'][view].img_path for view in list(VIEWS)[1:]]
    assert paths[0] == paths[1]


def poison(root, keys=('keypoints', 'keypoints_3d', 'area')):
    """Make every label of a data set NaN."""
    path = Path(root, 'annotations/train.json')
    content = json.loads(path.read_text())
    for ann in content['annotations']:
        poisoned = dict(
            keypoints=[float('nan'), float('nan'), 2] * 21,
            keypoints_3d=[[float('nan')] * 3] * 21,
            area=float('nan'),
        )
        ann.update({key: poisoned[key] for key in keys})
    path.write_text(json.dumps(content))


@pytest.mark.parametrize('kind', ['labels=False', 'labels=True', 'mmpose'])
def test_target_labels_reach_nothing(config, kind):
    poison(config['target']['data_root'])
    if kind == 'mmpose':  # a class that knows nothing of `labels`
        config['target'] = dict(
            type='BaseCocoStyleDataset',
            metainfo=HAND21,
            data_root=config['target']['data_root'],
            ann_file='annotations/train.json',
            data_prefix=dict(img='images/'),
            pipeline=config['target']['pipeline'],
        )
    else:
        config['target']['labels'] = kind == 'labels=True'
    dataset = DATASETS.build(config)
    for draw in range(10):
        item = dataset[draw]
        assert nan_paths(item) == []
        for view in ('target_teacher', 'target_student'):
            found = [path for path, _ in leaves(item['data_samples'][view])]
            for word in ('keypoint', 'mask', 'foreground', '3d', 'raw_ann', 'area'):
                assert not [path for path in found if word in path], word


def test_masks_that_are_no_labels_reach_the_target_views(config):
    pipeline = [*config['target']['pipeline'], dict(type='LoadPoseMask')]
    config['target'].update(labels=False, masks=True, pipeline=pipeline)
    item = DATASETS.build(config)[0]
    for view in ('target_teacher', 'target_student'):
        found = [path for path, _ in leaves(item['data_samples'][view])]
        assert [path for path in found if 'foreground' in path]
        assert not [path for path in found if 'keypoint' in path or '3d' in path]


def test_the_search_for_labels_does_find_them(config):
    config['views'] = dict(source=WEAK)
    dataset = DATASETS.build(config)
    dataset.full_init()
    read = dataset.source.get_data_info

    def poisoned(index):
        info = read(index)
        return dict(info, keypoints_3d=np.full_like(info['keypoints_3d'], np.nan))

    dataset.source.get_data_info = poisoned
    item = dataset[0]
    assert [p for p in nan_paths(item) if 'keypoints_3d' in p]


def test_each_pass_covers_each_domain(config):
    dataset = DATASETS.build(config)
    for view, length in (('source', 7), ('target_teacher', 5)):
        passes = [
            names(dataset, view, range(start, start + length))
            for start in range(0, 4 * length, length)
        ]
        for one in passes:
            assert sorted(one) == [f'{i:06d}.png' for i in range(length)]
        assert len({tuple(one) for one in passes}) == 4
    config['seed'] = 4
    other = names(DATASETS.build(config), 'target_teacher', range(5))
    assert other != passes[0]


def test_a_draw_does_not_depend_on_history(config):
    dataset = DATASETS.build(config)
    expected = {draw: digest(dataset[draw]) for draw in (0, 3, 40)}
    assert expected[0] != expected[3]
    np.random.seed(123)
    random.seed(99)
    cv2.setRNGSeed(77)
    other = DATASETS.build(copy.deepcopy(config))
    for draw in (40, 1, 0, 3):
        found = digest(other[draw])
        assert found == expected.get(draw, found)
    for view in VIEWS:  # nor on which views are made
        other.set_active_views([view])
        assert torch.equal(other[40]['inputs'][view], dataset[40]['inputs'][view])


def test_another_seed_gives_other_augmentation(config):
    config['source']['indices'] = 1  # the same item in every draw
    one = DATASETS.build(config)
    other = DATASETS.build(dict(config, seed=4))
    pictures = [one[0], one[1], other[0]]
    assert len({item['inputs']['source'].numpy().tobytes() for item in pictures}) == 3


def test_global_random_states_are_kept(config):
    dataset = DATASETS.build(config)
    np.random.seed(1)
    random.seed(1)
    expected = np.random.rand(3).tolist(), random.random()
    np.random.seed(1)
    random.seed(1)
    dataset[2]
    assert (np.random.rand(3).tolist(), random.random()) == expected


@pytest.mark.parametrize('collate', ['collate_views', 'default_collate'])
@pytest.mark.parametrize('num_workers', [0, 2])
def test_loader_batches_views(config, num_workers, collate):
    loader = Runner.build_dataloader(
        dict(
            batch_size=4,
            num_workers=num_workers,
            dataset=config,
            sampler=dict(type='InfiniteDrawSampler'),
            collate_fn=dict(type=collate),
        ),
        seed=11,
    )
    batches = list(islice(iter(loader), 2))  # beyond one pass of both domains
    dataset = DATASETS.build(config)
    for i, batch in enumerate(batches):
        expected = [dataset[draw] for draw in range(4 * i, 4 * i + 4)]
        for view in VIEWS:
            stacked = torch.stack([item['inputs'][view] for item in expected])
            assert torch.equal(batch['inputs'][view], stacked)
            samples = batch['data_samples'][view]
            assert [type(sample) for sample in samples] == [PoseDataSample] * 4
            assert digest(samples) == digest([e['data_samples'][view] for e in expected])


def test_a_draw_may_say_its_views(config):
    dataset = DATASETS.build(config)
    whole = dataset[3]
    for view in VIEWS:
        found = dataset[Draw(3, (view,))]
        assert list(found['inputs']) == [view]
        assert torch.equal(found['inputs'][view], whole['inputs'][view])
    assert list(dataset[Draw(3)]['inputs']) == list(VIEWS)


def test_the_key_of_random_numbers_is_that_of_draw_and_seed(config):
    def keys(dataset, draw):
        return {s.metainfo['draw_key'] for s in dataset[draw]['data_samples'].values()}

    dataset, other = DATASETS.build(config), DATASETS.build(dict(config, seed=4))
    found = [keys(dataset, 0), keys(dataset, 1), keys(other, 0)]
    assert [len(one) for one in found] == [1, 1, 1]  # all views of a draw
    assert len(set.union(*found)) == 3
    assert keys(dataset, Draw(1)) == found[1]


def test_active_views_restrict_the_work(config):
    dataset = DATASETS.build(config)
    for path in Path(config['target']['data_root'], 'images').rglob('*.png'):
        path.unlink()
    config['views'] = {**VIEWS, 'source_plain': WEAK}
    dataset = DATASETS.build(config)
    dataset.set_active_views(['source_plain'])
    assert list(dataset[0]['inputs']) == ['source_plain']
    dataset.set_active_views(['source'])  # its background is a target image
    with pytest.raises(UserError, match='target/images'):
        dataset[0]
    with pytest.raises(UserError, match='no view `sauce`: choose from source, target'):
        dataset.set_active_views(['sauce'])


def test_backgrounds_of_other_source_images(config):
    replace = dict(type='ReplaceBackground', prob=1.0, feather=0, shares=dict(source=1.0))
    given = []

    class Spy(ReplaceBackground):
        def transform(self, results):
            given.append((results['img'].copy(), results['backgrounds']))
            return super().transform(results)

    config.update(views=dict(source=[replace, *WEAK]), target=None)
    dataset = DATASETS.build(config)
    step = dataset.views['source'].transforms[0]
    step.__class__ = Spy
    for draw in range(7):
        dataset[draw]
    assert all(set(backgrounds) == {'source'} for _, backgrounds in given)
    for (_, backgrounds), (following, _) in zip(given, given[1:]):
        assert (backgrounds['source']['img'] == following).all()


def test_views_do_not_disturb_each_other(config):
    def scribble(results):
        for key in ('img', 'mask', 'keypoints', 'keypoints_3d'):
            results[key][:] = 1
        results['camera']['focal'][:] = 1
        return results

    views = dict(source_a=WEAK, source_b=[scribble, *WEAK], source_c=WEAK)
    config['views'] = views
    item = DATASETS.build(config)[0]
    assert torch.equal(item['inputs']['source_a'], item['inputs']['source_c'])
    samples = [item['data_samples'][view] for view in ('source_a', 'source_c')]
    assert digest(samples[0]) == digest(samples[1])


@pytest.mark.parametrize('num_workers', [0, 1])
def test_bad_image_stops_the_loader(config, num_workers):
    bad = Path(config['source']['data_root'], 'images/train/000003.png')
    bad.write_bytes(b'broken')
    loader = Runner.build_dataloader(
        dict(
            batch_size=7,
            num_workers=num_workers,
            dataset=config,
            sampler=dict(type='InfiniteDrawSampler'),
        )
    )
    with pytest.raises(UserError, match='000003.png` is missing or does not decode'):
        next(iter(loader))


def test_source_only(config):
    config['target'] = None
    with pytest.raises(UserError, match='view `source` needs a target'):
        DATASETS.build(config)
    config['views'] = dict(target=WEAK)
    with pytest.raises(UserError, match='view `target` needs a target'):
        DATASETS.build(config)
    config['views'] = dict(source=WEAK)
    assert list(DATASETS.build(config)[9]['inputs']) == ['source']


def test_wrong_views_are_named(config):
    config['views'] = dict(teacher=WEAK)
    with pytest.raises(UserError, match='view `teacher` belongs to no domain'):
        DATASETS.build(config)
    config['views'] = dict(target=VIEWS['source'])
    with pytest.raises(UserError, match='ReplaceBackground in `target`'):
        DATASETS.build(config)


def two_points():
    return dict(
        dataset_name='two',
        keypoint_info={0: dict(name='a', id=0), 1: dict(name='b', id=1)},
        skeleton_info={0: dict(link=('a', 'b'), id=0)},
        joint_weights=[1.0, 1.0],
        sigmas=[],
    )


def test_different_keypoints_are_refused(config):
    config['target']['metainfo'] = two_points()
    with pytest.raises(UserError, match=rf'21 .*\({HAND_NAMES[0]}, .* 2 .*\(a, b\)'):
        DATASETS.build(config)


def test_metainfo_for_both(config, tmp_path):
    for domain in ('source', 'target'):
        write_pose_dataset(tmp_path / domain, names=['a', 'b', 'c'][:2])
    dataset = DATASETS.build(dict(config, metainfo=two_points()))
    assert dataset.metainfo['num_keypoints'] == 2
    assert dataset[0]['data_samples']['source'].gt_instances.keypoints.shape[1] == 2


def test_folder_as_target_takes_the_metainfo_of_the_source(config):
    folder = Path(config['target']['data_root'], 'images')
    write_pose_dataset(config['source']['data_root'], names=['a', 'b'])
    config['source']['metainfo'] = two_points()
    config['target'] = dict(
        type='UnlabelledImageFolder',
        data_root=str(folder),
        pipeline=[dict(type='LoadPoseImage')],
    )
    dataset = DATASETS.build(config)
    sample = dataset[0]['data_samples']['target_student']
    assert sample.flip_indices == [0, 1]
    assert sample.gt_instances.bboxes.tolist() == [[0, 0, 63, 47]]
    config['target']['metainfo'] = None
    config['source']['metainfo'] = two_points()
    assert len(DATASETS.build(config)) == 8


def test_there_may_be_no_source(config):
    expected = DATASETS.build(copy.deepcopy(config))
    views = {name: steps for name, steps in VIEWS.items() if name != 'source'}
    dataset = DATASETS.build(dict(config, source=None, views=views))
    assert len(dataset) == 5
    assert dataset.metainfo['num_keypoints'] == 21
    expected.set_active_views(views)
    for draw in (0, 12):
        assert digest(dataset[draw]) == digest(expected[draw])


def test_without_a_source_the_target_has_the_stock_pipeline(config):
    steps = ['LoadImage', 'GetBBoxCenterScale', 'TopdownAffine', 'PackPoseInputs']
    stock = [dict(type=step) for step in steps]
    stock[2]['input_size'] = (32, 32)
    target = dict(
        type='UnlabelledImageFolder',
        data_root=config['target']['data_root'] + '/images',
        pipeline=stock,
    )
    given = dict(type='SourceTargetDataset', source=None, target=target)
    dataset = DATASETS.build(dict(given, metainfo='human16'))
    assert set(dataset[3]['inputs']) == {'target_student', 'target_teacher'}
    assert dataset.metainfo['num_keypoints'] == 16
    with pytest.raises(UserError, match='no `source`: give.*`metainfo`'):
        DATASETS.build(given)


@pytest.mark.parametrize(
    'changed, said',
    [
        (dict(source=None), 'view `source` needs a source'),
        (dict(source=None, target=None), 'neither'),
        (dict(target=None), 'needs a target'),
    ],
)
def test_views_need_their_domain(config, changed, said):
    with pytest.raises(UserError, match=said):
        DATASETS.build(dict(config, **changed))
