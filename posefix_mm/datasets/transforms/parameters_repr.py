"""How transforms show themselves in a printed pipeline."""
from inspect import signature


class ParametersRepr:
    """Show the parameters of ``__init__``, which are attributes too."""

    def __repr__(self) -> str:
        shown = ', '.join(f'{name}={getattr(self, name)}'
                          for name in signature(type(self)).parameters)
        return f'{type(self).__name__}({shown})'
