"""How a file of poses names an image."""
from pathlib import PurePosixPath
from typing import NamedTuple

# File systems have 255 bytes; formats and temporary files add to a name.
_MAX_NAME = 200


class ImageRef(NamedTuple):
    """How a file of poses names an image, or what is known of it."""

    image_id: int | str | None = None  #: COCO's id; a text is a file name
    #: Name within the folder of the images; for a frame, that of the video.
    file_name: str | None = None
    stem: str | None = None  #: Name without its suffix
    #: 0-based frame of the video ``file_name``; an ``image_id`` beside it is
    #: the number as the file writes it, which may be that of a picture.
    frame: int | None = None
    size: tuple[int, int] | None = None  #: Width and height, where known
    #: What a number in ``stem`` is for the first frame of a video.
    first_frame: int = 0

    @property
    def label(self) -> int | str | None:
        """Id or name that the file gives."""
        image_id = self.image_id if self.frame is None else None
        return next((part for part in (image_id, self.file_name, self.stem)
                     if part is not None), None)

    @property
    def name(self) -> int | str | None:
        """Name by which a picture is looked for, else its id."""
        return next((part for part in (self.file_name, self.stem,
                                       self.image_id) if part is not None),
                    None)

    def need_name(self) -> str:
        """Name of its file; of a frame, one that tells video and number.

        Raises:
            ValueError: If it is not known; the message tells what to add.
        """
        if self.frame is not None:
            return f'{self.need_stem()}.jpg'
        if self.file_name is None:
            raise ValueError(
                f'the name of the file of image {self.label!r} is not known, '
                'and the format to write needs it; name the images with --ann '
                'or their folder with --img-dir')
        return self.file_name

    def need_stem(self) -> str:
        """Name of its file without the suffix, which is safe to write to.

        Raises:
            ValueError: If it is not known, or leaves the folder.
        """
        stem = self.stem if self.stem is not None else str(
            PurePosixPath(self.need_name()).with_suffix(''))
        if self.frame is not None:
            stem = f'{stem}_{self.frame:012d}'
        path = PurePosixPath(stem)
        if path.is_absolute() or '..' in path.parts or '\0' in stem \
                or '\\' in stem or not path.name:
            raise ValueError(f'the image name {stem!r:.60} leaves the folder '
                             'that is written')
        try:
            longest = max(len(part.encode()) for part in path.parts)
        except UnicodeEncodeError:  # half of a surrogate pair
            longest = _MAX_NAME + 1
        if longest > _MAX_NAME:
            raise ValueError(f'the image name {stem!r:.60} can not be the '
                             'name of a file; name the images with --ann')
        return stem

    def need_size(self) -> tuple[int, int]:
        """Width and height.

        Raises:
            ValueError: If they are not known; the message tells what to add.
        """
        if self.size is None:
            raise ValueError(
                'the size of the image '
                f'{self.file_name or str(self.stem):.60} is not known, and '
                'the format to write needs it; name the images '
                'with width and height in --ann, or their folder with '
                '--img-dir')
        return self.size
