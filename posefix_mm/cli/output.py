"""Lines of text for people, as they are."""
import sys


def say(text: object, *, error: bool = False) -> None:
    """Print a line at once.

    Args:
        text (object): What to print; it may hold names of files.
        error (bool): Print to standard error. Defaults to False.
    """
    print(text, file=sys.stderr if error else sys.stdout, flush=True)
