"""Refine a file in parts that outlive a kill and that processes share."""
import hashlib
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import numpy as np
from mmengine.dist import barrier, get_dist_info

from ..formats import RefinedPoses
from ..progress import progress_bar
from ..version import __version__
from .file_run import CHUNK_BATCHES, FileRun
from .journal import Journal, journal_path, read_journals, remove_journals


def fingerprint(run: FileRun, files: Iterable[str | Path | None]) -> str:
    """Tell runs apart whose results may differ.

    Args:
        run (FileRun): The run.
        files (Iterable[str | Path | None]): Further files that results depend
            on.

    Returns:
        str: Different for different runs.
    """
    digest = hashlib.blake2b(digest_size=16)
    for path in (run.predictor.files.checkpoint, *files):
        if path is not None and Path(path).is_file():
            with open(path, 'rb') as file:
                digest.update(hashlib.file_digest(file, 'blake2b').digest())
    skeleton = run.pose_file.skeleton
    digest.update(
        repr((__version__, run.predictor.name, run.pose_file.digest(),
              run.pose_file.name, skeleton.joint_map.places.tolist(),
              skeleton.joint_map.num_source, skeleton.categories, run.nms,
              run.scores, run.passes, run.batch_size, CHUNK_BATCHES)).encode())
    if run.order is not None:
        digest.update(run.order.tobytes())
    return digest.hexdigest()


def refine_chunks(run: FileRun, out: Path, name: str, *, resume: bool,
                  progress: bool) -> None:
    """Refine what is not done yet; each process its share of the chunks.

    Args:
        run (FileRun): The run.
        out (Path): The output, beside which journals are kept.
        name (str): Fingerprint of the run.
        resume (bool): Keep what journals say is done.
        progress (bool): Show a progress bar, in the first process.

    Raises:
        ValueError: If a journal is of another run, or in use.
    """
    rank, world_size = get_dist_info()
    if rank == 0 and not resume:
        remove_journals(out)
    barrier()
    done = {number for number, _ in read_journals(out, name)}
    todo = [number for number in run.plan.numbers if number not in done]
    barrier()  # nobody writes before all have read
    share = todo[rank::world_size]
    with closing(Journal(journal_path(out, rank), name)) as journal, \
            progress_bar(
                len(run.pose_file),
                enabled=progress and rank == 0) as advance:
        for number in set(run.plan.numbers).difference(share):
            advance(run.plan.size(number))
        for number, result in run.refine(share, advance):
            journal.add(number, result)
    barrier()


def gather_chunks(
        run: FileRun, out: Path,
        name: str) -> tuple[RefinedPoses, list[tuple[int, str, str]]]:
    """Bring the results of all processes into the order of the input.

    Args:
        run (FileRun): The run.
        out (Path): The output, beside which journals are kept.
        name (str): Fingerprint of the run.

    Returns:
        tuple: What became of each pose; and position, code and text of the
        problem of those that were not refined, in order.
    """
    count, joints = len(run.pose_file), run.predictor.num_keypoints
    refined = RefinedPoses(
        np.zeros(count, bool), np.zeros(count, bool),
        np.zeros((count, joints, 2), np.float32),
        np.full(count, np.nan, np.float32))
    problems: dict[int, tuple[int, str, str]] = {}
    for _, result in read_journals(out, name):
        for array, values in zip(
                refined, (result.refined, result.dropped, result.keypoints,
                          result.scores),
                strict=True):
            array[result.indices] = values
        problems.update((problem[0], problem) for problem in result.problems)
    return refined, [problems[index] for index in sorted(problems)]
