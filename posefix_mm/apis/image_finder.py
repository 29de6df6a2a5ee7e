"""Find the image file behind an image id."""
from collections import defaultdict
from pathlib import Path, PurePath
from typing import Any, Dict, List, Optional, Sequence, Union

from ..formats import ImageRef

IMAGE_SUFFIXES = ('.jpg', '.jpeg', '.png', '.bmp', '.webp', '.tif', '.tiff')
VIDEO_SUFFIXES = ('.mp4', '.avi', '.mov', '.mkv', '.m4v', '.mpg', '.mpeg',
                  '.webm', '.wmv')


class ImageFinder:
    """Resolve image ids to files in one folder.

    With COCO's list of images, through its ``file_name``. Without it, a text
    is the name of the file, and a number is looked for in the names: 42 finds
    ``42.jpg``, ``000000000042.png`` or ``COCO_val2014_000000000042.jpg``.

    Args:
        img_dir (str | Path): Folder of the images. Files outside of it are
            never opened, whatever names or links say.
        images (Sequence[dict], optional): ``images`` of a COCO file.

    Raises:
        NotADirectoryError: If ``img_dir`` is not a folder.
    """

    def __init__(self,
                 img_dir: Union[str, Path],
                 images: Optional[Sequence[dict]] = None) -> None:
        self.root = Path(img_dir).resolve()
        if not self.root.is_dir():
            raise NotADirectoryError(
                f'the image folder {img_dir} does not exist')
        self._names: Optional[Dict[Any, str]] = None
        if images is not None:
            self._names = {i['id']: i['file_name'] for i in images}
        self._numbered: Optional[Dict[int, List[str]]] = None

    def find(self, image_id: Union[int, str]) -> Path:
        """Find a file.

        Args:
            image_id (int | str): Id of the image.

        Returns:
            Path: The file, which exists and lies in the folder.

        Raises:
            LookupError: If there is none; the message says why.
        """
        return self.find_name(self._name(image_id))

    def resolve(self, ref: ImageRef) -> Path:
        """Find the file of a reference of any format.

        Args:
            ref (ImageRef): How a file of poses names an image; for a frame,
                the video.

        Returns:
            Path: The file, which exists and lies in the folder.

        Raises:
            LookupError: If there is none; the message says why.
        """
        if ref.file_name is not None:
            return self.find_name(ref.file_name)
        if ref.stem is not None:
            return self.find_stem(
                ref.stem,
                IMAGE_SUFFIXES if ref.frame is None else VIDEO_SUFFIXES)
        return self.find(ref.image_id)

    def find_stem(self,
                  stem: str,
                  suffixes: Sequence[str] = IMAGE_SUFFIXES) -> Path:
        """Find an image or video by its name without the suffix.

        Args:
            stem (str): Such as ``'walk/0001'``.
            suffixes (Sequence[str]): What may follow, in lower case. Defaults
                to those of images.

        Returns:
            Path: The file.

        Raises:
            LookupError: If there is none, or more than one.
        """
        names = [stem + suffix for suffix in suffixes]
        names += [stem + suffix.upper() for suffix in suffixes]
        found = []
        for name in names:
            try:
                found.append(self.find_name(name))
            except LookupError as error:
                if 'is not in' not in str(error):
                    raise
        if len(found) != 1:
            what = ('more than one file' if found else 'no file')
            raise LookupError(f'{what} in the image folder has the name '
                              f'{stem!r:.60} before its suffix')
        return found[0]

    def find_name(self, name: str) -> Path:
        """Find an image by its name in the folder.

        Args:
            name (str): File name, which may have folders in it.

        Returns:
            Path: The file, which exists and lies in the folder.

        Raises:
            LookupError: If there is none; the message says why.
        """
        if not isinstance(name, str) or '\0' in name:
            raise LookupError(f'{name!r:.40} is not a file name')
        if PurePath(name).is_absolute() or '..' in PurePath(name).parts:
            raise LookupError(f'{name!r} leaves the image folder')
        try:
            path = (self.root / name).resolve()
            exists = path.is_file()
        except (OSError, RuntimeError) as error:  # too long, circular links
            raise LookupError(
                f'{name!r:.40} is not a usable file name') from error
        if not path.is_relative_to(self.root):
            raise LookupError(f'{name!r} is a link out of the image folder')
        if not exists:
            raise LookupError(f'{name!r} is not in the image folder')
        return path

    def _name(self, image_id: Union[int, str]) -> str:
        if self._names is not None:
            if image_id not in self._names:
                raise LookupError(f'image {image_id!r} is not in the '
                                  'annotation file')
            return self._names[image_id]
        if isinstance(image_id, str):
            return image_id
        if self._numbered is None:
            self._numbered = self._index()
        names = self._numbered.get(image_id, [])
        if len(names) != 1:
            found = f'both {names[0]} and {names[1]}' if names else 'no file'
            raise LookupError(f'{found} in the image folder has the number '
                              f'{image_id} in its name')
        return names[0]

    def _index(self) -> Dict[int, List[str]]:
        """Index the files by the number at the end of their names."""
        numbered = defaultdict(list)
        for path in sorted(self.root.iterdir()):
            digits = path.stem[len(path.stem.rstrip('0123456789')):]
            if path.suffix.lower() in IMAGE_SUFFIXES and digits:
                numbered[int(digits)].append(path.name)
        return numbered
