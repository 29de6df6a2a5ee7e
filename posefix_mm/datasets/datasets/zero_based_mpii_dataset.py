"""MPII with joints that are counted from 0."""

from mmpose.datasets.datasets.body import MpiiDataset
from mmpose.registry import DATASETS


@DATASETS.register_module()
class ZeroBasedMpiiDataset(MpiiDataset):
    """MPII to train on.

    MPII counts pixels from 1. mmpose's dataset gives its joints as they are,
    which its metric expects of the truth: it adds 1 to predictions. What is
    trained on them learns to predict 1 pixel too far right and down, and is
    wrong by that in the metric. Here 1 is subtracted from the joints; the
    centre is the one that mmpose has subtracted it from already.

    Takes the arguments of :class:`mmpose.datasets.MpiiDataset`.
    """

    def _load_annotations(self) -> tuple[list[dict], list[dict]]:
        """Load what :class:`mmpose.datasets.MpiiDataset` does, from 0."""
        people, images = super()._load_annotations()
        for person in people:
            person['keypoints'] = person['keypoints'] - 1
        return people, images
