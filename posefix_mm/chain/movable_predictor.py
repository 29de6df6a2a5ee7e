"""A predictor that is part of a larger model."""
from ..refinement.backends import build_backend
from ..refinement.crops import Crops
from ..refinement.predictor import PosePredictor


class MovablePredictor(PosePredictor):
    """A predictor whose network may be moved to another device later.

    As happens to the parts of a model: a runner builds it first and chooses
    the device then.

    Args:
        *args: As of :class:`PosePredictor`.
        flip_test (bool): Average with the mirrored image. Defaults to True.
        precision (str): ``'fp32'``, ``'bf16'`` or ``'fp16'``. Defaults to
            ``'fp32'``.
        **kwargs: As of :class:`PosePredictor`.
    """

    def __init__(self,
                 *args,
                 flip_test: bool = True,
                 precision: str = 'fp32',
                 **kwargs) -> None:
        super().__init__(*args, flip_test=flip_test, **kwargs)
        self._options = dict(flip_test=flip_test, precision=precision)
        self._device = None

    def start(self, crops: Crops):
        """Start on a batch; see :meth:`PosePredictor.start`."""
        device = next(self.model.parameters()).device
        if device != self._device:
            self._backend = build_backend(self.model, self.metainfo,
                                          **self._options)
            self._device = device
        return super().start(crops)
