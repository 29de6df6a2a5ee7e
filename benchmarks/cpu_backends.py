"""Speed of every back end on the CPU, beside plain PyTorch.

One batch of crops of drawn people runs in turn through plain PyTorch (what
``PoseRefiner.refine`` does without changes: fp32, contiguous memory, batch
norms by themselves) and through every back end and precision, round after
round. The table shows the median speed, the median of the rounds' ratios to
plain PyTorch, how far coordinates are from its, in pixels of the input, and
the share of keypoints that are more than a pixel away::

    python benchmarks/cpu_backends.py --json cpu_backends.json

Without a checkpoint, weights are random. The maps of such a network are flat
and all of its coordinates alike; batch norms are therefore given the
statistics of these crops, and the last layer a scale that makes peaks.
"""
import argparse
import os
import tempfile
import time
import warnings
from pathlib import Path
from statistics import median
from typing import Callable, Dict, List, NamedTuple, Optional, Tuple

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from rich.console import Console
from rich.table import Table
from torch import nn

from posefix_mm.fileio import read_json, write_json
from posefix_mm.inference import Cropper, Crops, PoseArrays
from posefix_mm.inference.backends import build_backend
from posefix_mm.inference.predictor import (
    build_test_dataset,
    find_refiner,
    load_refiner,
    load_refiner_config,
)
from posefix_mm.testing import write_dataset

ROOT = Path(__file__).resolve().parents[1]
CONFIG = (ROOT / 'configs/body_2d_keypoint/posefix/coco/'
          'posefix_res50_4xb32-140e_coco-256x192.py')
PLAIN = 'plain PyTorch', 'fp32'
CASES = (('torch', 'fp32'), ('torch', 'bf16'), ('compile', 'fp32'),
         ('compile', 'bf16'), ('onnxruntime', 'fp32'), ('openvino', 'fp32'),
         ('openvino', 'bf16'))
#: Standard deviation of the maps before their softmax; the peaks of the
#: softmax are then around 0.3.
SPREAD = 3.

Case = Tuple[str, str]
Call = Callable[[], Tuple[np.ndarray, np.ndarray]]


class Row(NamedTuple):
    """What was measured of one case."""

    backend: str
    precision: str
    poses_per_second: float
    ratio: float
    max_dx: float
    median_dx: float
    over_1px: float


def draw_crops(input_size: Tuple[int, int], number: int) -> Crops:
    """Draw people with 17 joints and crop them by poses that jitter.

    Args:
        input_size (Tuple[int, int]): [w, h].
        number (int): N.

    Returns:
        Crops: N crops.
    """
    rng = np.random.default_rng(0)
    crop = Cropper(input_size)
    parts: List[Crops] = []
    with tempfile.TemporaryDirectory() as folder:
        file = write_dataset(folder, number, seed=1)
        for one in read_json(file)['annotations']:
            pose = np.array(one['keypoints'], np.float32).reshape(1, -1, 3)
            visible = pose[..., 2] > 0
            if not visible.any():
                continue
            pose[..., :2] += rng.normal(0, 3, pose[..., :2].shape)
            image = _read_image(Path(folder), one['image_id'])
            parts.append(
                crop(
                    image,
                    PoseArrays(pose[..., :2].copy(), visible,
                               visible.astype(np.float32))))
    return Crops.concatenate(parts).take(slice(number))


def _read_image(folder: Path, image_id: int) -> np.ndarray:
    return cv2.imread(str(folder / f'images/{image_id:06d}.jpg'))


