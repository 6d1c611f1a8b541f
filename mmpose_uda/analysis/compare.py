"""Compare two exported models on one labelled data set, as an HTML page."""

from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.evaluator import Evaluator
from mmengine.runner import Runner
from torch import nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from mmpose_uda.analysis.comparable import check_comparable
from mmpose_uda.config import load_config, prepare_data, require, user_errors
from mmpose_uda.datasets.files import require_path
from mmpose_uda.datasets.keypoint_names import keypoint_names
from mmpose_uda.deploy.load_estimator import load_estimator
from mmpose_uda.errors import UserError, check_writable
from mmpose_uda.evaluation import RootAlignedMPJPE
from mmpose_uda.evaluation.comparison import Comparison, GroundTruth, ModelResult
from mmpose_uda.evaluation.samples import read_crop_pair, read_pair, stack
from mmpose_uda.visualization.colophon import made_by
from mmpose_uda.visualization.report_page import comparison_page
from mmpose_uda.whole_files import write_whole


def compare(
    export_a: str, export_b: str, config: str, out: str, num_images: int = 6
) -> Comparison:
    """Evaluate two exports on the same samples and write a page that compares them.

    Args:
        export_a (str): Folder of an export (``config.py`` and ``model.pth``), e.g. from
            before the adaptation.
        export_b (str): Folder of the other export, e.g. the adapted model.
        config (str): Path of a config whose ``test_dataloader`` and ``test_evaluator``
            describe the labelled data, such as that of an export.
        out (str): The page to write, .html. Missing folders are created.
        num_images (int): Greatest number of images shown of gains and of losses each.

    Returns:
        Comparison: What the page shows.

    Raises:
        UserError: Something that the user can fix: files are missing, the exports or the
            data differ in their keypoints, or the data have no labels.
    """
    if not out.endswith('.html'):
        raise UserError(f'--out {out} cannot be a page: end its name in .html.')
    if num_images < 1:
        raise UserError(f'--num-images {num_images} shows nothing: use 1 or more.')
    if Path(export_a).resolve() == Path(export_b).resolve():
        raise UserError(f'There is nothing to compare: both exports are {export_a}.')
    check_writable(out)
    models = {
        folder: load_estimator(folder, device=get_device())
        for folder in (export_a, export_b)
    }
    cfg = load_config(config)
    require(cfg, 'test_dataloader', 'test_evaluator')
    with user_errors(cfg):
        prepare_data(cfg)
        loader = _build_loader(cfg)
        check_comparable(loader.dataset, models, config)
        comparison = _evaluate(models, loader, cfg.test_evaluator)
    dataset = loader.dataset
    chosen = comparison.largest_gains(num_images) + comparison.largest_losses(num_images)
    crops = {n: dataset[n]['inputs'].permute(1, 2, 0).numpy() for n in chosen}
    facts = {'Model A': export_a, 'Model B': export_b, 'Data': config, **made_by()}
    page = comparison_page(comparison, crops, dataset.metainfo, facts)
    write_whole(out, page)
    return comparison


def _build_loader(cfg: Config) -> DataLoader:
    """Build a loader of the test data in their order, each sample once."""
    data = cfg.test_dataloader.dataset
    if data.get('ann_file'):
        path = Path(data.get('data_root') or '.', data.ann_file)
        require_path(str(path), 'annotation file')
    in_order = dict(type='DefaultSampler', shuffle=False)
    return Runner.build_dataloader(
        dict(cfg.test_dataloader, sampler=in_order, drop_last=False), seed=0
    )


class _Contestant:
    """A model and those of its predictions that the comparison keeps."""

    def __init__(self, model: nn.Module, evaluator: dict, metainfo: dict):
        self.model = model
        self.evaluator = Evaluator(evaluator)
        self.evaluator.dataset_meta = metainfo
        self.points: list[dict] = []
        self.poses: list[dict] = []

    @torch.no_grad()
    def predict(self, batch: dict) -> None:
        """Predict a batch."""
        samples = [sample.to_dict() for sample in self.model.test_step(batch)]
        self.evaluator.process(samples, batch)
        self.points.extend(map(read_crop_pair, samples))
        owners = ('pred_instances', 'gt_instances')
        if all('keypoints_3d' in samples[0][owner] for owner in owners):
            self.poses.extend(read_pair(sample, 'keypoints_3d') for sample in samples)

    def result(self, title: str) -> ModelResult:
        """The predictions for all samples, and the metrics over them."""
        metrics = self.evaluator.evaluate(len(self.points))
        return ModelResult(
            title=title,
            metrics={name: float(value) for name, value in metrics.items()},
            points=stack(self.points, 'pred'),
            poses=stack(self.poses, 'pred') if self.poses else None,
        )

    @property
    def scored(self) -> dict:
        """Root and joints of the evaluator's first 3D metric; empty if it has none."""
        metrics = self.evaluator.metrics
        return next(
            (
                dict(root=m.root_index, joints=m.joints)
                for m in metrics
                if isinstance(m, RootAlignedMPJPE)
            ),
            {},
        )


def _evaluate(
    models: dict[str, nn.Module], loader: DataLoader, evaluator: dict
) -> Comparison:
    """Let both models, named by their folders, predict every sample."""
    metainfo = loader.dataset.metainfo
    a, b = (_Contestant(model, evaluator, metainfo) for model in models.values())
    images: list[str] = []
    for batch in tqdm(loader, unit='batch'):
        images.extend(str(sample.img_path) for sample in batch['data_samples'])
        # in turn, since both write their predictions into the batch's samples
        a.predict(batch)
        b.predict(batch)
    truth = GroundTruth(
        images=images,
        points=stack(a.points, 'gt'),
        size=stack(a.points, 'size'),
        valid=stack(a.points, 'valid'),
        poses=stack(a.poses, 'gt') if a.poses else None,
    )
    title_a, title_b = distinct_titles(*models)
    return Comparison(
        a=a.result(title_a),
        b=b.result(title_b),
        truth=truth,
        keypoints=keypoint_names(metainfo),
        **a.scored,
    )


def distinct_titles(folder_a: str, folder_b: str) -> tuple[str, str]:
    """Return two paths without their common leading and trailing folders."""
    a, b = (list(Path(folder).parts) for folder in (folder_a, folder_b))
    for end in (-1, 0):
        while min(len(a), len(b)) > 1 and a[end] == b[end]:
            a.pop(end)
            b.pop(end)
    return '/'.join(a), '/'.join(b)
