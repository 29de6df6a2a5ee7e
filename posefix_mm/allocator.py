"""How the C library keeps the memory that tensors are made of."""
import ctypes

# Parameters of glibc's mallopt, from malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3


def keep_freed_memory() -> bool:
    """Let this process use the memory of freed tensors again.

    By default glibc takes a block above 32 MiB from the kernel and gives it
    back as soon as it is free. The activations of a batch are such blocks;
    the kernel then clears every page of them for every layer of every batch,
    which costs a small network on a CPU more time than its arithmetic does.

    Returns:
        bool: Whether that was set. It is not where another C library is in
        use, which decides for itself.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    mallopt.argtypes = ctypes.c_int, ctypes.c_int
    mallopt.restype = ctypes.c_int
    return bool(
        mallopt(_M_MMAP_THRESHOLD, 2**31 - 1)
        and mallopt(_M_TRIM_THRESHOLD, -1))  # never
