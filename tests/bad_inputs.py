"""Inputs of strangers that a tool refuses: what is changed, and what must be said.

A line a row, however long.
"""
# ruff: noqa: E501

import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

import cv2
import numpy as np
import torch
from infer_factory import write_video

from mmpose_uda.safe_checkpoint import load_from_local

TRAIN_JSON = 'people/annotations/train.json'
NAN = float('nan')
HUGE = 10**400  # no float

Change = Callable[[], Any]


@dataclass(frozen=True)
class Bad:
    """One bad input.

    Args:
        tool (str): Under ``tools``.
        arguments (str): Of the command line.
        said (str): A regular expression that the sentence matches.
        change (Callable, optional): Makes it, in the folder of the good ones.
        read_only (str): A folder that cannot be written to.
    """

    tool: str
    arguments: str
    said: str
    change: Optional[Change] = None
    read_only: str = ''

    @property
    def id(self) -> str:
        return f'{Path(self.tool).stem}: {self.said[:50]}'


def content(change: Callable[[dict], Any], path: str = TRAIN_JSON) -> Change:
    """Change what a JSON file holds."""

    def apply() -> None:
        loaded = json.loads(Path(path).read_text())
        changed = change(loaded)
        Path(path).write_text(json.dumps(loaded if changed is None else changed))

    return apply


def annotation(number: int = 1, **fields: Any) -> Change:
    """Give an annotation other fields; ``...`` removes one."""
    return content(lambda c: _set(c['annotations'][number], fields))


def image(number: int = 1, **fields: Any) -> Change:
    """The same of an image."""
    return content(lambda c: _set(c['images'][number], fields))


def category(**fields: Any) -> Change:
    """The same of the category."""
    return content(lambda c: _set(c['categories'][0], fields))


def _set(node: dict, fields: dict[str, Any]) -> None:
    for key, value in fields.items():
        if value is ...:
            del node[key]
        else:
            node[key] = value


def text(path: str, content: str) -> Change:
    """Write a file."""
    return lambda: Path(path).write_text(content) and None


def data(path: str, content: bytes) -> Change:
    """The same, of bytes."""
    return lambda: Path(path).write_bytes(content) and None


def cut(path: str, length: int) -> Change:
    """Cut a file."""
    return lambda: Path(path).write_bytes(Path(path).read_bytes()[:length]) and None


def folder(path: str) -> Change:
    """Put a folder where a file is to be written."""
    return lambda: Path(path, 'inside').mkdir(parents=True)


def with_keypoints(number: int, values: list) -> Change:
    """Overwrite the first values of an annotation's keypoints."""

    def change(loaded: dict) -> None:
        loaded['annotations'][number]['keypoints'][: len(values)] = values

    return content(change)


