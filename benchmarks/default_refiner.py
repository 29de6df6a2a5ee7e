"""Speed of the default refiner beside what it could be compared with.

The same crops run in turn through the refiner that comes with the package,
the small one that was the default before it, and MoveNet Thunder, that is,
the same network without an input pose and without predicted scores; by every
back end and precision, with and without the flip test, round after round::

    python benchmarks/default_refiner.py --json default_refiner.json

Cropping and writing are not part of it; see ``benchmarks/data_path.py``.
"""
import argparse
import json
import os
import time
import warnings
from pathlib import Path
from statistics import median
from typing import Callable, Dict, NamedTuple

import torch
from cpu_backends import CASES, draw_crops
from mmengine.logging import MMLogger
from mmpose.registry import MODELS
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from posefix_mm.fileio import write_json
from posefix_mm.inference.backends import build_backend
from posefix_mm.inference.predictor import (
    build_test_dataset,
    find_refiner,
    load_refiner,
    load_refiner_config,
)

DEFAULT = 'default refiner'
THUNDER = 'MoveNet Thunder'
SMALL = 'Lite0, 192x144'
SMALL_CONFIG = 'posefix_lite0_1xb32-16e_lspet-192x144'


@MODELS.register_module()
class ImagesOnly(nn.Module):
    """Leave the input pose out.

    Args:
        pose_channels (int): Not used.
    """

    def __init__(self, pose_channels: int) -> None:
        super().__init__()

    def attach(self, backbone: nn.Module) -> None:
        """Leave a backbone as it is."""

    def forward(self, backbone: nn.Module, inputs: Tensor) -> tuple:
        """Run the backbone on the image."""
        return backbone(inputs[:, :3])


class Row(NamedTuple):
    """What was measured: medians over the rounds."""

    backend: str
    precision: str
    flip_test: bool
    poses_per_second: Dict[str, float]


def load_networks(number: int) -> Dict[str, tuple]:
    """Find the networks and draw crops of their sizes.

    Returns:
        Dict[str, tuple]: Loader, skeleton and crops, by name.
    """
    networks = {}
    without_pose = {
        'model.fusion': dict(type='ImagesOnly'),
        'model.head.quality': None,
        'model.head.keep_margin': None,
        'model.head.merge_input': False
    }
    for name, config, options in ((DEFAULT, None, None),
                                  (THUNDER, None, without_pose),
                                  (SMALL, SMALL_CONFIG, None)):
        files = find_refiner(config, None)
        cfg = load_refiner_config(
            files.config, pretrained=False, cfg_options=options)
        checkpoint = None if options else files.checkpoint

        def load(cfg=cfg, checkpoint=checkpoint) -> nn.Module:
            return load_refiner(cfg, checkpoint, 'cpu')

        networks[name] = (load, build_test_dataset(cfg).metainfo,
                          draw_crops(cfg.codec.input_size, number))
    return networks


def measure(networks: Dict[str, tuple], backend: str, precision: str,
            flip_test: bool, repeats: int) -> Row:
    """Run all networks in turn.

    Raises:
        ImportError | RuntimeError | ValueError: If that back end can't.
    """
    calls: Dict[str, Callable[[], tuple]] = {}
    for name, (load, metainfo, crops) in networks.items():
        runner = build_backend(
            load(),
            metainfo,
            backend=backend,
            precision=precision,
            flip_test=flip_test)
        calls[name] = lambda run=runner, crops=crops: run.start(crops)()
        calls[name]()
    times = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - start)
    return Row(
        backend, precision, flip_test, {
            name: len(networks[name][2]) / median(spans)
            for name, spans in times.items()
        })


def make_table(result: dict) -> Table:
    """Lay the result out; ratios are to the default refiner."""
    table = Table(title=f"poses/s, batch {result['batch_size']}, "
                  f"{result['threads']} threads")
    names = list(result['rows'][0]['poses_per_second'])
    for column in ('back end', 'precision', 'flip test', *names):
        table.add_column(column)
    for row in result['rows']:
        speed = row['poses_per_second']
        table.add_row(
            row['backend'], row['precision'],
            'yes' if row['flip_test'] else 'no',
            *(f'{speed[name]:.1f} ({speed[name] / speed[DEFAULT]:.2f}x)'
              for name in names))
    return table


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    parser.add_argument('--batch-size', type=int, default=32)
    parser.add_argument('--repeats', type=int, default=5, help='rounds')
    parser.add_argument(
        '--cases', nargs='+', default=['-'.join(case) for case in CASES],
        metavar='CASE', help='such as openvino-bf16 (default: all)')
    parser.add_argument('--json', help='file to write the result to')
    args = parser.parse_args()
    warnings.filterwarnings('ignore')  # of the libraries below
    MMLogger.get_current_instance().setLevel('WARNING')
    console = Console(stderr=True)
    networks = load_networks(args.batch_size)
    rows = []
    for backend, precision in (case.split('-') for case in args.cases):
        for flip_test in (True, False):
            try:
                row = measure(networks, backend, precision, flip_test,
                              args.repeats)
            except (ImportError, RuntimeError, ValueError) as error:
                console.print(f'left out: {backend} {precision}: {error}')
                continue
            rows.append(row._asdict())
            console.print(json.dumps(rows[-1]), soft_wrap=True)
    result = dict(
        batch_size=args.batch_size,
        repeats=args.repeats,
        threads=torch.get_num_threads(),
        processor=torch.cpu.get_capabilities().get('cpu_name'),
        load_average=os.getloadavg()[0],
        rows=rows)
    Console().print(make_table(result))
    if args.json:
        write_json(Path(args.json), result)


if __name__ == '__main__':
    main()
