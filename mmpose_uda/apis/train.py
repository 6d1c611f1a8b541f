"""Training: what ``tools/train.py`` does."""

import inspect
import logging
from typing import Any, Optional

from mmengine.config import Config
from mmengine.dataset import DefaultSampler
from mmengine.logging import print_log
from mmengine.runner import Runner
from mmpose.registry import DATASETS

from mmpose_uda.config import (
    check_arguments,
    check_evaluators,
    check_fit,
    check_new,
    check_resumed,
    check_seed,
    drop_missing_backends,
    last_checkpoint,
    load_config,
    own_work_dir,
    prepare_data,
    prepare_step,
    require,
    require_checkpoint,
    require_checkpoints,
    require_data,
    require_paths,
    require_whole_parameters,
    set_launcher,
    set_work_dir,
    shorten,
    take_labels_from_samples,
    user_errors,
    warn_of_long_ramps,
)
from mmpose_uda.datasets.samplers import EpochDrawSampler
from mmpose_uda.engine.hooks import PreemptionHook
from mmpose_uda.errors import UserError


def train(
    config: str,
    work_dir: Optional[str] = None,
    resume: Optional[str] = None,
    amp: Optional[str] = None,
    seed: Optional[int] = None,
    cfg_options: Optional[dict[str, Any]] = None,
    launcher: str = 'none',
    smoke: bool = False,
) -> Runner:
    """Train what a config describes, all its phases.

    Args:
        config (str): Path of the config.
        work_dir (str, optional): Where checkpoints, logs and results go. Defaults to
            the config's own, or ``./work_dirs/<name of the config>``.
        resume (str, optional): 'auto' for the last checkpoint of ``work_dir``, or for the
            beginning if there is none yet; or the path of a checkpoint.
        amp (str, optional): Mixed precision: 'bf16', 'fp16', or 'auto', which is fp16 on a
            GPU and bf16 on a CPU.
        seed (int, optional): Seed of weights, order of data and augmentation. The built-in
            data have their own seed in the config.
        cfg_options (dict, optional): Dotted key -> value, merged into the config.
        launcher (str): 'none', 'pytorch', 'slurm' or 'mpi'.
        smoke (bool): Two steps per phase on little data, to check that everything runs;
            what ``cfg_options`` sets is kept.

    Returns:
        Runner: The runner after training.

    Raises:
        UserError: A mistake that the user can fix.
        Preempted: SIGTERM stopped the training, after it saved.
    """
    cfg = load_config(config, cfg_options)
    require(cfg, 'model', 'train_dataloader', 'train_cfg', 'optim_wrapper')
    require_data(cfg)
    _require_optimizer(cfg)
    set_work_dir(cfg, work_dir, suffix='_smoke' if smoke else '')
    with user_errors(cfg):
        if seed is not None:
            _set_seed(cfg, seed)
        check_arguments(cfg)
        prepare_step(cfg, amp)
        if smoke:
            shorten(cfg, given=cfg_options)
        if resume is None and cfg.get('resume') and not cfg.get('load_from'):
            resume = 'auto'
        if resume is not None:
            _set_resume(cfg, resume)
        drop_missing_backends(cfg)
        require_whole_parameters(cfg)
        set_launcher(cfg, launcher)
        check_evaluators(cfg)
        take_labels_from_samples(cfg)
        check_fit(cfg)
        prepare_data(cfg)
        require_paths(cfg, 'train_dataloader', 'val_dataloader')
        require_checkpoints(cfg)
        with own_work_dir(cfg):
            if cfg.get('resume') and cfg.get('load_from'):
                check_resumed(cfg)
            elif work_dir or not smoke:  # the result of a smoke training is worth nothing
                check_new(cfg)
            runner = Runner.from_cfg(cfg)
            runner.register_hook(stop := PreemptionHook())
            _require_batches(cfg, runner)
            if not smoke:
                warn_of_long_ramps(cfg, runner.train_loop.max_iters)
            with stop.listening():
                runner.train()
    return runner


def _require_optimizer(cfg: Config) -> None:
    """Refuse a wrapper without an optimizer, which mmengine takes for several wrappers."""
    if not {'optimizer', 'constructor'} & set(cfg.optim_wrapper):
        raise UserError(
            f'`optim_wrapper` of the config {cfg.filename} has no `optimizer`: add it.'
        )


def _require_batches(cfg: Config, runner: Runner) -> None:
    """Refuse data without a batch: a run would end at once, or search for one for ever."""
    loader = runner.train_loop.dataloader
    is_endless = not isinstance(loader.sampler, (DefaultSampler, EpochDrawSampler))
    if not len(loader.dataset) or not (is_endless or len(loader)):
        raise UserError(
            f'`train_dataloader` of {cfg.filename} makes no batch of its '
            f'{len(loader.dataset)} samples: correct its `dataset`, or use a smaller '
            '`batch_size`.'
        )


def _set_seed(cfg: Config, seed: int) -> None:
    check_seed(seed)
    cfg.randomness = dict(cfg.get('randomness') or {}, seed=seed)
    dataset = cfg.train_dataloader.dataset
    kind = DATASETS.get(dataset.type)
    if kind is not None and 'seed' in inspect.signature(kind).parameters:
        dataset.seed = seed


def _set_resume(cfg: Config, resume: str) -> None:
    path = last_checkpoint(cfg.work_dir) if resume == 'auto' else resume
    if path is None:
        print_log(
            f'There is no checkpoint in {cfg.work_dir} to go on from: the run begins '
            'from the start.',
            'current',
            logging.WARNING,
        )
        return
    cfg.resume, cfg.load_from = True, path
    require_checkpoint(path)
