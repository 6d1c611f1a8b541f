"""Evaluation of a checkpoint: what ``tools/test.py`` does."""

import json
import os.path as osp
from typing import Any, Optional

from mmengine.config import Config
from mmengine.runner import Runner

from mmpose_uda.apis.submission import require_all_frames, set_submission
from mmpose_uda.config import (
    check_evaluators,
    check_fit,
    drop_missing_backends,
    load_config,
    prepare_data,
    require,
    require_checkpoint,
    require_data,
    require_paths,
    set_launcher,
    set_work_dir,
    take_labels_from_samples,
    tested_network,
    user_errors,
)
from mmpose_uda.engine.target_statistics import re_estimate
from mmpose_uda.errors import UserError, check_writable
from mmpose_uda.whole_files import write_whole


def evaluate(
    config: str,
    checkpoint: str,
    which: Optional[str] = None,
    work_dir: Optional[str] = None,
    out: Optional[str] = None,
    target_statistics: bool = False,
    cfg_options: Optional[dict[str, Any]] = None,
    launcher: str = 'none',
    dump_submission: Optional[str] = None,
) -> dict[str, float]:
    """Evaluate a checkpoint on the config's test data.

    Args:
        config (str): Path of the config that the checkpoint was trained with.
        checkpoint (str): Path of the checkpoint.
        which (str, optional): 'teacher' or 'student'. Defaults to the config's choice.
        work_dir (str, optional): Where the log is written, as for training.
        out (str, optional): A JSON file for the results.
        target_statistics (bool): Whether to first replace the statistics of BatchNorm
            layers by those of the target's training images (AdaBN).
        cfg_options (dict, optional): Dotted key -> value, merged into the config.
        launcher (str): 'none', 'pytorch', 'slurm' or 'mpi'.
        dump_submission (str, optional): A .zip file for the server of FreiHAND or HO-3D,
            which is written instead of scoring.

    Returns:
        dict[str, float]: Metric -> value; empty for a submission.

    Raises:
        UserError: A mistake that the user can fix, such as a checkpoint that does not fit
            the model.
    """
    cfg = load_config(config, cfg_options)
    require(cfg, 'model', 'test_dataloader', 'test_cfg', 'test_evaluator')
    require_data(cfg)
    set_work_dir(cfg, work_dir)
    _require_adaptation(cfg, which, target_statistics)
    _check_out(out, dump_submission)
    if which is not None:
        cfg.model.test_network = which
    if dump_submission is not None:
        set_submission(cfg, dump_submission)
    # all weights come from the checkpoint
    cfg.load_from = None
    cfg.resume = False
    with user_errors(cfg):
        drop_missing_backends(cfg)
        set_launcher(cfg, launcher)
        check_evaluators(cfg)
        take_labels_from_samples(cfg)
        check_fit(cfg)
        prepare_data(cfg)
        require_paths(cfg, 'test_dataloader')
        require_checkpoint(checkpoint)
        runner = Runner.from_cfg(cfg)
        if dump_submission is not None:
            require_all_frames(runner.test_loop.dataloader.dataset)
        runner.load_checkpoint(checkpoint, strict=True)
        if target_statistics:
            re_estimate(runner)
        metrics = {name: float(value) for name, value in runner.test().items()}
        if out is not None and runner.rank == 0:
            results = dict(
                config=config,
                checkpoint=checkpoint,
                which=which or tested_network(cfg),
                target=metrics,
            )
            write_whole(out, json.dumps(results, indent=2))
    return metrics


def _require_adaptation(cfg: Config, which: Optional[str], target_statistics: bool) -> None:
    """Refuse options that need an adaptation if the config is not one."""
    if cfg.model.type == 'DomainAdaptivePoseEstimator':
        return
    if which is not None:
        raise UserError(
            f'--which {which} does not go with a {cfg.model.type}, which has '
            'neither teacher nor student: leave it out.'
        )
    if target_statistics:
        raise UserError(
            f'--target-statistics needs target data, which a {cfg.model.type} is '
            'trained without: name the config of an adaptation.'
        )


def _check_out(out: Optional[str], dump_submission: Optional[str]) -> None:
    """Refuse a file that the results could not be written to at the end."""
    if out is None:
        return
    if not osp.isdir(osp.dirname(out) or '.'):
        raise UserError(f'There is no folder for --out {out}: make it.')
    if dump_submission is not None:
        raise UserError('--dump-submission scores nothing: leave --out out.')
    check_writable(out)