# what is wrong in an annotation file, and what is said of it wherever it is read
ANNOTATIONS: list[tuple[Change, str]] = [
    (annotation(bbox=None), 'bbox.*annotation 101 of.*train.json'),
    (annotation(bbox=...), 'bbox.*annotation 101'),
    (annotation(bbox=[1, 2, 3]), 'bbox.*annotation 101'),
    (annotation(bbox=[1, 2, 3, 4, 5]), 'bbox.*annotation 101'),
    (annotation(bbox=[1, 2, NAN, 4]), 'bbox.*annotation 101'),
    (annotation(bbox=[1, 2, float('inf'), 4]), 'bbox.*annotation 101'),
    (annotation(bbox={'x': 1}), 'bbox.*annotation 101'),
    (annotation(bbox='1 2 3 4'), 'bbox.*annotation 101'),
    (annotation(bbox=[[1, 2], [3, 4]]), 'bbox.*annotation 101'),
    (annotation(image_id=77), 'Annotation 101 of.*train.json.* image 77'),
    (annotation(image_id=None), 'Annotation 101 of.*train.json.* image None'),
    (annotation(image_id=...), 'Annotation 101 of.*train.json.* image None'),
    (annotation(image_id=[1]), 'Annotation 101 of.*train.json'),
    (annotation(image_id={}), 'Annotation 101 of.*train.json'),
    (annotation(category_id=[]), 'Annotation 101 of.*train.json.*category_id'),
    (annotation(id=[7]), 'Annotation .*train.json.*`id`'),
    (annotation(bbox=[1, 2, HUGE, 4]), 'bbox.*annotation 101'),
    (image(id=[1]), 'Image number 1 of.*train.json. has .1. as its .id'),
    (image(id=True), 'Image number 1 of.*train.json. has True as its .id'),
    (image(id=...), 'Image number 1 of.*train.json. has None as its .id'),
    (image(file_name=...), 'Image 1 of.*train.json. has None as its .file_name'),
    (image(file_name=3), 'Image 1 of.*train.json. has 3 as its .file_name'),
    (image(file_name=None), 'Image 1 of.*train.json. has None as its .file_name'),
    (image(file_name='a\0b'), 'Image 1 of.*train.json. has .*x00.* as its .file_name'),
    (
        content(lambda c: [one.update(file_name='') for one in c['images']] and None),
        "Image 0 of.*train.json. has '' as its .file_name.; Image 1 has",
    ),
    (image(id=0), 'train.json. gives the id 0 to'),
    (content(lambda c: c.pop('images') and None), 'train.json.* not a COCO-style file'),
    (content(lambda c: c.update(images={})), 'train.json'),
    (content(lambda c: c.update(images=[3])), 'train.json.* not a COCO-style file'),
    (content(lambda c: c.update(annotations=None)), 'train.json.* not a COCO-style file'),
    (content(lambda c: c.update(annotations='a')), 'train.json.* not a COCO-style file'),
    (content(lambda c: c.update(annotations=[3])), 'train.json.* not a COCO-style file'),
    (content(lambda c: []), 'train.json.* not a COCO-style file'),
    (content(lambda c: 3), 'train.json.* not a COCO-style file'),
    (text(TRAIN_JSON, ''), 'train.json.* not valid JSON'),
    (text(TRAIN_JSON, '{"images": ['), 'train.json.* not valid JSON'),
    (text(TRAIN_JSON, '[' * 100000), 'train.json.* not valid JSON'),
    (data(TRAIN_JSON, b'{"images": "\xe9"}'), 'train.json.* not valid JSON'),
    (lambda: Path(TRAIN_JSON).unlink(), 'train.json'),
]
# of labels, which extract_masks.py does not read
LABELS: list[tuple[Change, str]] = [
    (annotation(keypoints=[1, 2, 2]), 'keypoints.*annotation 101 of.*17 triples'),
    (annotation(keypoints='a'), 'keypoints.*annotation 101 of.*17 triples'),
    (annotation(keypoints={'nose': 1}), 'keypoints.*annotation 101 of.*17 triples'),
    (annotation(keypoints=3), 'keypoints.*annotation 101 of.*17 triples'),
    (annotation(keypoints=[[1, 2, 2]] * 16), 'keypoints.*annotation 101 of.*17 triples'),
    (annotation(keypoints=['a'] * 51), 'keypoints.*annotation 101 of.*17 triples'),
    (with_keypoints(1, [5, 5, 0.4]), 'annotation 101 of.*visibility 0.4'),
    (with_keypoints(1, [5, 5, 3]), 'annotation 101 of.*visibility 3'),
    (with_keypoints(1, [5, 5, -2]), 'annotation 101 of.*visibility -2'),
    (with_keypoints(1, [NAN, 5, 2]), 'annotation 101 of.*no finite position'),
    (with_keypoints(1, [None, 5, 2]), 'annotation 101 of.*no finite position'),
    (with_keypoints(1, [float('inf'), 5, 1]), 'annotation 101 of.*no finite position'),
    (category(keypoints=['a', 'b']), 'train.json'),
    (category(keypoints=3), 'train.json'),
    (content(lambda c: c.update(categories=[3])), 'train.json'),
    (content(lambda c: c.update(categories=3)), 'train.json'),
    (annotation(area='large'), 'area.*annotation 101'),
    (annotation(area=NAN), 'area.*annotation 101'),
    (annotation(area=HUGE), 'area.*annotation 101'),
    (with_keypoints(1, [HUGE, 5, 2]), 'keypoints.*annotation 101 of.*17 triples'),
    (annotation(keypoints_3d=[[NAN] * 3] * 17), 'keypoints_3d. of annotation 101 of.*train.json.*nan, nan, nan.* for keypoint 0'),
    (annotation(keypoints_3d=[[0, 0, 1e30]] * 17), 'keypoints_3d. of annotation 101 of.*0, 0, 1e.30'),
    (annotation(keypoints_3d=[[HUGE, 0, 0]] * 17), 'keypoints_3d. of annotation 101 of.*17 triples'),
    (annotation(keypoints_3d=[[0, 0, 0]] * 17), 'keypoints_3d. of annotation 101 of.*same position'),
    (image(camera=dict(focal=[NAN, 1], principal_point=[1, 1])), 'camera. of image 1 of.*train.json. is .*nan'),
    (image(camera=dict(focal=[-5, 1], principal_point=[1, 1])), 'camera. of image 1 of.*-5'),
    (image(camera='x'), "camera. of image 1 of.* is 'x'"),
    (content(lambda c: [a.update(category_id=7) for a in c['annotations']] and None), 'of.*train.json. are left out, because .categories. lacks .*7'),
    (annotation(area=[1]), 'area.*annotation 101'),
    (image(width=50, height=50), 'train/000001.png.*64 x 48 px and 50 x 50'),
    (content(lambda c: c.update(annotations=[])), 'train.json.*no usable sample'),
    (content(lambda c: [a.update(bbox=[1, 1, 0, 0]) for a in c['annotations']] and None),
     'train.json.*no usable sample'),
]  # fmt: skip
# what a config has that its parts do not take, and what is said of it
KINDS: list[tuple[str, str]] = [
    ("optim_wrapper=dict(clip_grad=dict(max_norm='a'))", r'`optim_wrapper.clip_grad.max_norm`.* number'),
    ('optim_wrapper=dict(clip_grad=dict(max_norm=-1))', r'`optim_wrapper.clip_grad.max_norm`.* number'),
    ('optim_wrapper=dict(clip_grad=dict(maxnorm=1))', r'`optim_wrapper.clip_grad`.*`maxnorm`.*use `max_norm`'),
    ('optim_wrapper=dict(paramwise_cfg=dict(bogus=3))', r'`optim_wrapper.paramwise_cfg`.*`bogus`'),
    ('optim_wrapper=dict(paramwise_cfg=dict(custom_keys=dict(a=dict(lr_mult=-1))))', r'custom_keys.a.lr_mult`.*at least 0'),
    ('default_hooks=dict(checkpoint=dict(out_dir=3))', r'`default_hooks.checkpoint.out_dir`.* is 3: let it be text'),
    ('default_hooks=dict(checkpoint=dict(filename_tmpl=3))', r'`default_hooks.checkpoint.filename_tmpl`.*text'),
    ("log_processor=dict(window_size='a')", r'`log_processor.window_size`.*number'),
    ("env_cfg=dict(mp_cfg=dict(mp_start_method='nope'))", r"own.py.*this env .*'nope'"),
    ('custom_imports=dict(imports=3)', 'own.py.*custom_imports must be a list'),
    ("compile='a'", "`compile` of the config own.py is 'a': let it be a bool or a dict"),
    ('model_wrapper_cfg=3', '`model_wrapper_cfg` of the config own.py is 3'),
    ('builtin_data=3', '`builtin_data` of the config own.py is 3'),
    ("builtin_data=dict(name='hand')", '`builtin_data.root` in own.py is None'),
    ("builtin_data=dict(name='hand', root=3)", '`builtin_data.root` in own.py is 3'),
    ("custom_hooks=[dict(priority='HIGH')]", 'own.py: the runner cannot be made with this hook'),
    ("param_scheduler=dict(optimizer=dict(type='LinearLR'))", 'own.py'),
    ('train_dataloader=dict(num_batch_per_epoch=0)', '`train_dataloader.num_batch_per_epoch`'),
    ('train_dataloader=dict(dataset=dict(indices=0))', '`train_dataloader` of own.py makes no batch of its 0 samples'),
    ("train_dataloader=dict(sampler=dict(type='DefaultSampler'), batch_size=1000, drop_last=True)", 'no batch of its 8 samples.*`batch_size`'),
]  # fmt: skip
TRAIN = 'adapted.py --work-dir wd --cfg-options train_cfg.max_epochs=1'
ADAPT = 'export --target photos --out o'
CONVERT = 'base.py --source people --target photos --out new.py'
OWN = 'own.py --target photos --out new.py'
INFER = 'export photos --out out'
BOXES = f'{INFER} --boxes boxes.json'


