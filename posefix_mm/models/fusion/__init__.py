"""How image and pose meet, registered in ``mmpose.registry.MODELS``."""
from .coam import CoAM
from .concatenation import Concatenation
from .pre_net import PreNet

__all__ = ['CoAM', 'Concatenation', 'PreNet']
