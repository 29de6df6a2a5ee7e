"""How a file of poses names an image."""
from typing import NamedTuple, Optional, Tuple, Union


class ImageRef(NamedTuple):
    """How a file of poses names an image.

    Attributes:
        image_id (int | str | None): COCO's id; a text is a file name.
        file_name (str | None): Name within the folder of the images; for a
            frame, that of the video.
        stem (str | None): Name without its suffix.
        frame (int | None): 0-based frame of the video ``file_name``.
        size (Tuple[int, int] | None): Width and height, where the file tells.
        first_frame (int): What a number in ``stem`` is for the first frame of
            a video.
    """

    image_id: Union[int, str, None] = None
    file_name: Optional[str] = None
    stem: Optional[str] = None
    frame: Optional[int] = None
    size: Optional[Tuple[int, int]] = None
    first_frame: int = 0
