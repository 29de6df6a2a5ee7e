"""The whole chain on drawn pictures, in minutes on two cores."""
import os
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import List, Optional, Sequence, Union

from mmengine.config import Config
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from ..evaluation import comparison_table
from ..synthetic import write_dataset
from .refine_results import RefineSummary, refine_results

ESTIMATOR = ('body_2d_keypoint/rtmpose/demo/'
             'rtmpose_tiny_1xb32-14e_demo-64x48.py')
REFINER = ('body_2d_keypoint/posefix/demo/'
           'posefix_tiny_1xb32-14e_demo-64x48.py')

# "Epoch(train)  [3][ 40/110]", as mmengine logs it
_LOG_LINE = re.compile(r'Epoch\(\w+\)\s+(?:\[(\d+)\])?\[\s*(\d+)/(\d+)\]')
# glibc gives large blocks back to the system at every step; keeping them
# makes training on a CPU up to twice as fast
_ENVIRONMENT = {
    'MALLOC_MMAP_THRESHOLD_': '4294967296',
    'MALLOC_TRIM_THRESHOLD_': '17179869184',
}


@dataclass
class DemoSize:
    """How much the demo does.

    Attributes:
        train_images (int): Pictures to train on.
        val_images (int): Pictures to test on.
        epochs (int, optional): Epochs of both networks. Defaults to what
            their configs say, the same for both.
        pictures (int): Side-by-side pictures to save.
    """

    train_images: int = 1000
    val_images: int = 250
    epochs: Optional[int] = None
    pictures: int = 24


def run_demo(out_dir: Union[str, Path],
             root: Union[str, Path],
             *,
             size: DemoSize,
             seed: int = 0) -> RefineSummary:
    """Draw data, train an estimator and a refiner, refine, and compare.

    Args:
        out_dir (str | Path): Folder for everything that is made. An earlier
            demo in it is replaced.
        root (str | Path): Folder with ``configs`` and ``tools``.
        size (DemoSize): How much to do.
        seed (int): Seed of the data and of training. Defaults to 0.

    Returns:
        RefineSummary: Of the refinement, with statistics before and after.

    Raises:
        ValueError: If ``out_dir`` holds something that is no demo.
        RuntimeError: If a tool fails; the message shows its last lines.
    """
    out_dir, root = Path(out_dir).resolve(), Path(root).resolve()
    _clear(out_dir)
    started = time.monotonic()
    # The configs' paths are relative to the folder that the tools run in.
    data = out_dir / 'data' / 'demo'
    _draw_data(data, size, seed)
    tools = _Tools(root, out_dir, seed)
    # Reading configs is not safe in threads.
    plan = [(name, config, size.epochs or Config.fromfile(
        root / 'configs' / config).train_cfg.max_epochs)
            for name, config in (('estimator', ESTIMATOR), ('refiner',
                                                            REFINER))]
    # The refiner needs nothing of the estimator to train, so they share the
    # machine, half of the cores each.
    with ThreadPoolExecutor() as pool, _progress() as bar:
        trainings = [
            pool.submit(tools.train, name, config, epochs, bar)
            for name, config, epochs in plan
        ]
        try:
            for training in as_completed(trainings):
                training.result()
        except BaseException:
            tools.stop()  # the other one need not go on
            raise
        estimator, refiner = (training.result() for training in trainings)
    with _progress() as bar:
        poses = tools.test('estimator', ESTIMATOR, estimator, bar)
    summary = refine_results(
        root / 'configs' / REFINER,
        refiner,
        poses,
        data / 'val' / 'images',
        out_dir / 'refined.keypoints.json',
        ann=data / 'val' / 'annotations.json',
        show_dir=out_dir / 'pictures',
        show_limit=size.pictures)
    _report(summary, out_dir, time.monotonic() - started)
    return summary


def _clear(out_dir: Path) -> None:
    """Empty the folder of an earlier demo; never touch another folder."""
    marker = out_dir / '.posefix_demo'
    if out_dir.exists() and any(out_dir.iterdir()):
        if not marker.is_file():
            raise ValueError(f'{out_dir} is not empty and holds no earlier '
                             'demo; name another folder')
        shutil.rmtree(out_dir)
    out_dir.mkdir(parents=True, exist_ok=True)
    marker.touch()


