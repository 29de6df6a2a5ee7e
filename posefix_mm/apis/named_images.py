"""Put together what is known of the images of poses."""
from pathlib import Path, PurePosixPath
from typing import Dict, Hashable, List, Optional, Sequence, Union

from ..fileio import read_json
from ..formats import ImageRef
from ..formats.pose_list import NamedImage
from ..refinement.images import ImageProblem
from .image_finder import ImageFinder
from .image_source import ImageSource


class NamedImages:
    """Names, ids and sizes of images, from all that the user has.

    Args:
        ann (str | Path, optional): COCO file whose ``images`` have ``id`` and
            ``file_name``, and maybe ``width`` and ``height``.
        img_dir (str | Path, optional): Folder of the images.

    Raises:
        FileNotFoundError: If ``ann`` does not exist.
        NotADirectoryError: If ``img_dir`` is no folder.
        ValueError: If ``ann`` has no such list.
    """

    def __init__(self,
                 ann: Union[str, Path, None] = None,
                 img_dir: Union[str, Path, None] = None) -> None:
        self.listed = [] if ann is None else _read_images(ann)
        self._by_key: Dict[Hashable, NamedImage] = {}
        for image in self.listed:
            self._by_key[image.image_id] = image
            self._by_key['name', image.file_name] = image
            self._by_key['stem', _stem(image.file_name)] = image
        self._source = None if img_dir is None else ImageSource(
            ImageFinder(img_dir))

    def describe(self, ref: ImageRef) -> NamedImage:
        """Describe an image.

        Args:
            ref (ImageRef): How a file of poses names it.

        Returns:
            NamedImage: With all that is known.
        """
        image_id, name = ref.image_id, ref.file_name
        if isinstance(image_id, str):
            image_id, name = None, name or image_id
        listed = self._by_key.get(('name', name)) or \
            self._by_key.get(('stem', ref.stem)) or self._by_key.get(image_id)
        size = None
        if listed is not None:
            image_id, name, size = (listed.image_id, listed.file_name,
                                    listed.size)
        found = ImageRef(image_id, name, ref.stem, ref.frame)
        if self._source is not None:
            name, size = self._look(found, name, size)
        stem = ref.stem if name is None else _stem(name)
        return NamedImage(image_id, name, stem, ref.frame, size)

    def _look(self, ref: ImageRef, name: Optional[str],
              size: Optional[tuple]) -> tuple:
        """Find an image in the folder; one that is not there stays as is."""
        try:
            path = self._source.find(ref)
            name = path.relative_to(self._source.finder.root).as_posix() \
                if name is None else name
            return name, size or self._source.size(ref)
        except ImageProblem:
            return name, size

    def unused(self, used: Sequence[NamedImage]) -> List[NamedImage]:
        """List images of ``ann`` that are none of ``used``."""
        names = {image.file_name for image in used}
        return [
            image._replace(stem=_stem(image.file_name))
            for image in self.listed if image.file_name not in names
        ]


def _stem(name: str) -> str:
    return str(PurePosixPath(name).with_suffix('')) if name else name


def _read_images(ann: Union[str, Path]) -> List[NamedImage]:
    content = read_json(ann)
    images = content.get('images') if isinstance(content, dict) else None
    if not isinstance(images, list) or not all(
            isinstance(image, dict) and isinstance(image.get('id'), int)
            and isinstance(image.get('file_name'), str) for image in images):
        raise ValueError(f'{ann} has no list of images with id and '
                         'file_name; a COCO annotation file is needed')
    return [
        NamedImage(
            image['id'],
            image['file_name'],
            size=_size(image.get('width'), image.get('height')))
        for image in images
    ]


def _size(width: object, height: object) -> Optional[tuple]:
    known = isinstance(width, int) and isinstance(height, int) \
        and width > 0 and height > 0
    return (width, height) if known else None