def give_peaks(model: nn.Module, crops: Crops) -> None:
    """Change random weights so that maps have peaks, as trained ones have.

    Args:
        model (nn.Module): A ``PoseRefiner`` in evaluation mode.
        crops (Crops): What batch norms see.
    """
    images, pose, visible = (
        torch.from_numpy(array) for array in crops.take(slice(8))[:3])
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
        norm.train()
    with torch.no_grad():
        inputs = model.add_maps(
            model.normalize(images.permute(0, 3, 1, 2)), pose, visible)
        head, maps = model.head, []
        hook = head.final_layer.register_forward_hook(
            lambda _, __, output: maps.append(output))
        for training in (True, False):
            for norm in norms:
                norm.train(training)
            head(model.extract_feat(inputs))
        hook.remove()
        spread = maps[-1].flatten(2).std(-1).mean()
        head.final_layer.weight.mul_(SPREAD / spread)
        head.final_layer.bias.zero_()


def write_weights(cfg: Config, crops: Crops, path: Path) -> None:
    """Write random weights, the same every time.

    Args:
        cfg (Config): Of the refiner.
        crops (Crops): What batch norms see.
        path (Path): The checkpoint.
    """
    torch.manual_seed(0)
    cfg.model.backbone.init_cfg = None
    model = load_refiner(cfg, None, 'cpu')
    model.init_weights()
    give_peaks(model, crops)
    torch.save(dict(state_dict=model.state_dict()), path)


def plain_call(cfg: Config, checkpoint: str, crops: Crops,
               flip_indices: List[int]) -> Call:
    """Prepare plain PyTorch.

    Args:
        cfg (Config): Of the refiner.
        checkpoint (str): Its weights.
        crops (Crops): N crops.
        flip_indices (List[int]): Twin of every keypoint, (K, ).

    Returns:
        Callable: Refines the batch.
    """
    model = load_refiner(cfg, checkpoint, 'cpu')
    model.memory_format = torch.contiguous_format
    model.to(memory_format=torch.contiguous_format)

    @torch.inference_mode()
    def call() -> Tuple[np.ndarray, np.ndarray]:
        images, pose, visible = map(torch.from_numpy, crops[:3])
        keypoints, confidences = model.refine(
            images.permute(0, 3, 1, 2).contiguous(), pose, visible,
            flip_indices)
        return keypoints.numpy(), confidences.numpy()

    return call


def prepare(cfg: Config, checkpoint: str, crops: Crops, metainfo: dict,
            cases: List[Case], say: Callable[[str], None]) -> Dict[Case, Call]:
    """Load every case and run it once.

    Args:
        cfg (Config): Of the refiner.
        checkpoint (str): Its weights.
        crops (Crops): N crops.
        metainfo (dict): Skeleton.
        cases (List[Case]): Back ends and precisions.
        say (Callable[[str], None]): Told what cannot run, and how long
            loading took.

    Returns:
        Dict[Case, Call]: What refines the batch, plain PyTorch first.
    """
    calls = {
        PLAIN: plain_call(cfg, checkpoint, crops, metainfo['flip_indices'])
    }
    for backend, precision in cases:
        start = time.perf_counter()
        model = load_refiner(cfg, checkpoint, 'cpu')
        try:
            runner = build_backend(
                model, metainfo, backend=backend, precision=precision)
        except (ImportError, RuntimeError, ValueError) as error:
            say(f'left out: {backend} {precision}: {error}')
            continue
        calls[backend, precision] = lambda run=runner: run.start(crops)()
        calls[backend, precision]()
        say(f'{backend} {precision}: loaded in '
            f'{time.perf_counter() - start:.1f} s')
    return calls


def measure(calls: Dict[Case, Call], number: int, repeats: int) -> List[Row]:
    """Measure all cases in turn.

    Args:
        calls (Dict[Case, Call]): What refines the batch.
        number (int): N.
        repeats (int): Rounds.

    Returns:
        List[Row]: One for each case.
    """
    wanted = calls[PLAIN]()[0]
    times: Dict[Case, List[float]] = {case: [] for case in calls}
    distances = {}
    for _ in range(repeats):
        for case, call in calls.items():
            start = time.perf_counter()
            keypoints = call()[0]
            times[case].append(time.perf_counter() - start)
            distances[case] = np.linalg.norm(keypoints - wanted, axis=-1)
    return [
        Row(*case, number / median(times[case]),
            float(np.median(np.divide(times[PLAIN], times[case]))),
            float(distances[case].max()), float(np.median(distances[case])),
            float((distances[case] > 1).mean()))
        for case in calls
    ]


