"""Run mmpose's tools as a user runs them, with progress."""
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from ..progress import SteadyProgress

# "Epoch(train)  [3][ 40/110]", as mmengine logs it
_LOG_LINE = re.compile(r'Epoch\(\w+\)\s+(?:\[(\d+)\])?\[\s*(\d+)/(\d+)\]')
# glibc gives large blocks back to the system at every step; keeping them
# makes training on a CPU up to twice as fast
_ENVIRONMENT = {
    'MALLOC_MMAP_THRESHOLD_': '4294967296',
    'MALLOC_TRIM_THRESHOLD_': '17179869184',
}


def progress_bars() -> SteadyProgress:
    """Bars with a title, a percentage, and times."""
    return SteadyProgress(
        TextColumn('{task.description:34}'), BarColumn(),
        TextColumn('{task.percentage:3.0f}%'), TimeElapsedColumn(),
        TimeRemainingColumn())


class ToolRunner:
    """mmpose's tools, run as a user runs them, with a progress bar.

    Args:
        root (Path): Folder with ``configs`` and ``tools``.
        out_dir (Path): Folder to run in.
        seed (int): Seed of training.
    """

    def __init__(self, root: Path, out_dir: Path, seed: int) -> None:
        self.root = root
        self.out_dir = out_dir
        self.seed = seed
        self.stopped = False
        self.processes: list[subprocess.Popen] = []

    def stop(self) -> None:
        """End the tools that still run."""
        self.stopped = True
        for process in self.processes:
            process.terminate()

    def train(self, name: str, config: str, epochs: int,
              bar: Progress) -> str:
        """Train a network and return its checkpoint."""
        work_dir = self.out_dir / name
        self._run(bar, f'training the {name}', name, 'train', config, [
            '--work-dir', str(work_dir), '--no-validate', '--cfg-options',
            f'train_cfg.max_epochs={epochs}',
            f'param_scheduler.1.T_max={epochs}',
            f'randomness.seed={self.seed}'], epochs)
        return str(work_dir / f'epoch_{epochs}.pth')

    def test(self, name: str, config: str, checkpoint: str,
             bar: Progress) -> Path:
        """Run a network on the test pictures and return its results."""
        prefix = self.out_dir / name
        self._run(bar, f'running the {name}', f'{name}_test', 'test', config, [
            checkpoint, '--work-dir', str(prefix), '--cfg-options',
            f'test_evaluator.outfile_prefix={prefix}'])
        return self.out_dir / f'{name}.keypoints.json'

    def _run(self, bar: Progress, title: str, log_name: str, tool: str,
             config: str, arguments: Sequence[str], epochs: int = 1) -> None:
        """Run one tool; its output goes to a log file."""
        tool = f'tools/{tool}.py'
        log = self.out_dir / f'{log_name}.log'
        threads = max(1, (os.cpu_count() or 1) // 2)
        with log.open('w') as file, subprocess.Popen(
                [sys.executable, '-W', 'ignore', str(self.root / tool),
                 str(self.root / 'configs' / config), *arguments],
                cwd=self.out_dir, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True,
                env={**os.environ, **_ENVIRONMENT,
                     'OMP_NUM_THREADS': str(threads)}) as process:
            self.processes.append(process)
            if self.stopped:
                process.terminate()
            task = bar.add_task(title, total=None)
            for line in process.stdout:
                file.write(line)
                match = _LOG_LINE.search(line)
                if match is not None:
                    epoch, step, steps = (
                        int(part or 1) for part in match.groups())
                    bar.update(task, completed=(epoch - 1) * steps + step,
                               total=epochs * steps)
        if process.returncode != 0:
            tail = ''.join(log.read_text().splitlines(keepends=True)[-15:])
            raise RuntimeError(
                f'{tool} failed with exit status {process.returncode}; '
                f'the last lines of {log}:\n{tail}')
        bar.update(task, total=1, completed=1)