def boxes(value: Any) -> Change:
    """Write a file of boxes."""
    return text('boxes.json', json.dumps(value))


def config(line: str, base: str = 'toy.py') -> Change:
    """A config of one's own."""
    return text('own.py', f'_base_ = {base!r}\n{line}\n')


def append(path: str, line: str) -> Change:
    """Add a line to a file."""
    return lambda: Path(path).write_text(f'{Path(path).read_text()}\n{line}\n') and None


def saved(path: str, content: Any) -> Change:
    """Write a checkpoint."""
    return lambda: torch.save(content, path)


def exported(change: Callable[[dict], Any]) -> Change:
    """Change what the weights of the export are saved with."""

    def apply() -> None:
        content = torch.load('export/model.pth', weights_only=False)
        change(content)
        Path('export/model.pth').unlink()
        torch.save(content, 'export/model.pth')

    return apply


def pretrained(line: str) -> Change:
    """A config whose backbone begins with weights."""
    init = f'init_cfg=dict(_delete_=True, type="Pretrained", {line})'
    return config(f'model=dict(estimator=dict(backbone=dict({init})))', 'adapted.py')


def of_base(line: str) -> Change:
    """A stock config with other training data."""
    return config(f'train_dataloader=dict({line})', 'base.py')


def _rows() -> list[Bad]:
    rows = [Bad('train.py', TRAIN, said, change) for change, said in ANNOTATIONS + LABELS]
    rows += [
        Bad(
            'dataset_converters/extract_masks.py',
            'people --ann-file annotations/train.json',
            said,
            change,
        )
        for change, said in ANNOTATIONS
    ]
    own = 'own.py --work-dir wd'
    toy = 'toy.py --work-dir wd --cfg-options '
    resume = 'toy.py --work-dir toy_run --resume'
    infer, convert = 'infer.py', 'misc/convert_config.py'
    export = 'misc/export_estimator.py'
    rows += [
        # configs
        Bad('train.py', 'none.py', 'no config file none.py'),
        Bad('train.py', 'photos', 'neither a config nor an export photos'),
        Bad('train.py', own, 'own.py, line', text('own.py', 'a = (')),
        Bad('train.py', own, 'own.py, line 2.*undefined', config('a = undefined')),
        Bad('train.py', own, 'own.py.*UTF-8', data('own.py', b'a = "\xe9"')),
        Bad('train.py', own, 'own.py.*itself', text('own.py', '_base_ = "own.py"')),
        Bad('train.py', own, 'gone.py', text('own.py', '_base_ = "gone.py"')),
        Bad('train.py', own, 'no_such', config('custom_imports=dict(imports=["no_such"])')),
        Bad('train.py', own, '`custom_hook`.*`custom_hooks`', config('custom_hook = []')),
        Bad('train.py', own, '`model`', text('own.py', 'a = 1')),
        Bad('train.py', own, '`train_dataloader`.*no `dataset`: describe', config('train_dataloader=dict(_delete_=True)')),
        Bad('train.py', own + ' --smoke', '`val_dataloader`.*no `dataset`', config('val_dataloader=dict(_delete_=True)', 'adapted.py')),
        Bad('train.py', own, '`test_dataloader`.*no `dataset`', config('test_dataloader=dict(dataset=dict(_delete_=True))', 'adapted.py')),
        Bad('train.py', own, 'batch_size.*0', config('train_dataloader=dict(batch_size=0)')),
        Bad('train.py', own, 'num_workers', config('train_dataloader=dict(num_workers=-1)')),
        Bad('train.py', own, 'max_iters', config('train_cfg=dict(max_iters=0)')),
        Bad('train.py', own, 'ToyModell', config('model=dict(type="ToyModell")')),
        Bad('train.py', own, 'widt.*width', config('model=dict(widt=3)')),
        Bad('train.py', own, 'model.*ToyModel', config('model=dict(width=-3)')),
        Bad('train.py', own, 'model.*ToyModel', config('model=dict(width="a")')),
        Bad('train.py', own, 'optimizer.lr.*finite', config('optim_wrapper=dict(optimizer=dict(lr="a"))')),
        Bad('train.py', own, 'optimizer.*nesterov|SGD', config('optim_wrapper=dict(optimizer=dict(nesterov=True, momentum=0))')),
        Bad('train.py', own, 'no `optimizer`', config('optim_wrapper=dict(_delete_=True, clip_grad=None)')),
        Bad('train.py', own, 'custom_hooks.0.*dict', config('custom_hooks=[3]')),
        Bad('train.py', own, 'sampler.*dict', config('train_dataloader=dict(sampler=3)')),
        Bad('train.py', own, 'metainfo.*not a definition', config('train_dataloader=dict(dataset=dict(source=dict(metainfo=dict(_delete_=True, a=1))))', 'adapted.py')),
        Bad('train.py', own, 'interval', config('default_hooks=dict(checkpoint=dict(interval="a"))')),
        Bad('train.py', own, 'wandb', config('visualizer=dict(type="Visualizer", vis_backends=[dict(type="WandbVisBackend")])')),
        Bad('train.py', own, 'ToyDataset.*nothing', config('train_dataloader=dict(dataset=dict(nothing=3))')),
        Bad('train.py', own, 'own.py: the runner cannot be made with this dataloader', config('train_dataloader=dict(collate_fn=dict(type="no_collate"))')),
        Bad('train.py', own, 'image `people/images/train/000001.png` is missing or does not decode', lambda: _stock_people('000001.png', b'none')),
        Bad('train.py', own, 'image `people/images/train/000001.png` is missing or does not decode', lambda: _stock_people('000001.png', None)),
        Bad('train.py', own, 'No keypoint of `people/annotations/train.json` is labelled', lambda: _unlabelled()),
        Bad('misc/browse_dataset.py', 'own.py --num 4 --out a.jpg', 'image `people/images/train/000001.png` is missing or does not decode', lambda: _stock_people('000001.png', b'')),
        Bad('misc/check_data.py', 'own.py', 'width. of image 1', lambda: _stock_people() or image(width={})()),
        Bad('train.py', toy + 'lr', 'lr is not KEY=VALUE'),
        Bad(
            'train.py',
            toy + '"train_cfg.phases=[dict(iters=2,parts=[1])]"',
            'lists and tuples of these: write what',
        ),
        Bad('train.py', toy + 'modle.width=3', 'modle.*`model`'),
        Bad('train.py', toy + 'model.width=0.5', 'ToyModel'),
        Bad('train.py', toy + 'custom_hooks=3', 'custom_hooks'),
        Bad('train.py', 'toy.py --seed -1 --work-dir wd', 'seed'),
        Bad('train.py', 'toy.py --amp fp16 --work-dir wd', '--amp fp16 needs a GPU'),
        Bad('train.py', 'toy.py --launcher pytorch --work-dir wd', 'dist_train.sh'),
        Bad('train.py', 'toy.py --work-dir toy.py', 'toy.py'),
        Bad('train.py', 'toy.py --work-dir toy.py/wd', 'toy.py'),
        Bad('train.py', 'other.py --work-dir toy_run', 'checkpoints of toy.py'),
        Bad('train.py', toy + 'optim_wrapper.optimizer.lr=1e39 default_hooks.runtime_info.max_skipped=1', r'(?s)^error: 1 training steps were skipped, or led to weights.*iteration \d: loss.*at 1 the run stops'),
        Bad('train.py', toy + 'optim_wrapper.optimizer.lr=1e39', 'The model of iteration 1 has .* such as linear.weight, so it is not saved'),
        # going on
        Bad('train.py', 'toy.py --work-dir wd --resume none.pth', 'no checkpoint none.pth'),
        Bad('train.py', 'toy.py --work-dir toy_run --resume --seed 5', 'seed 0.*seed 5'),
        Bad('train.py', resume + ' photos', 'photos'),
        Bad('train.py', resume, 'damaged', cut('toy_run/iter_2.pth', 900)),
        Bad('train.py', resume, 'iter_2.pth', cut('toy_run/iter_2.pth', 0)),
        Bad('train.py', resume, r'toy_run.iter_2.pth has weights that are NaN or infinite, such as \S+, from which', _diverge),
        Bad('train.py', resume + ' export/model.pth', 'export of a teacher'),
        Bad('train.py', resume + ' weights.pth', 'is only weights'),
        Bad('train.py', resume + ' list.pth', 'list.pth holds a list'),
        Bad('train.py', toy + 'load_from=export/model.pth', 'None of the .* weights'),
        Bad('train.py', toy + 'load_from=list.pth', 'list.pth holds a list'),
        Bad('train.py', toy + 'load_from=base.py', 'base.py'),
        Bad('train.py', toy + 'load_from=none.pth', 'none.pth'),
        Bad('train.py', own, '`load_from` in own.py is 3', config('load_from = 3')),
        Bad('train.py', toy + 'load_from=torchvision://nope', 'torchvision://nope.*no such model'),
        Bad('train.py', toy + 'load_from=a.pth', 'None of the 1 weights of a.pth.*model dict there', saved('a.pth', {'model': {'linear.weight': torch.ones(1, 2)}})),
        Bad('train.py', own, '`checkpoint` of an `init_cfg` in own.py is 3', pretrained('checkpoint=3')),
        Bad('train.py', own, 'No weight of a.pth begins with .backbone', lambda: (pretrained('checkpoint="a.pth", prefix="backbone."')(), saved('a.pth', {'a': torch.ones(1)})())),
        Bad('train.py', own, '`init_cfg` in own.py is 3', config('model=dict(init_cfg=3)')),
        Bad('train.py', 'toy.py --work-dir toy_run --cfg-options optim_wrapper.optimizer.lr=0.5', 'checkpoints of another toy.py'),
        # exports
        Bad('infer.py', INFER, 'does not say what its keypoints are', exported(lambda c: c.update(meta=3))),
        Bad('infer.py', INFER, 'does not say what its keypoints are', exported(lambda c: c['meta'].update(dataset_meta=3))),
        Bad('infer.py', INFER, 'pipeline. in export/config.py is ..:', append('export/config.py', "test_dataloader['dataset']['pipeline'] = []")),
        Bad('infer.py', INFER, 'pipeline. in export/config.py is .3.:', append('export/config.py', "test_dataloader['dataset']['pipeline'] = [3]")),
        Bad('infer.py', INFER, 'head.decoder. in export/config.py is None', append('export/config.py', "model['head']['decoder'] = None")),
        # evaluation
        Bad('test.py', 'toy.py none.pth --work-dir wd', 'none.pth'),
        Bad('test.py', 'toy.py weights.pth --which teacher --work-dir wd', '--which teacher'),
        Bad('test.py', 'toy.py export/model.pth --work-dir wd', 'does not fit'),
        Bad('test.py', 'toy.py list.pth --work-dir wd', 'list.pth holds a list'),
        Bad('test.py', 'toy.py weights.pth --work-dir wd --out no/a.json', 'no/a.json'),
        Bad('test.py', 'own.py weights.pth --work-dir wd', 'test_dataloader', config('test_dataloader=None')),
        Bad('test.py', 'own.py weights.pth --work-dir wd', '`test_dataloader`.*no `dataset`', config('test_dataloader=dict(_delete_=True)')),
        # conversion
        Bad(convert, 'none.py --target photos', 'none.py'),
        Bad(convert, 'mmpose::none.py --target photos', 'no config mmpose::none.py'),
        Bad(convert, 'toy.py --target photos', 'TopdownPoseEstimator'),
        Bad(convert, OWN, 'CocoDatset are not known', of_base('dataset=dict(type="CocoDatset")')),
        Bad(convert, OWN, 'metainfo.*own.py is not a definition', of_base('dataset=dict(metainfo=dict(a=1))')),
        Bad(convert, OWN, 'no `dataset`', of_base('_delete_=True, batch_size=1')),
        Bad(convert, OWN, 'no LoadImage', of_base('dataset=dict(pipeline=[])')),
        Bad(convert, OWN, 'own.py does not fit.*channels', config('model=dict(backbone=dict(in_channels=4))', 'base.py')),
        Bad(convert, OWN, '`model` in own.py: TopdownPoseEstimator', config('model=dict(head=None)', 'base.py')),
        Bad(convert, 'base.py --target none', 'no folder none'),
        Bad(convert, 'base.py --target photos --source none', 'no folder none'),
        Bad(convert, 'base.py --target photos --out new.txt', 'new.txt'),
        Bad(convert, 'base.py --target photos --out base.py', 'base.py already exists'),
        Bad(convert, 'base.py --target photos --out no/new.py', 'no folder no'),
        Bad(convert, 'base.py --target empty --out new.py', 'empty. holds no images'),
        Bad(convert, CONVERT, 'not valid JSON', text('photos/boxes.json', '{')),
        Bad(convert, CONVERT, 'train.json and 2 other', lambda: _two_files()),
        Bad(convert, CONVERT, 'gives 17 .* have 5', lambda: _five_keypoints()),
        Bad(convert, CONVERT, '17 of the config', category(keypoints=['a', 'b'])),
        Bad(convert, CONVERT, 'not a COCO-style file', content(lambda c: c.update(categories=3))),
        Bad(convert, CONVERT, 'names no image', content(lambda c: c.update(images=[]))),
        Bad(convert, CONVERT, 'lacks|names the image', image(0, file_name='gone.png')),
        Bad(convert, CONVERT, 'write train/000000.png', image(0, file_name='images/train/000000.png')),
        Bad(convert, CONVERT, 'write train/000000.png', image(0, file_name='train\\000000.png')),
        Bad(convert, CONVERT, 'not valid JSON', text(TRAIN_JSON, '[')),
        # inference
        Bad(infer, 'none photos --out out', 'none'),
        Bad(infer, 'photos photos --out out', 'photos has no config.py'),
        Bad(infer, 'export none --out out', 'none'),
        Bad(infer, 'export empty --out out', 'empty. holds no images'),
        Bad(infer, 'export base.py --out out', 'base.py'),
        Bad(infer, 'export photos --out base.py', '--out base.py is a file'),
        Bad(infer, INFER + ' --batch-size 0', '--batch-size 0'),
        Bad(infer, INFER + ' --device cuda:7', '--device cuda:7'),
        Bad(infer, INFER + ' --device none', '--device none'),
        Bad(infer, INFER + ' --which teacher', '--which teacher'),
        Bad(infer, INFER + ' --checkpoint weights.pth', '--checkpoint weights.pth'),
        Bad(infer, INFER, 'model.pth', cut('export/model.pth', 500)),
        Bad(infer, INFER, 'config.py', lambda: Path('export/config.py').unlink()),
        Bad(infer, INFER, 'config.py, line', text('export/config.py', 'model = (')),
        Bad(infer, INFER, 'None of the .* images', lambda: _damage_photos()),
        Bad(infer, BOXES, 'boxes.json. does not exist'),
        Bad(infer, BOXES, 'boxes.json.*not valid JSON', text('boxes.json', '{')),
        Bad(infer, INFER, 'photos/boxes.json.*not valid JSON', text('photos/boxes.json', '{')),
        Bad(infer, BOXES, 'no boxes by image name', boxes([1, 2, 3, 4])),
        Bad(infer, BOXES, 'five numbers', boxes({'000000.png': [1, 2, 3, 4, 0.9]})),
        Bad(infer, BOXES, 'not .x, y, w, h', boxes({'000000.png': 'a'})),
        Bad(infer, BOXES, 'not .x, y, w, h', boxes({'000000.png': {'x': 3}})),
        Bad(infer, BOXES, 'positive, finite', boxes({'000000.png': [1, 2, -3, 4]})),
        Bad(infer, BOXES, 'positive, finite', boxes({'000000.png': [1, 2, NAN, 4]})),
        Bad(infer, BOXES, 'not .x, y, w, h', boxes({'000000.png': [1, 2, HUGE, 4]})),
        Bad(infer, BOXES, 'boxes.json.*not valid JSON', text('boxes.json', '[' * 100000)),
        Bad(infer, BOXES, 'None of the 1 images .* can be predicted, for example 000000.png.*boxes', boxes({'000000.png': [0, 0, 2e9, 4]})),
        Bad(infer, BOXES, 'None of the 1 images .* can be predicted, for example 000000.png.*boxes', boxes({'000000.png': [500, 500, 9, 9]})),
        Bad(convert, CONVERT, 'further than', text('photos/boxes.json', '{"000000.png": [0, 0, 2e9, 4]}')),
        Bad(infer, BOXES, 'names `none.png`', boxes({'none.png': [1, 2, 3, 4]})),
        Bad(infer, BOXES, 'names no image', boxes({})),
        # export
        Bad(export, 'toy.py weights.pth exported', 'model.estimator'),
        Bad(export, 'training.py none.pth exported', 'none.pth'),
        Bad(export, 'training.py weights.pth exported', 'state_dict|belong|dataset_meta'),
        Bad(export, 'training.py list.pth exported', 'list.pth holds a list'),
        Bad(export, 'training.py run.pth base.py', 'base.py'),
        Bad(export, 'none.py run.pth exported', 'none.py'),
        # values of another kind, in the config of the training
        *(Bad('train.py', 'own.py --work-dir wd', said, config(line)) for line, said in KINDS),
        # adaptation without labels
        Bad('adapt.py', 'none.py --target photos --out o', 'none.py'),
        Bad('adapt.py', 'empty --target photos --out o', 'empty has no config.py'),
        Bad('adapt.py', 'toy.py --target photos --out o', 'TopdownPoseEstimator'),
        Bad('adapt.py', 'base.py --target photos --out o', 'name the weights of base.py as --checkpoint'),
        Bad('adapt.py', 'mmpose::body_2d_keypoint/topdown_heatmap/coco/td-hm_res50_8xb64-210e_coco-256x192.py --target photos --out o', 'no weights: name .* as --checkpoint'),
        Bad('adapt.py', 'base.py --checkpoint none.pth --target photos --out o', 'no checkpoint none.pth: check the path'),
        Bad('adapt.py', 'toy_run --target photos --out o', 'toy_run is not an export, but has one inside: name toy_run/export', lambda: _export_in('toy_run')),
        Bad('adapt.py', 'base.py --checkpoint weights.pth --target photos --out o', 'does not belong to base.py'),
        Bad('adapt.py', 'base.py --checkpoint list.pth --target photos --out o', 'list.pth holds a list'),
        Bad('adapt.py', 'base.py --checkpoint export/model.pth --target photos --out o', '17 keypoints of base.py.*21 of export/model.pth'),
        Bad('adapt.py', ADAPT + ' --checkpoint run.pth', '--checkpoint run.pth does not go'),
        Bad('adapt.py', ADAPT, '4 different images, which are too few'),
        Bad('adapt.py', ADAPT, 'None of the 4 images of photos decodes', lambda: _damage_photos()),
        Bad('adapt.py', ADAPT, 'All 4 images of photos are the same', lambda: _same_photos()),
        Bad('adapt.py', ADAPT, 'not valid JSON', text('photos/boxes.json', '{')),
        Bad('adapt.py', ADAPT, 'No image of photos has a box', text('photos/boxes.json', '{"000000.png": []}')),
        Bad('adapt.py', 'export --target none --out o', 'none'),
        Bad('adapt.py', 'export --target empty --out o', 'empty. holds no images'),
        Bad('adapt.py', 'export --target a.mp4 --out o', 'a.mp4 is not an image', data('a.mp4', b'none')),
        Bad('adapt.py', 'export --target a.avi --out o', 'a.avi has no frame that decodes', lambda: _write_video(0)),
        Bad('adapt.py', 'export --target a.avi --out o', 'All 12 images of a.avi are the same', lambda: _write_video(12)),
        Bad('adapt.py', 'export --target photos --out .', 'export already exists'),
        Bad('adapt.py', 'export --target photos --out base.py', '--out base.py is a file'),
        Bad('adapt.py', ADAPT + ' --source people', 'the model.*name the labelled images that it was trained on'),
        Bad('adapt.py', 'base.py --checkpoint base.pth --target photos --source people --out o', '100 % of the target images are also in the source'),
        Bad('adapt.py', ADAPT + ' --minutes 0', '--minutes 0'),
        Bad('adapt.py', ADAPT + ' --iters 0', '--iters 0'),
        Bad('adapt.py', ADAPT + ' --seed -1', '--seed -1'),
        Bad('adapt.py', ADAPT + ' --iters 5 --minutes 3', 'contradict'),
        Bad('adapt.py', ADAPT + ' --train-on-labelled', '--labelled'),
        Bad('adapt.py', ADAPT + ' --labelled none.json', 'none.json'),
        Bad('adapt.py', ADAPT + ' --labelled ' + TRAIN_JSON, 'the model.*annotate those of the model'),
        Bad('misc/pre_annotate.py', 'export none --out a.json', 'none'),
        Bad('misc/pre_annotate.py', 'export photos --out a.txt', 'a.txt is not a JSON file'),
        Bad('misc/pre_annotate.py', 'export photos --out boxes.json', 'boxes.json already exists', boxes({})),
        Bad('misc/pre_annotate.py', 'export photos --out a.json --num 0', '--num 0'),
        Bad('misc/pre_annotate.py', 'export photos --out a.json', 'None of the 4 images', lambda: _damage_photos()),
        # the rest
        Bad('dataset_converters/extract_masks.py', 'none', 'none'),
        Bad('dataset_converters/extract_masks.py', 'empty', 'empty. holds no images'),
        Bad('dataset_converters/extract_masks.py', 'photos --boxes none.json', 'none.json'),
        Bad('dataset_converters/extract_masks.py', 'photos', 'does not decode', data('photos/000001.png', b'x')),
        Bad('dataset_converters/deeplabcut.py', 'none', 'none'),
        Bad('dataset_converters/deeplabcut.py', 'photos', 'CollectedData'),
        Bad('dataset_converters/extract_frames.py', 'surreal none', 'none'),
        Bad('dataset_converters/extract_frames.py', 'mpi_inf_3dhp photos', 'photos'),
        Bad('dataset_converters/h36m_crops.py', 'none', 'none'),
        Bad('dataset_converters/h36m_crops.py', 'photos', 'photos'),
        Bad('analysis_tools/gpu_check.py', '--device cuda --out o', 'no GPU here'),
        Bad('misc/make_builtin_data.py', 'paw --root new', 'paw'),
        Bad('misc/make_builtin_data.py', 'hand --root new --num-train -3', 'num_train.*-3'),
        Bad('misc/make_builtin_data.py', 'hand --root new --workers 0', 'workers.*0'),
        Bad('misc/make_builtin_data.py', 'hand --root photos', 'photos'),
        Bad('misc/make_builtin_data.py', 'hand --root base.py', 'base.py'),
        Bad('misc/check_data.py', 'none.py', 'none.py'),
        Bad('misc/check_data.py', 'own.py', 'names no data', text('own.py', 'a = 1')),
        Bad('misc/check_data.py', 'own.py', 'names no data', text('own.py', 'train_dataloader = dict(batch_size=3)')),
        Bad('misc/check_data.py', 'adapted.py --images 0', '--images 0'),
        Bad('misc/browse_dataset.py', 'none.py', 'none.py'),
        Bad('misc/browse_dataset.py', 'adapted.py --num 0', '--num'),
        Bad('misc/browse_dataset.py', 'adapted.py --out a.txt', 'a.txt'),
        Bad('misc/browse_dataset.py', 'adapted.py --views none --out a.jpg', 'none'),
        Bad('analysis_tools/hand_statistics.py', 'none.json', 'none.json'),
        Bad('analysis_tools/hand_statistics.py', 'base.py', 'base.py'),
        Bad('misc/measure_source.py', 'none.py', 'none.py'),
        Bad('misc/measure_source.py', 'adapted.py', '3'),
        Bad('misc/draw_strip.py', 'none', 'none'),
        Bad('misc/draw_strip.py', 'photos --out a.jpg', 'photos'),
        Bad('analysis_tools/compare.py', 'export export adapted.py --out a.html', 'both exports'),
        Bad('analysis_tools/compare.py', 'export none adapted.py --out a.html', 'none'),
        Bad('analysis_tools/compare.py', 'export photos adapted.py --out a.txt', 'a.txt'),
        Bad('analysis_tools/pose_statistics.py', 'none.json', 'none.json'),
        Bad('analysis_tools/picture_statistics.py', 'none.py', 'none.py'),
        Bad('analysis_tools/picture_statistics.py', 'adapted.py --images 0', '--images 0'),
        Bad('analysis_tools/picture_statistics.py', 'own.py', 'TopdownAffine', text('own.py', 'a = 1')),
        Bad('analysis_tools/profile_step.py', 'none.py', 'none.py'),
        Bad('analysis_tools/profile_step.py', 'adapted.py', 'phases'),
        Bad('analysis_tools/profile_step.py', 'own.py', '`train_dataloader`.*no `dataset`', config('train_dataloader=dict(_delete_=True)', 'adapted.py')),
        Bad('analysis_tools/profile_step.py', 'adapted.py --batch-size 0', 'batch cannot have 0'),
        Bad('analysis_tools/profile_step.py', 'own.py', '`model`', text('own.py', 'a = 1')),
        Bad('analysis_tools/benchmark_step.py', 'none.py', 'none.py'),
        Bad('analysis_tools/benchmark_step.py', 'adapted.py', 'phases'),
        Bad('analysis_tools/benchmark_step.py', 'adapted.py --rounds 0', '--rounds 0'),
        Bad('analysis_tools/benchmark_step.py', 'adapted.py --batch -1', 'batch cannot have -1'),
        Bad('analysis_tools/visualize_mim.py', 'base.py base.pth a.jpg', 'TopdownPoseEstimator'),
        Bad('analysis_tools/visualize_mim.py', 'adapted.py run.pth a.jpg --num-images 0', 'batch cannot have 0'),
        Bad('analysis_tools/visualize_mim.py', 'none.py run.pth a.jpg', 'none.py'),
        Bad('analysis_tools/visualize_mim.py', 'adapted.py none.pth a.jpg', 'none.pth'),
        Bad('analysis_tools/ablation.py', 'none.py --out ab', 'none.py'),
        Bad('analysis_tools/calibrate_verdict.py', '--configs none.py --out c', 'none.py'),
        Bad('analysis_tools/ablation.py', 'adapted.py --out ab --variants none', 'phases'),
    ]  # fmt: skip
    return rows + _read_only() + _occupied()


