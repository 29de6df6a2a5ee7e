"""What may be wrong with a joint (PoseFix, section 3.2)."""

#: The five outcomes of section 3.2, in the order of every table here.
ERROR_TYPES = ('good', 'jitter', 'inversion', 'swap', 'miss')
#: Status of a joint for which no error was possible; it has no position.
ABSENT = -1

GOOD, JITTER, INVERSION, SWAP, MISS = range(5)

#: Keypoint similarities that bound the bands of section 3.2.
KS_GOOD, KS_JITTER, KS_MISS = 0.85, 0.50, 0.10
