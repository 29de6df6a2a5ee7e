"""Start as one of several processes."""
import os

import torch
from mmengine.dist import init_dist

from .._compat import launch_without_cuda

# A process that is done waits for the slowest one.
_TIMEOUT_SECONDS = 7 * 24 * 3600


def launch(launcher: str, device: str) -> str:
    """Join the processes of a launcher, as mmengine's runner does.

    Args:
        launcher (str): ``'none'``, ``'pytorch'``, ``'slurm'`` or ``'mpi'``.
        device (str): Device of the command; ``'cuda'`` becomes that of this
            process.

    Returns:
        str: Device of this process.

    Raises:
        ValueError: If this process was not started by the launcher.
    """
    if launcher == 'none':
        return device
    launch_without_cuda()
    backend = 'nccl' if device.startswith('cuda') else 'gloo'
    try:
        init_dist(launcher, backend=backend, timeout=_TIMEOUT_SECONDS)
    except KeyError as error:
        raise ValueError(
            f'--launcher {launcher} is for processes that it starts, and '
            f'{error.args[0]} is not set; with pytorch: `torchrun '
            '--nproc_per_node 2 -m posefix_mm.cli ...`') from error
    if device == 'cuda':
        return f'cuda:{torch.cuda.current_device()}'
    if launcher == 'pytorch' and 'OMP_NUM_THREADS' not in os.environ:
        torch.set_num_threads(1)
    return device
