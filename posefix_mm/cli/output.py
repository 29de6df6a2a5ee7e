"""Lines of text for people, as they are."""
from rich.console import Console


def say(text: object, *, error: bool = False) -> None:
    """Print a line, without markup, colours or line breaks of our own.

    Args:
        text (object): What to print; it may hold names of files.
        error (bool): Print to standard error. Defaults to False.
    """
    Console(stderr=error).print(
        str(text), markup=False, highlight=False, soft_wrap=True)
