"""What somebody who has mmpose and not this package does with exported folders.

python stock_mmpose.py IMAGE FOLDER...

Run by test_export_in_stock_mmpose.py. In every folder it writes ``inferred.json`` of
MMPoseInferencer for the image and, where the annotations are there, ``metrics.json`` and
``predictions.pkl`` of a test as ``tools/test.py --dump`` of mmpose does it.
"""

import json
import sys
import types
from importlib.machinery import ModuleSpec
from pathlib import Path

HIDDEN = 'mmpose_uda'


class Hide:
    """Makes a package that is installed one that is not."""

    def find_spec(self, name, path=None, target=None):
        if name.split('.')[0] == HIDDEN:
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)


def stand_in_for_compiled_mmcv():
    """Operators that are looked up on import and never called: those of the full mmcv."""

    def operator(name):
        if name.startswith('__'):
            raise AttributeError(name)

    try:
        import mmcv._ext  # noqa: F401
    except ImportError:
        module = types.ModuleType('mmcv._ext')
        module.__spec__ = ModuleSpec('mmcv._ext', None)
        module.__getattr__ = operator
        sys.modules['mmcv._ext'] = module


def stand_in_for_xtcocotools():
    """As mmpose's COCO metric calls it; it has no build for NumPy 2."""
    try:
        import xtcocotools.coco  # noqa: F401
    except (ImportError, ValueError, AttributeError):
        from pycocotools import coco, cocoeval, mask

        class COCOeval(cocoeval.COCOeval):
            def __init__(self, truth, found, kind, sigmas, use_area):
                assert kind == 'keypoints' and use_area
                super().__init__(truth, found, kind)
                self.params.kpt_oks_sigmas = sigmas

        package = sys.modules['xtcocotools'] = types.ModuleType('xtcocotools')
        package.__spec__ = ModuleSpec('xtcocotools', None, is_package=True)
        evaluation = types.SimpleNamespace(COCOeval=COCOeval)
        for name, part in dict(coco=coco, mask=mask, cocoeval=evaluation).items():
            sys.modules[f'xtcocotools.{name}'] = part
            setattr(package, name, part)


def evaluate(folder, cfg):
    from mmengine.evaluator import DumpResults
    from mmengine.runner import Runner

    cfg.work_dir = str(folder / 'work_dir')
    cfg.load_from = str(folder / 'model.pth')
    cfg.experiment_name = folder.name
    runner = Runner.from_cfg(cfg)
    dump = DumpResults(str(folder / 'predictions.pkl'))
    runner.test_evaluator.metrics.append(dump)
    metrics = runner.test()
    metrics = {name: float(value) for name, value in metrics.items()}
    (folder / 'metrics.json').write_text(json.dumps(metrics))


def infer(folder, image):
    from mmpose.apis import MMPoseInferencer

    inferencer = MMPoseInferencer(
        pose2d=str(folder / 'config.py'),
        pose2d_weights=str(folder / 'model.pth'),
        det_model='whole_image',
        device='cpu',
    )
    result = next(inferencer(str(image), vis_out_dir=str(folder / 'pictures')))
    ((person,),) = result['predictions']
    (folder / 'inferred.json').write_text(json.dumps(person['keypoints']))


def main(image, *folders):
    sys.meta_path.insert(0, Hide())
    stand_in_for_compiled_mmcv()
    stand_in_for_xtcocotools()
    import torch
    from mmengine.config import Config

    torch.set_num_threads(1)
    for folder in map(Path, folders):
        infer(folder, image)
        cfg = Config.fromfile(folder / 'config.py')
        dataset = cfg.test_dataloader.dataset
        if Path(dataset.data_root, dataset.ann_file).is_file():
            evaluate(folder, cfg)
    assert HIDDEN not in sys.modules


if __name__ == '__main__':
    main(*sys.argv[1:])
