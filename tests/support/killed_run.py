"""A refinement in a process of its own, to be killed."""
import multiprocessing
import os
import shutil
import signal
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, Dict, Optional

# Children are forked from a server that has imported everything but never
# computed: starting one takes a moment instead of many seconds.
CONTEXT = multiprocessing.get_context('forkserver')
CONTEXT.set_forkserver_preload(['posefix_mm.apis', 'killed_run'])


def refine(arguments: Dict[str, Any], limit: Optional[int] = None) -> None:
    """Refine a file; what the child runs.

    Args:
        arguments (Dict[str, Any]): Of ``refine_results``.
        limit (int, optional): Bytes that a file may have.
    """
    import torch

    from posefix_mm.apis import refine_results
    torch.set_num_threads(1)
    if limit is not None:
        import resource
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    try:
        refine_results(**arguments)
    except OSError as error:
        Path(f'{arguments["out"]}.error').write_text(str(error))
        os._exit(1)


def start(arguments: Dict[str, Any],
          limit: Optional[int] = None) -> BaseProcess:
    """Start a run."""
    process = CONTEXT.Process(target=refine, args=(arguments, limit))
    process.start()
    return process


def kill_after(process: BaseProcess, seconds: float) -> bool:
    """Kill a run, unless it ends before; tell whether it was killed."""
    process.join(seconds)
    if process.exitcode is None:
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    return process.exitcode == -signal.SIGKILL


def remove(path: Path) -> None:
    """Remove a file or folder, if it is there."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def duration(arguments: Dict[str, Any]) -> float:
    """Seconds of a run that is left alone."""
    started = time.monotonic()
    process = start(arguments)
    process.join()
    assert process.exitcode == 0
    return time.monotonic() - started