def _read_only() -> list[Bad]:
    """Results that cannot be written, into a folder of no rights and into an old one."""
    builtin = 'hand --root locked/data --num-train 1 --num-test 1 --workers 1'
    own = '--work-dir wd'
    return [
        Bad(tool, arguments, f'{said}.*(cannot be|written)', _clip, folder)
        for tool, arguments, said, folder in [
            ('train.py', 'toy.py --work-dir locked/wd', 'locked/wd', 'locked'),
            ('train.py', 'toy.py --work-dir toy_run --resume', 'toy_run', 'toy_run'),
            ('test.py', f'toy.py weights.pth {own} --out photos/a.json', 'a.json', 'photos'),
            ('test.py', 'toy.py weights.pth --work-dir locked/wd', 'locked', 'locked'),
            ('misc/convert_config.py', 'base.py --target photos --out new.py', 'new.py', '.'),
            ('misc/export_estimator.py', 'training.py run.pth locked/e', 'locked/e', 'locked'),
            ('misc/export_estimator.py', 'training.py run.pth export', 'export', 'export'),
            ('misc/make_builtin_data.py', builtin, 'locked/data', 'locked'),
            ('misc/browse_dataset.py', 'adapted.py --num 1 --out locked/a.jpg', 'a.jpg', 'locked'),
            ('infer.py', 'export photos --out locked/out', 'locked/out', 'locked'),
            ('infer.py', 'export clip.mp4 --out locked/out', 'clip.mp4', 'locked'),
            ('dataset_converters/extract_masks.py', 'photos', 'photos', 'photos'),
        ]
    ]  # fmt: skip


