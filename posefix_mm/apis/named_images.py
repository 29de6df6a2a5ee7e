"""Put together what is known of the images of poses."""
from contextlib import suppress
from pathlib import Path
from typing import List, Sequence, Union

from ..formats.coco import read_annotations
from ..images.image_files import ImageProblem
from ..images.image_finder import ImageFinder
from ..images.image_list import ImageList, size_of, stem_of
from ..images.image_source import ImageSource
from ..structures.image_ref import ImageRef


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
        images = [] if ann is None else read_annotations(ann)['images']
        self._list = ImageList(images)
        self.listed = [
            ImageRef(image['id'], image['file_name'], size=size_of(image))
            for image in images
        ]
        self._source = None if img_dir is None else ImageSource(
            ImageFinder(img_dir))

    def describe(self, ref: ImageRef) -> ImageRef:
        """Describe an image.

        Args:
            ref (ImageRef): How a file of poses names it.

        Returns:
            ImageRef: With all that is known.
        """
        image_id, name = ref.image_id, ref.file_name
        if isinstance(image_id, str):
            image_id, name = None, name or image_id
        listed = None
        for key in (name, ref.stem, image_id):
            place = -1 if key is None else self._list.find(key).place
            if place >= 0:
                listed = self.listed[place]
                break
        size, frame = ref.size, ref.frame
        if listed is not None:
            image_id, name, size = (listed.image_id, listed.file_name,
                                    listed.size)
        found = ref._replace(image_id=image_id, file_name=name, size=None)
        if self._source is not None:  # one that is not there stays as it is
            with suppress(ImageProblem):
                picture = self._source.find(found)
                if name is None:
                    name = picture.path.relative_to(
                        self._source.finder.root).as_posix()
                    frame = picture.frame
                size = size or self._source.size(found)
        stem = ref.stem if name is None else stem_of(name)
        return ImageRef(image_id, name, stem, frame, size)

    def unused(self, used: Sequence[ImageRef]) -> List[ImageRef]:
        """List images of ``ann`` that are none of ``used``."""
        names = {image.file_name for image in used}
        return [
            image._replace(stem=stem_of(image.file_name))
            for image in self.listed if image.file_name not in names
        ]
