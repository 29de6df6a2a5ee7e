"""Lines of text for people, as they are."""
import sys


def say(text: object, *, error: bool = False) -> None:
    """Print a line at once, to standard error if it is an error."""
    print(text, file=sys.stderr if error else sys.stdout, flush=True)
