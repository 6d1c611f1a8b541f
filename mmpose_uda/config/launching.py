"""Set up one process or several, and what connects them."""

import os
import subprocess

import torch
from mmengine.config import Config
from mmengine.device import get_device

from mmpose_uda.errors import UserError


def check_seed(seed: int) -> None:
    """Refuse a ``--seed`` that NumPy does not accept.

    Raises:
        UserError: The seed is out of range.
    """
    if not 0 <= seed < 2**32:
        raise UserError(f'--seed {seed} is out of range: use 0 to {2**32 - 1}.')


def set_launcher(cfg: Config, launcher: str) -> None:
    """Choose between one process, NCCL on GPUs and gloo on CPUs.

    Args:
        cfg (Config): Changed in place.
        launcher (str): 'none', 'pytorch', 'slurm' or 'mpi'.

    Raises:
        UserError: The launcher has not started this process, or started more processes
            than there are GPUs.
    """
    cfg.launcher = launcher
    if launcher == 'none':
        return
    if launcher == 'pytorch' and 'RANK' not in os.environ:
        raise UserError(
            '--launcher pytorch must be started by torchrun: use `bash '
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
        raise UserError('--launcher mpi needs GPUs: use --launcher pytorch without them.')
    elif get_device() == 'cpu':
        if launcher == 'slurm':
            _name_slurm_process()
        _start_gloo(cfg)


def require_whole_parameters(cfg: Config) -> None:
    """Refuse settings that shard parameters, over processes or in an engine of their own.

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
                f'`{key}` of {cfg.filename} is {kind}, but the teacher is an average of '
                'whole parameters that every process has: leave it out, and train with '
                '`bash tools/dist_train.sh CONFIG NPROC`.'
            )


def _name_slurm_process() -> None:
    """Pass Slurm's ranks and addresses on to torch, as mmengine does if there are GPUs.

    Raises:
        UserError: Slurm has not started this process.
    """
    try:
        slurm = {key: os.environ[f'SLURM_{key}'] for key in ('PROCID', 'NTASKS')}
    except KeyError:
        raise UserError(
            '--launcher slurm must be started by srun: use `bash tools/slurm_train.sh '
            'PARTITION JOB_NAME CONFIG`.'
        ) from None
    os.environ.update(RANK=slurm['PROCID'], WORLD_SIZE=slurm['NTASKS'])
    os.environ.setdefault('LOCAL_RANK', os.environ.get('SLURM_LOCALID', '0'))
    os.environ.setdefault('MASTER_PORT', '29500')
    if 'MASTER_ADDR' not in os.environ:
        nodes = ['scontrol', 'show', 'hostnames', os.environ.get('SLURM_NODELIST', '')]
        found = subprocess.run(nodes, capture_output=True, text=True, check=True)
        os.environ['MASTER_ADDR'] = found.stdout.split()[0]


def _start_gloo(cfg: Config) -> None:
    """Set up the process group and the wrapper, for which mmengine would need a GPU."""
    if not torch.distributed.is_initialized():
        torch.distributed.init_process_group('gloo')
    wrapper = cfg.get('model_wrapper_cfg') or dict(
        type='MMDistributedDataParallel',
        broadcast_buffers=False,
        find_unused_parameters=cfg.get('find_unused_parameters', False),
    )
    wrapper.setdefault('device_ids', None)
    cfg.model_wrapper_cfg = wrapper
