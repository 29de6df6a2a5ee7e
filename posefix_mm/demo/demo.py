"""The whole chain on drawn pictures, in minutes on two cores."""
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

from mmengine.config import Config
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from ..evaluation import comparison_table
from ..file_refinement.refine_results import refine_results
from ..file_refinement.refine_summary import RefineSummary
from ..progress import SteadyProgress, TimeLeftColumn
from ..testing import write_dataset
from ..visualization.report import write_report

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
    """How much the demo does."""

    train_images: int = 1000  #: Pictures to train on
    val_images: int = 250  #: Pictures to test on
    #: Epochs of both networks. Defaults to what their configs say, the same
    #: for both.
    epochs: int | None = None


def run_demo(out_dir: str | Path, root: str | Path, *, size: DemoSize,
             seed: int = 0) -> RefineSummary:
    """Draw data, train an estimator and a refiner, refine, and compare.

    Args:
        out_dir (str | Path): Folder for everything that is made. An earlier
            demo in it is replaced.
        root (str | Path): Folder with ``configs`` and ``tools``.
        size (DemoSize): How much to do.
        seed (int): Seed of the data and of training.

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
    draw_data(data, size, seed)
    tools = ToolRunner(root, out_dir, seed)
    # Reading configs is not safe in threads.
    plan = [(name, config, size.epochs or Config.fromfile(
        root / 'configs' / config).train_cfg.max_epochs)
            for name, config in (('estimator', ESTIMATOR),
                                 ('refiner', REFINER))]
    # The refiner needs nothing of the estimator to train, so they share the
    # machine, half of the cores each.
    with ThreadPoolExecutor() as pool, progress_bars() as bar:
        trainings = [pool.submit(tools.train, *step, bar) for step in plan]
        try:
            for training in as_completed(trainings):
                training.result()
        except BaseException:
            tools.stop()  # the other one need not go on
            raise
        estimator, refiner = (training.result() for training in trainings)
    with progress_bars() as bar:
        poses = tools.test('estimator', ESTIMATOR, estimator, bar)
    refined, ann = out_dir / 'refined.keypoints.json', (
        data / 'val' / 'annotations.json')
    summary = refine_results(
        root / 'configs' / REFINER, refiner, poses, data / 'val' / 'images',
        refined, ann=ann, show_dir=out_dir / 'pictures', show_limit=24,
        allow_empty=True)  # a short training may be sure of nobody
    console = Console(soft_wrap=True)
    console.print(comparison_table(
        summary.before, summary.after,
        title='poses of the estimator, before and after refinement'))
    minutes = (time.monotonic() - started) / 60
    console.print(
        f'{summary.refined} poses refined, {summary.dropped} dropped as '
        f'duplicates, {len(summary.unrefined)} not refined; {minutes:.1f} '
        f'minutes in all\npictures: {out_dir / "pictures"}\n'
        f'data, weights and logs: {out_dir}')
    if summary.refined:
        page = write_report(poses, refined, data / 'val' / 'images',
                            out_dir / 'report', ann=ann)
        console.print(f'report, for a browser: {page}')
    else:  # of a training too short to find anybody
        console.print('no report: no pose could be refined')
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


def draw_data(data: Path, size: DemoSize, seed: int) -> None:
    """Draw pictures for training and testing, with different people.

    They go to the folders ``train`` and ``val`` of ``data``.
    """
    with progress_bars() as bar:
        for name, count, first in (
                ('train', size.train_images, 1),
                ('val', size.val_images, size.train_images + 1)):
            task = bar.add_task(f'drawing {count} pictures ({name})',
                                total=count)
            write_dataset(
                data / name, count, seed=seed, image_size=(256, 192),
                simple=True, first_image_id=first,
                progress=lambda done, _, task=task: bar.update(
                    task, completed=done))


def progress_bars() -> SteadyProgress:
    """Bars with a title, a percentage, and times."""
    return SteadyProgress(
        TextColumn('{task.description:34}'), BarColumn(),
        TextColumn('{task.percentage:3.0f}%'), TimeElapsedColumn(),
        TimeLeftColumn())


@dataclass
class ToolRunner:
    """mmpose's tools, run as a user runs them, with a progress bar.

    Args:
        root (Path): Folder with ``configs`` and ``tools``.
        out_dir (Path): Folder to run in.
        seed (int): Seed of training.
    """

    root: Path
    out_dir: Path
    seed: int
    stopped: bool = field(default=False, init=False)
    processes: list[subprocess.Popen] = field(default_factory=list, init=False)

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
