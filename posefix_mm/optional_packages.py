"""Import what is installed with an extra of this package only."""
import importlib
from types import ModuleType


def import_optional(module: str, extra: str) -> ModuleType:
    """Import a module that an extra of this package installs.

    Raises:
        ImportError: If it is not installed; the message names the extra.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(
            f'{module} is not installed; it comes with `pip install '
            f'posefix_mm[{extra}]`') from error
