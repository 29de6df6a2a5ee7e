"""The poses to refine, image by image, for a data loader."""
from typing import Any, Callable, List, NamedTuple, Optional, Sequence

import cv2
import numpy as np
from mmengine.dataset import Compose
from mmpose.datasets.transforms import LoadImage
from torch.utils.data import Dataset

from ..datasets import PoseResultsDataset
from ..datasets.pose_records import PoseRecord


class ImagePoses(NamedTuple):
    """One image and the poses in it.

    Attributes:
        path (str): The image file.
        records (List[PoseRecord]): The poses to refine.
    """

    path: str
    records: List[PoseRecord]


class ImageSamples(NamedTuple):
    """What the network needs of one image.

    Attributes:
        indices (List[int]): Positions of the records in the results file.
        samples (List[dict]): Packed samples, in the same order.
        problem (str | None): Why the image can't be used; then there are no
            samples.
    """

    indices: List[int]
    samples: List[dict]
    problem: Optional[str] = None


class ImagePosesDataset(Dataset):
    """Decode each image once and crop all of its poses.

    Args:
        images (Sequence[ImagePoses]): Images and their poses.
        source (PoseResultsDataset): Test dataset of the refiner's config; it
            need not be initialised. Its pipeline must start by loading the
            image.

    Raises:
        ValueError: If the pipeline does not start with ``LoadImage``.
    """

    def __init__(self, images: Sequence[ImagePoses],
                 source: PoseResultsDataset) -> None:
        self.images = images
        self.source = source
        load, *crop = source.pipeline.transforms
        if not isinstance(load, LoadImage):
            raise ValueError('the test pipeline must start with LoadImage, '
                             f'got {type(load).__name__}')
        self._load: Callable = load
        self._crop = Compose(crop)
        # BaseCocoStyleDataset adds these to what its pipelines start from
        self._skeleton = {
            key: source.metainfo[key]
            for key in ('flip_indices', 'dataset_name')
        }

    def __len__(self) -> int:
        """Count the images."""
        return len(self.images)

    def __getitem__(self, index: int) -> ImageSamples:
        """Load one image and crop its poses."""
        path, records = self.images[index]
        indices = [record.index for record in records]
        try:
            image = self._load(dict(img_path=path))
        except (OSError, ValueError, AssertionError, cv2.error) as error:
            return ImageSamples(indices, [], f'unreadable image: {error}')
        return ImageSamples(indices, [
            self._crop({
                **image,
                **self._skeleton,
                **self.source.describe(record, path)
            }) for record in records
        ])


def unwrap(batch: List[Any]) -> Any:
    """Collate function of loaders whose batches are single items."""
    return batch[0]


def use_one_thread(worker_id: int) -> None:
    """Keep OpenCV from starting threads in a data worker."""
    cv2.setNumThreads(0)


def crop_area(sample: dict) -> float:
    """Area of the crop of a packed sample, in squared image pixels."""
    return float(np.prod(sample['data_samples'].gt_instances.bbox_scales[0]))