def _occupied() -> list[Bad]:
    """Results in whose place is something else, told before they are computed."""
    toy, video = 'toy.py --work-dir wd', 'export clip.mp4 --out out'
    compare = 'export other adapted.py --out a.html'
    a_folder, in_the_way = 'a folder where a file belongs', 'in the way'
    return [
        Bad(tool, arguments, f'{path}.*{said}', change)
        for tool, arguments, path, said, change in [
            ('train.py', toy, 'iter_2.pth', a_folder, folder('wd/iter_2.pth')),
            ('train.py', toy, 'last_checkpoint', a_folder, folder('wd/last_checkpoint')),
            ('train.py', toy, 'toy.py', a_folder, folder('wd/toy.py')),
            ('train.py', TRAIN, 'summary.json', a_folder, folder('wd/summary.json')),
            ('train.py', TRAIN, 'a file where', 'wd/export', lambda: _file('wd/export')),
            ('test.py', 'toy.py weights.pth --work-dir wd --out a.json', 'a.json', a_folder, folder('a.json')),
            ('infer.py', INFER, 'out/predictions', in_the_way, lambda: _file('out/predictions')),
            ('infer.py', INFER, '000000.jpg', a_folder, folder('out/visualizations/000000.jpg')),
            ('infer.py', video, 'clip.mp4', a_folder, lambda: _video('visualizations/clip.mp4')),
            ('infer.py', video, 'clip.mp4', 'OpenCV', lambda: _video('visualizations/.clip.partial.mp4')),
            ('infer.py', video, 'clip.json', a_folder, lambda: _video('predictions/clip.json')),
            ('dataset_converters/extract_masks.py', 'photos', 'contact_sheet.jpg', a_folder, folder('photos/masks/contact_sheet.jpg')),
            ('dataset_converters/extract_masks.py', 'people --ann-file annotations/train.json', 'train_masks.json', a_folder, folder('people/annotations/train_masks.json')),
            ('analysis_tools/compare.py', compare, 'a.html', a_folder, lambda: _two_exports()),
            ('analysis_tools/benchmark_step.py', 'adapted.py --json a.json', 'a.json', a_folder, folder('a.json')),
            ('analysis_tools/ablation.py', 'adapted.py --out o --variants full', 'chart.png', a_folder, folder('o/chart.png')),
            ('analysis_tools/calibrate_verdict.py', '--configs adapted.py --out o', 'table.md', a_folder, folder('o/table.md')),
        ]
    ]  # fmt: skip


