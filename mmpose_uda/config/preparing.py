"""What a config needs before anything is built of it."""

import importlib.util
import inspect
import os
import os.path as osp
import subprocess
from typing import Any, Optional

import torch
from mmengine.config import Config
from mmengine.device import get_device

from mmpose_uda.config.explaining import closest
from mmpose_uda.config.reading import drop_options_of_workers, require
from mmpose_uda.errors import UserError


def prepare_data(cfg: Config) -> None:
    """Make the built-in data that ``cfg.builtin_data`` names, unless it is there.

    Raises:
        UserError: ``builtin_data`` has a misspelt key.
    """
    if cfg.get('builtin_data') is None:
        return
    # the generator is not about adaptation: nothing loads it but what makes data
    from mmpose_uda.synthetic import ensure_builtin

    known = inspect.signature(ensure_builtin).parameters
    for key in cfg.builtin_data:
        if key not in known:
            raise UserError(
                f'`builtin_data` in {cfg.filename} has no `{key}`: {closest(key, known)}.'
            )
    ensure_builtin(**cfg.builtin_data)


def shrink_builtin_data(cfg: Config, root: str, num_train: int, num_test: int) -> None:
    """Let built-in data be a few images in another folder.

    Args:
        cfg (Config): With ``builtin_data``; its folder is renamed wherever it is named.
        root (str): Their folder.
        num_train (int): Training images of each domain.
        num_test (int): Test images.
    """
    before = cfg.builtin_data.root.rstrip('/')
    cfg.builtin_data.update(num_train=num_train, num_test=num_test)
    cfg.builtin_data.root = before
    _move_paths(cfg, before, root)


def _move_paths(node: Any, root: str, moved: str) -> None:
    """Rename a folder wherever a config names it or what lies in it."""
    for key, value in list(node.items() if hasattr(node, 'items') else enumerate(node)):
        if isinstance(value, str) and f'{value}/'.startswith(f'{root}/'):
            node[key] = moved + value.removeprefix(root)
        elif isinstance(value, (dict, list)):
            _move_paths(value, root, moved)


def check_seed(seed: int) -> None:
    """Refuse a ``--seed`` that NumPy does not take.

    Raises:
        UserError: It is such a one.
    """
    if not 0 <= seed < 2**32:
        raise UserError(f'--seed {seed} is none: let it be from 0 to {2**32 - 1}.')


def load_in_this_process(cfg: Config, batch_size: Optional[int] = None) -> None:
    """Let the training data be loaded without workers, to look at a few batches.

    Args:
        cfg (Config): Changed in place.
        batch_size (int, optional): Images of each domain; the config's where it is None.

    Raises:
        UserError: The config has no such data or no model, or the batch is none.
    """
    require(cfg, 'model', 'train_dataloader')
    if batch_size is not None and batch_size < 1:
        raise UserError(f'A batch of {batch_size} images is none: ask for 1 or more.')
    loader = cfg.train_dataloader
    loader.update(num_workers=0, batch_size=batch_size or loader.batch_size)
    drop_options_of_workers(cfg)


def set_work_dir(cfg: Config, work_dir: Optional[str], suffix: str = '') -> None:
    """Argument before config before ``./work_dirs/<name of the config>``."""
    name = osp.splitext(osp.basename(cfg.filename))[0]
    default = cfg.get('work_dir') or osp.join('./work_dirs', name)
    cfg.work_dir = work_dir or default + suffix


def set_launcher(cfg: Config, launcher: str) -> None:
    """Choose between one process, NCCL on GPUs and gloo on CPUs.

    Raises:
        UserError: The launcher has not started this process, or started more processes
            than there are GPUs.
    """
    cfg.launcher = launcher
    if launcher == 'none':
        return
    if launcher == 'pytorch' and 'RANK' not in os.environ:
        raise UserError(
            '--launcher pytorch needs torchrun around it: use `bash '
            'tools/dist_train.sh CONFIG NPROC`.'
        )
    gpus = torch.cuda.device_count()
    local = int(os.environ.get('LOCAL_WORLD_SIZE', 1))
    if gpus >= local:
        cfg.merge_from_dict({'env_cfg.dist_cfg.backend': 'nccl'})
    elif gpus:
        raise UserError(
            f'{local} processes were started for {gpus} GPUs: start {gpus} or fewer.'
        )
    elif launcher == 'mpi':
        raise UserError('--launcher mpi needs GPUs: without, use --launcher pytorch.')
    elif get_device() == 'cpu':
        if launcher == 'slurm':
            _name_slurm_process()
        _start_gloo(cfg)


def require_whole_parameters(cfg: Config) -> None:
    """Refuse what shards parameters, over processes or within an engine of its own.

    Raises:
        UserError: The config has a ``strategy`` of mmengine's ``FlexibleRunner``, or a
            wrapper that shards.
    """
    named = [
        ('strategy', (cfg.get('strategy') or {}).get('type')),
        ('runner_type', cfg.get('runner_type')),
        ('model_wrapper_cfg', (cfg.get('model_wrapper_cfg') or {}).get('type')),
    ]
    for key, kind in named:
        if kind and kind not in ('Runner', 'MMDistributedDataParallel'):
            raise UserError(
                f"`{key}` of {cfg.filename} is {kind}, and the teacher's average runs over "
                'whole parameters that every process has: leave it out, and train with '
                '`bash tools/dist_train.sh CONFIG NPROC`.'
            )


def _name_slurm_process() -> None:
    """Tell torch what Slurm calls this process, as mmengine does where there are GPUs.

    Raises:
        UserError: Slurm has not started this process.
    """
    slurm = {key: os.environ.get(f'SLURM_{key}') for key in ('PROCID', 'NTASKS')}
    if None in slurm.values():
        raise UserError(
            '--launcher slurm needs srun around it: use `bash tools/slurm_train.sh '
            'PARTITION JOB_NAME CONFIG`.'
        )
    os.environ.update(RANK=slurm['PROCID'], WORLD_SIZE=slurm['NTASKS'])
    os.environ.setdefault('LOCAL_RANK', os.environ.get('SLURM_LOCALID', '0'))
    os.environ.setdefault('MASTER_PORT', '29500')
    if 'MASTER_ADDR' not in os.environ:
        nodes = ['scontrol', 'show', 'hostnames', os.environ.get('SLURM_NODELIST', '')]
        found = subprocess.run(nodes, capture_output=True, text=True, check=True)
        os.environ['MASTER_ADDR'] = found.stdout.split()[0]


def _start_gloo(cfg: Config) -> None:
    """Where mmengine would ask for a GPU: the process group and the wrapper."""
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group('gloo')
    wrapper = cfg.get('model_wrapper_cfg') or dict(
        type='MMDistributedDataParallel',
        broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False),
    )
    wrapper.setdefault('device_ids', None)
    cfg.model_wrapper_cfg = wrapper


def drop_missing_backends(cfg: Config) -> None:
    """Leave out TensorBoard where it is not installed."""
    visualizer = cfg.get('visualizer') or {}
    if importlib.util.find_spec('tensorboard') is None and 'vis_backends' in visualizer:
        visualizer.vis_backends = [
            backend
            for backend in visualizer.vis_backends
            if backend['type'] != 'TensorboardVisBackend'
        ]