def _progress() -> Progress:
    return Progress(
        TextColumn('{task.description:34}'), BarColumn(),
        TextColumn('{task.percentage:3.0f}%'), TimeElapsedColumn(),
        TimeRemainingColumn())


def _draw_data(data: Path, size: DemoSize, seed: int) -> None:
    """Draw pictures to train and to test on, with different people."""
    first_val = size.train_images + 1
    with _progress() as bar:
        for name, count, first in (('train', size.train_images, 1),
                                   ('val', size.val_images, first_val)):
            task = bar.add_task(f'drawing {count} pictures ({name})')
            write_dataset(
                data / name,
                count,
                seed=seed,
                image_size=(256, 192),
                simple=True,
                first_image_id=first,
                progress=partial(_advance, bar, task))


def _advance(bar: Progress, task: TaskID, done: int, total: int) -> None:
    bar.update(task, completed=done, total=total)


class _Tools:
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
        self.threads = max(1, (os.cpu_count() or 1) // 2)
        self.processes: List[subprocess.Popen] = []

    def stop(self) -> None:
        """End the tools that still run."""
        self.stopped = True
        for process in self.processes:
            process.terminate()

    def train(self, name: str, config: str, epochs: int,
              bar: Progress) -> str:
        """Train a network and return its checkpoint."""
        work_dir = self.out_dir / name
        self._run(bar, f'training the {name}', name, [
            'tools/train.py', config, '--work-dir',
            str(work_dir), '--no-validate', '--cfg-options',
            f'train_cfg.max_epochs={epochs}',
            f'param_scheduler.1.T_max={epochs}',
            f'randomness.seed={self.seed}'
        ], epochs)
        return str(work_dir / f'epoch_{epochs}.pth')

    def test(self, name: str, config: str, checkpoint: str,
             bar: Progress) -> Path:
        """Run a network on the test pictures and return its results."""
        self._run(bar, f'running the {name}', f'{name}_test', [
            'tools/test.py', config, checkpoint, '--work-dir',
            str(self.out_dir / name), '--cfg-options',
            f'test_evaluator.outfile_prefix={self.out_dir / name}'
        ])
        return self.out_dir / f'{name}.keypoints.json'

    def _run(self, bar: Progress, title: str, log_name: str,
             command: Sequence[str], epochs: int = 1) -> None:
        """Run one tool; its output goes to a log file."""
        tool, config, *arguments = command
        log = self.out_dir / f'{log_name}.log'
        with log.open('w') as file, subprocess.Popen(
            [
                sys.executable, '-W', 'ignore',
                str(self.root / tool),
                str(self.root / 'configs' / config), *arguments
            ],
                cwd=self.out_dir,
                env={
                    **os.environ,
                    **_ENVIRONMENT, 'OMP_NUM_THREADS': str(self.threads)
                },
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True) as process:
            self.processes.append(process)
            if self.stopped:
                process.terminate()
            task = bar.add_task(title, total=None)
            for line in process.stdout:
                file.write(line)
                self._show(bar, task, line, epochs)
        if process.returncode != 0:
            tail = ''.join(log.read_text().splitlines(keepends=True)[-15:])
            raise RuntimeError(
                f'{tool} failed with exit status {process.returncode}; '
                f'the last lines of {log}:\n{tail}')
        bar.update(task, total=1, completed=1)

    @staticmethod
    def _show(bar: Progress, task: TaskID, line: str, epochs: int) -> None:
        """Move the bar by a line of the log."""
        match = _LOG_LINE.search(line)
        if match is None:
            return
        epoch, step, steps = (int(part or 1) for part in match.groups())
        bar.update(
            task,
            completed=(epoch - 1) * steps + step,
            total=epochs * steps)


def _report(summary: RefineSummary, out_dir: Path, seconds: float) -> None:
    """Show what the demo found."""
    console = Console()
    console.print(
        comparison_table(
            summary.before,
            summary.after,
            title='poses of the estimator, before and after refinement'))
    console.print(f'{summary.refined} poses refined, {summary.dropped} '
                  f'dropped as duplicates, {len(summary.unrefined)} not '
                  f'refined; {seconds / 60:.1f} minutes in all')
    console.print(
        f'pictures: {out_dir / "pictures"}\n'
        f'data, weights and logs: {out_dir}',
        soft_wrap=True)