def run(config: Path,
        checkpoint: Optional[str],
        *,
        batch_size: int,
        repeats: int,
        cases: List[Case],
        say: Callable[[str], None]) -> dict:
    """Run the benchmark.

    Args:
        config (Path): Of a refiner of 17 keypoints.
        checkpoint (str | None): Its weights; None for random ones.
        batch_size (int): N.
        repeats (int): Rounds.
        cases (List[Case]): Back ends and precisions.
        say (Callable[[str], None]): Told about progress.

    Returns:
        dict: ``rows`` and what they depend on.
    """
    cfg = load_refiner_config(config, pretrained=False)
    metainfo = build_test_dataset(cfg).metainfo
    crops = draw_crops(cfg.model.head.decoder.input_size, batch_size)
    with tempfile.TemporaryDirectory() as folder:
        weights = checkpoint
        if weights is None:
            weights = str(Path(folder) / 'random.pth')
            write_weights(cfg, crops, Path(weights))
        calls = prepare(cfg, weights, crops, metainfo, cases, say)
    rows = measure(calls, len(crops), repeats)
    return dict(
        config=Path(config).name,
        weights='random' if checkpoint is None else Path(checkpoint).name,
        batch_size=len(crops),
        repeats=repeats,
        threads=torch.get_num_threads(),
        processor=torch.cpu.get_capabilities().get('cpu_name'),
        load_average=os.getloadavg()[0],
        mean_confidence=float(calls[PLAIN]()[1].mean()),
        rows=[row._asdict() for row in rows])


def make_table(result: dict) -> Table:
    """Lay the result out.

    Args:
        result (dict): What :func:`run` returns.

    Returns:
        Table: To be printed.
    """
    table = Table(
        title=f"{result['config']}, {result['weights']} weights, flip test, "
        f"batch {result['batch_size']}, {result['threads']} threads")
    for name in ('backend', 'precision', 'poses/s', 'ratio', 'max dx',
                 'median dx', 'over 1 px'):
        table.add_column(name, justify='right' if ' ' in name or '/' in name
                         or name == 'ratio' else 'left')
    for row in map(lambda fields: Row(**fields), result['rows']):
        table.add_row(row.backend, row.precision,
                      f'{row.poses_per_second:.2f}', f'{row.ratio:.2f}x',
                      f'{row.max_dx:.2g}', f'{row.median_dx:.2g}',
                      f'{row.over_1px:.1%}')
    return table


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--config', default=CONFIG, help='of a refiner')
    parser.add_argument('--checkpoint', help='weights (default: random)')
    parser.add_argument('--batch-size', type=int, default=32)
    parser.add_argument('--repeats', type=int, default=5, help='rounds')
    parser.add_argument(
        '--cases',
        nargs='+',
        default=['-'.join(case) for case in CASES],
        choices=['-'.join(case) for case in CASES],
        metavar='CASE',
        help='such as openvino-bf16 (default: all)')
    parser.add_argument('--json', help='file to write the result to')
    return parser.parse_args()


def main() -> None:
    """Measure and print a table."""
    args = parse_args()
    warnings.filterwarnings('ignore')  # of the libraries below
    MMLogger.get_current_instance().setLevel('WARNING')
    console = Console(stderr=True)
    files = (args.config, None) if args.checkpoint is None else find_refiner(
        args.config, args.checkpoint)
    result = run(
        *files,
        batch_size=args.batch_size,
        repeats=args.repeats,
        cases=[tuple(case.split('-')) for case in args.cases],
        say=lambda text: console.print(text, highlight=False, markup=False))
    Console().print(make_table(result))
    if args.json:
        write_json(args.json, result)


if __name__ == '__main__':
    main()