def _diverge() -> None:
    checkpoint = load_from_local('toy_run/iter_2.pth', 'cpu')
    next(iter(checkpoint['state_dict'].values())).fill_(NAN)
    torch.save(checkpoint, 'toy_run/iter_2.pth')


def _file(path: str) -> None:
    Path(path).parent.mkdir(parents=True)
    Path(path).touch()


def _clip() -> None:
    write_video(Path('clip.mp4'), 2)


def _video(occupied: str) -> None:
    _clip()
    folder(f'out/{occupied}')()


def _export_in(folder: str) -> None:
    shutil.copytree('export', f'{folder}/export')


def _two_exports() -> None:
    shutil.copytree('export', 'other')
    folder('a.html')()


def _two_files() -> None:
    for name in ('a.json', 'b.json'):
        Path('people/annotations', name).write_bytes(Path(TRAIN_JSON).read_bytes())
    Path(TRAIN_JSON).unlink()


def _five_keypoints() -> None:
    path = Path('base.py')
    path.write_text(path.read_text() + FIVE)
    content(_keep_five)()
    content(_keep_five, 'people/annotations/val.json')()


def _keep_five(loaded: dict) -> None:
    loaded['categories'][0].update(keypoints=list('abcde'), skeleton=[])
    for one in loaded['annotations']:
        one['keypoints'] = one['keypoints'][:15]


