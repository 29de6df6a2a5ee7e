"""What goes back to the shell: lines of text and an exit code."""
import sys

OK = 0
#: A file, an option or the input is wrong.
FAILED = 1
#: With ``--strict``: some records could not be refined. 2 is argparse's, for
#: wrong usage.
NOT_ALL_REFINED = 3
#: Not a single pose could be refined; `refine` writes nothing then.
NOTHING_REFINED = 4
#: 128 + SIGINT, as shells count.
INTERRUPTED = 130


def write_line(text: object, *, error: bool = False) -> None:
    """Print a line at once, to standard error if it is an error."""
    print(text, file=sys.stderr if error else sys.stdout, flush=True)
