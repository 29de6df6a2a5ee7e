"""A predictor that is part of a larger model."""
import copy
from collections.abc import Callable
from pathlib import Path

from mmengine.config import Config

from ..inference.backends import Backend, build_backend
from ..inference.crops import Crops
from ..inference.predictor import PosePredictor, RefinedCrops


class MovablePredictor(PosePredictor):
    """A predictor whose network is still to be moved and given weights.

    As happens to the parts of a model: a runner builds it, loads a checkpoint
    into it and chooses its device. Back ends change the network for
    inference, so they get a copy of it, when the first batch comes.

    Args:
        config (str | Path | Config, optional): As of :class:`PosePredictor`.
        checkpoint (str, optional): As of :class:`PosePredictor`.
        backend (str): As of :class:`PosePredictor`. Defaults to ``'torch'``.
        precision (str): As of :class:`PosePredictor`. Defaults to ``'fp32'``.
        flip_test (bool): Average with the mirrored image. Defaults to True.
        cfg_options (dict, optional): Changes of the config.

    Raises:
        FileNotFoundError: If a file does not exist.
        ValueError: If the config is not a refiner's, or weights do not fit.
    """

    # PosePredictor's constructor would give the network away to a back end
    def __init__(self,
                 config: str | Path | Config | None = None,
                 checkpoint: str | None = None,
                 *,
                 backend: str = 'torch',
                 precision: str = 'fp32',
                 flip_test: bool = True,
                 cfg_options: dict | None = None) -> None:
        self._open(config, checkpoint, 'cpu', cfg_options)
        self._options = dict(
            backend=backend, precision=precision, flip_test=flip_test)
        self._backend: Backend | None = None
        self._device = None

    def forget_backend(self) -> None:
        """Take up weights that have changed, with the next batch."""
        self._backend = None

    def start(self, crops: Crops) -> Callable[[], RefinedCrops]:
        """Start on a batch; see :meth:`PosePredictor.start`."""
        device = next(self.model.parameters()).device
        if self._backend is None or device != self._device:
            self._backend = build_backend(
                copy.deepcopy(self.model).eval(), self.metainfo,
                **self._options)
            self._device = device
        return super().start(crops)
