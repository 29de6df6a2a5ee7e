"""Which errors the evaluated poses have."""
import numpy as np
from mmpose.evaluation.metrics import CocoMetric
from mmpose.registry import METRICS

from ..fileio import read_json
from ..structures.oks import ERROR_TYPES
from .diagnosis import diagnose_results
from .error_cost import error_costs
from .summary import status_frequency


@METRICS.register_module()
class PoseErrorMetric(CocoMetric):
    """Shares of good joints and of each type of error.

    Stands beside ``CocoMetric`` and takes its arguments, scores and NMS
    included. The joints of every pose that belongs to an annotated person are
    classified as good, jitter, inversion, swap or miss (`Ronchi & Perona`_,
    with the bands of PoseFix), see
    :func:`~posefix_mm.diagnosis.classify_errors`.

    Args:
        ann_file (str, optional): Annotations. Defaults to None: those of the
            samples, which lack persons that no sample is made of.
        rules (str), oks_thr (float): See
            :func:`~posefix_mm.diagnosis.diagnose_results`.
        with_cost (bool): Also measure how much AP each type costs,
            which takes six evaluations.
        **kwargs: Further arguments of
            :class:`mmpose.evaluation.metrics.CocoMetric`.

    .. _`Ronchi & Perona`: https://arxiv.org/abs/1707.05388
    """

    default_prefix: str | None = 'pose_error'

    def __init__(self, ann_file: str | None = None, *, rules: str = 'ronchi',
                 oks_thr: float = 0.1, with_cost: bool = False,
                 **kwargs) -> None:
        super().__init__(ann_file, **kwargs)
        self.rules = rules
        self.oks_thr = oks_thr
        self.with_cost = with_cost

    def _do_python_keypoint_eval(self, outfile_prefix: str) -> list[tuple]:
        """Diagnose the poses in ``outfile_prefix``'s ``.keypoints.json``.

        Returns names and values: shares of the statuses and of the records
        that belong to a person, in percent, mean OKS of these, and points of
        AP.
        """
        results = read_json(f'{outfile_prefix}.keypoints.json')
        # what `gt_converter` has changed is not in the dataset
        annotations = dict(
            self.coco.dataset, annotations=list(self.coco.anns.values()))
        diagnosis = diagnose_results(
            results, annotations, self.dataset_meta, rules=self.rules,
            oks_thr=self.oks_thr)
        values = [('matched', 100 * len(diagnosis) / len(results))]
        if len(diagnosis):
            values += [('OKS', float(diagnosis.oks.mean())),
                       *((error, 100 * share) for error, share in
                         status_frequency(diagnosis).items())]
        else:  # of a network that has only begun to learn
            values += [('OKS', 0.), *((e, np.nan) for e in ERROR_TYPES)]
        if self.with_cost:
            costs = error_costs(diagnosis, results, annotations,
                                self.dataset_meta['sigmas'])
            values += [(f'AP lost to {name}', cost)
                       for name, cost in costs.items() if name != 'AP']
        return values
