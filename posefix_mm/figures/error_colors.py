"""One colour for each outcome of section 2, in every figure and report."""
from ..datasets.transforms.error_synthesis import ERROR_TYPES

#: Okabe and Ito's palette, which stays apart for colour-blind readers.
ERROR_COLORS = dict(
    zip(ERROR_TYPES, ('#009e73', '#e69f00', '#cc79a7', '#56b4e9', '#d55e00'),
        strict=True))
#: Joints of which nothing is known.
UNKNOWN_COLOR = '#9aa0a6'
