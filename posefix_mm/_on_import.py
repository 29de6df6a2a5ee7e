"""Call functions once a module of somebody else is imported."""
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def on_import(name: str, action: Callable[[], None]) -> None:
    """Call a function when a module has been executed, or at once if it has.

    If the function fails, so does the import.
    """
    if name in sys.modules:
        action()
    else:
        sys.meta_path.insert(0, _Watcher(name, action))


class _Watcher:
    """Finds one module where the other finders do, and follows it."""

    def __init__(self, name: str, action: Callable[[], None]) -> None:
        self.name = name
        self.action = action

    def find_spec(self,
                  name: str,
                  path: Any = None,
                  target: Any = None) -> ModuleSpec | None:
        """Let the others find the module, and act after its execution."""
        if name != self.name:
            return None
        others = (finder.find_spec(name, path, target)
                  for finder in sys.meta_path if finder is not self)
        spec = next(filter(None, others), None)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            sys.meta_path[:] = [f for f in sys.meta_path if f is not self]
            self.action()

        spec.loader.exec_module = exec_module
        return spec
