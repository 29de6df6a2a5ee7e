"""What ``posefix`` returns to the shell."""

OK = 0
#: A file, an option or the input is not right.
FAILED = 1
#: With ``--strict``: some records could not be refined. 2 is argparse's, for
#: wrong usage.
NOT_ALL_REFINED = 3
#: Not a single pose could be refined; `refine` writes nothing then.
NOTHING_REFINED = 4
#: 128 + SIGINT, as shells count.
INTERRUPTED = 130
