"""The whole chain on drawn pictures, in minutes on two cores."""
import shutil
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Optional, Union

from mmengine.config import Config
from rich.console import Console
from rich.progress import (
    Progress,
    TaskID,
)

from ..evaluation import comparison_table
from ..file_refinement.refine_results import refine_results
from ..file_refinement.refine_summary import RefineSummary
from ..testing import write_dataset
from ..visualization.report import write_report
from .tool_runner import ToolRunner, progress_bars

ESTIMATOR = ('body_2d_keypoint/rtmpose/demo/'
             'rtmpose_tiny_1xb32-14e_demo-64x48.py')
REFINER = ('body_2d_keypoint/posefix/demo/'
           'posefix_tiny_1xb32-14e_demo-64x48.py')


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
    draw_data(data, size, seed)
    tools = ToolRunner(root, out_dir, seed)
    # Reading configs is not safe in threads.
    plan = [(name, config, size.epochs or Config.fromfile(
        root / 'configs' / config).train_cfg.max_epochs)
            for name, config in (('estimator', ESTIMATOR), ('refiner',
                                                            REFINER))]
    # The refiner needs nothing of the estimator to train, so they share the
    # machine, half of the cores each.
    with ThreadPoolExecutor() as pool, progress_bars() as bar:
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
    with progress_bars() as bar:
        poses = tools.test('estimator', ESTIMATOR, estimator, bar)
    summary = refine_results(
        root / 'configs' / REFINER,
        refiner,
        poses,
        data / 'val' / 'images',
        out_dir / 'refined.keypoints.json',
        ann=data / 'val' / 'annotations.json',
        show_dir=out_dir / 'pictures',
        show_limit=size.pictures,
        allow_empty=True)  # a short training may be sure of nobody
    _show(summary, out_dir, time.monotonic() - started)
    _write_report(summary, poses, data / 'val', out_dir)
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
    """Draw pictures to train and to test on, with different people.

    Args:
        data (Path): Folder for the folders ``train`` and ``val``.
        size (DemoSize): How many pictures.
        seed (int): Seed of both.
    """
    first_val = size.train_images + 1
    with progress_bars() as bar:
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


def _show(summary: RefineSummary, out_dir: Path, seconds: float) -> None:
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


def _write_report(summary: RefineSummary, poses: Path, data: Path,
                  out_dir: Path) -> None:
    """Write the page of what refinement did, and name it."""
    console = Console()
    if not summary.refined:  # of a training too short to find anybody
        console.print('no report: no pose could be refined')
        return
    page = write_report(
        poses,
        out_dir / 'refined.keypoints.json',
        data / 'images',
        out_dir / 'report',
        ann=data / 'annotations.json')
    console.print(f'report, for a browser: {page}', soft_wrap=True)
