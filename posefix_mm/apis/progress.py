"""Progress bar with rate and time left."""
from typing import Iterable, Iterator, Sequence

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from .image_poses_dataset import ImagePoses, ImageSamples


class _RateColumn(ProgressColumn):
    """Poses per second."""

    def render(self, task: Task) -> Text:
        """Show the rate, once it is known."""
        speed = task.finished_speed or task.speed
        return Text(f'{speed:.1f} poses/s' if speed else '')


def track(loaded: Iterable[ImageSamples], images: Sequence[ImagePoses],
          enabled: bool) -> Iterator[ImageSamples]:
    """Iterate over loaded images and show how many poses are done.

    Args:
        loaded (Iterable[ImageSamples]): Samples by image.
        images (Sequence[ImagePoses]): All images, to know the total.
        enabled (bool): Whether to show anything.

    Yields:
        ImageSamples: The items of ``loaded``.
    """
    total = sum(len(image.records) for image in images)
    columns = (TextColumn('refining'), BarColumn(), MofNCompleteColumn(),
               _RateColumn(), TimeRemainingColumn())
    with Progress(
            *columns, console=Console(stderr=True),
            disable=not enabled) as bar:
        task = bar.add_task('refining', total=total)
        for item in loaded:
            yield item
            bar.advance(task, len(item.indices))
