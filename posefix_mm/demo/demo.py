"""The whole chain on drawn pictures, in minutes on two cores."""
import shutil
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from mmengine.config import Config
from rich.console import Console

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
