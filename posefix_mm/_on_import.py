"""Act when a module of somebody else is imported."""
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any


def on_import(name: str, action: Callable[[], None]) -> None:
    """Call a function when a module has been executed, or at once if it has.

    If the function fails, so does the import.
    """
    @contextmanager
    def act_after() -> Iterator[None]:
        yield
        action()

    if name in sys.modules:
        action()
    else:
        around_import(name, act_after)


def around_import(name: str,
                  context: Callable[[], AbstractContextManager]) -> None:
    """Execute a module, when it is imported, in a context."""
    sys.meta_path.insert(0, _Watcher(name, context))


class _Watcher:
    """Finds one module where the other finders do, and executes it."""

    def __init__(self, name: str,
                 context: Callable[[], AbstractContextManager]) -> None:
        self.name = name
        self.context = context

    def find_spec(self,
                  name: str,
                  path: Any = None,
                  target: Any = None) -> ModuleSpec | None:
        """Let the others find the module, and execute it in the context."""
        if name != self.name:
            return None
        others = (finder.find_spec(name, path, target)
                  for finder in sys.meta_path if finder is not self)
        spec = next(filter(None, others), None)
        if spec is None or spec.loader is None:
            return spec
        execute = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            with self.context():
                execute(module)
                sys.meta_path[:] = [f for f in sys.meta_path if f is not self]

        spec.loader.exec_module = exec_module
        return spec
