"""Data set classes of mmpose as the source of an adaptation, in their own form on disk.

Estimators and pipelines are those of mmpose's configs.
"""

import json
import shutil

import cv2
import numpy as np
import pytest
from config_factory import read_summary, run
from mmengine.config import Config
from stock_factory import NUM_IMAGES, shorten, shrink

from mmpose_uda.convert.convert_config import convert_config

SIZE = (96, 80)  # width, height, px
BODY = 'mmpose::body_2d_keypoint/'
ESTIMATORS = dict(
    mpii=BODY + 'topdown_heatmap/mpii/td-hm_res50_8xb64-210e_mpii-256x256.py',
    wholebody='mmpose::wholebody_2d_keypoint/rtmpose/coco-wholebody/'
    'rtmpose-m_8xb64-270e_coco-wholebody-256x192.py',
    dsnt=BODY + 'integral_regression/coco/ipr_res50_dsnt-8xb64-210e_coco-256x256.py',
    hourglass=BODY + 'topdown_heatmap/coco/td-hm_hourglass52_8xb32-210e_coco-256x256.py',
    mspn=BODY + 'topdown_heatmap/coco/td-hm_mspn50_8xb32-210e_coco-256x192.py',
)
PARTS = {'foot_kpts': 6, 'face_kpts': 68, 'lefthand_kpts': 21, 'righthand_kpts': 21}


def write_images(folder, rng):
    folder.mkdir(parents=True, exist_ok=True)
    names = [f'{100 + i:09d}.jpg' for i in range(NUM_IMAGES)]
    for name in names:
        pixels = rng.integers(0, 255, (*SIZE[::-1], 3), dtype=np.uint8)
        cv2.imwrite(str(folder / name), pixels)
    return names


def points_of(rng, count, unlabelled=()):
    """Points [count, 3] with visibility 2, or 0 where there is no label."""
    points = np.column_stack([rng.uniform(5, 75, (count, 2)), np.full(count, 2.0)])
    points[list(unlabelled)] = 0
    return points


def write_mpii(root, rng):
    people = [
        dict(
            image=name,
            center=[48.0, 40.0],
            scale=0.4,
            joints=points_of(rng, 16)[:, :2].tolist(),
            joints_vis=16 * [1],
        )
        for name in write_images(root / 'images', rng)
    ]
    (root / 'annotations.json').write_text(json.dumps(people))


def write_coco(root, rng):
    """With COCO-WholeBody's further keypoints; the ankles never have a label."""
    names = write_images(root / 'images', rng)
    images = [
        dict(id=i, file_name=name, width=SIZE[0], height=SIZE[1])
        for i, name in enumerate(names)
    ]
    people = []
    for i in range(len(images)):
        person = dict(
            id=i,
            image_id=i,
            category_id=1,
            iscrowd=0,
            bbox=[4.0, 4.0, 80.0, 72.0],
            area=5000.0,
            segmentation=[],
            num_keypoints=15,
            keypoints=points_of(rng, 17, unlabelled=(15, 16)).ravel().tolist(),
        )
        for key, count in PARTS.items():
            person[key] = points_of(rng, count).ravel().tolist()
            person[key.replace('kpts', 'valid')] = True
            person[key.replace('kpts', 'box')] = [5.0, 5.0, 20.0, 20.0]
        people.append(person)
    content = dict(
        images=images, annotations=people, categories=[dict(id=1, name='person')]
    )
    (root / 'annotations.json').write_text(json.dumps(content))


@pytest.mark.parametrize('name', ESTIMATORS)
def test_it_trains(name, tmp_path):
    rng = np.random.default_rng(0)
    write = write_mpii if name == 'mpii' else write_coco
    write(tmp_path / 'source', rng)
    write_images(tmp_path / 'target', rng)
    out = tmp_path / 'adapted.py'
    convert_config(ESTIMATORS[name], str(tmp_path / 'target'), out=str(out))
    cfg = Config.fromfile(out)
    cfg.train_dataloader.dataset.source.update(
        data_root=str(tmp_path / 'source'),
        ann_file='annotations.json',
        data_prefix=dict(img='images/'),
    )
    cfg.update(val_dataloader=None, val_cfg=None, val_evaluator=None)
    cfg.update(test_dataloader=None, test_cfg=None, test_evaluator=None)
    cfg.default_hooks.checkpoint.save_best = None
    # the widths of some have names of their own
    make_short = shorten if name in ('hourglass', 'mspn') else shrink
    cfg = make_short(cfg, tmp_path / 'run')
    if name == 'hourglass':
        cfg.model.estimator.backbone.update(
            downsample_times=2, stage_channels=3 * (256,), stage_blocks=3 * (1,)
        )
    cfg.custom_hooks = [hook for hook in cfg.custom_hooks if hook['type'] != 'SummaryHook']
    cfg.train_cfg.max_epochs = 1
    model = run(cfg).model
    assert all(value.isfinite().all() for value in model.state_dict().values())
    # the teacher's third update: it has seen two steps
    assert model.teacher.steps == 1 + NUM_IMAGES // 2


def test_a_folder_in_the_form_of_wholebody(tmp_path):
    rng = np.random.default_rng(0)
    source = tmp_path / 'source'
    write_coco(source, rng)
    (source / 'annotations').mkdir()
    for name in ('train.json', 'val.json'):
        shutil.copy(source / 'annotations.json', source / 'annotations' / name)
    write_images(tmp_path / 'target', rng)
    out = tmp_path / 'adapted.py'
    convert_config(ESTIMATORS['wholebody'], str(tmp_path / 'target'), str(source), str(out))
    cfg = shrink(Config.fromfile(out), tmp_path / 'run')
    assert cfg.train_dataloader.dataset.source.type == 'CocoWholeBodyDataset'
    cfg.train_cfg.max_epochs = 1
    run(cfg)
    summary = read_summary(tmp_path / 'run')
    assert 'coco-wholebody/AP' in summary['source']