def _same_photos() -> None:
    first, *others = sorted(Path('photos').glob('*.png'))
    for path in others:
        path.write_bytes(first.read_bytes())


def _write_video(frames: int) -> None:
    """One scene, that stands still."""
    video = cv2.VideoWriter('a.avi', cv2.VideoWriter_fourcc(*'MJPG'), 10, (64, 48))
    for _ in range(frames):
        video.write(np.full((48, 64, 3), 99, np.uint8))
    video.release()


def _stock_people(name: str = '', content: Optional[bytes] = None) -> None:
    """A config of mmpose's classes alone, and an image that has other bytes, or is gone."""
    config(STOCK, 'base.py')()
    path = Path('people/images/train', name)
    if name and content is None:
        path.unlink()
    elif content is not None:
        path.write_bytes(content)


def _unlabelled() -> None:
    source = "dict(type='CocoDataset')"
    config(f'train_dataloader=dict(dataset=dict(source={source}))', 'adapted.py')()
    content(
        lambda c: (
            [one.update(keypoints=[5, 5, 0] * 17) for one in c['annotations']] and None
        )
    )()


def _damage_photos() -> None:
    for path in Path('photos').glob('*.png'):
        path.write_bytes(b'none')


FIVE = """
own = dict(
    dataset_name='own',
    keypoint_info={
        i: dict(name=name, id=i, color=[0, 0, 0], type='', swap='')
        for i, name in enumerate('abcde')
    },
    skeleton_info={}, joint_weights=[1.0] * 5, sigmas=[0.05] * 5)
train_dataloader['dataset']['metainfo'] = own
val_dataloader['dataset']['metainfo'] = own
"""
STOCK = """train_dataloader=dict(batch_size=1, dataset=dict(
    type='CocoDataset', data_root='people', ann_file='annotations/train.json',
    data_prefix=dict(img='images/')))
val_dataloader = val_cfg = val_evaluator = None
test_dataloader = test_cfg = test_evaluator = None"""
BAD = _rows()
