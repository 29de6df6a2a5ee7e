"""Read the next images while the present ones are worked on."""
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import Iterator, List

from .input_frames import Frame, InputFrames


def read_ahead(inputs: InputFrames,
               size: int,
               *,
               num_workers: int = 2) -> Iterator[List[Frame]]:
    """Read images in groups, one group ahead.

    Args:
        inputs (InputFrames): Where they come from.
        size (int): Images of a group. At most twice as many are in memory.
            Those of a camera come one by one, as soon as they are there.
        num_workers (int): Threads that decode. Defaults to 2.

    Yields:
        List[Frame]: The next images.
    """
    frames = iter(inputs.frames)
    if inputs.live:
        yield from ([read()] for read in frames)
        return
    # one thread asks for images in turn, the others decode what it got
    with ThreadPoolExecutor(1) as reader, \
            ThreadPoolExecutor(max(num_workers, 1)) as decoders:

        def read_group() -> List[Frame]:
            return list(
                decoders.map(lambda read: read(), islice(frames, size)))

        coming = reader.submit(read_group)
        while group := coming.result():
            coming = reader.submit(read_group)
            yield group
