"""Freed memory is used again instead of being cleared by the kernel anew."""
import ctypes
import subprocess
import sys

import pytest

# How many pages the kernel has to clear for one more array of 64 MiB.
COUNT = """
import resource
import numpy as np
{first}
np.ones(2**23)
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
before = faults()
np.ones(2**23)
print(faults() - before)
"""


def count_faults(first: str) -> int:
    done = subprocess.run([sys.executable, '-c', COUNT.format(first=first)],
                          capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), 'gnu_get_libc_version'),
    reason='another C library decides for itself')
def test_freed_memory_is_kept():
    keep = ('from posefix_mm._compat import keep_freed_memory\n'
            'assert keep_freed_memory()')
    assert count_faults(keep) < 100
    # Without it there is something to be gained. Huge pages are 512 times as
    # large.
    assert count_faults('pass') >= 32


def test_other_libraries_are_left_alone(monkeypatch):
    from posefix_mm import _compat

    monkeypatch.setattr(_compat.ctypes, 'CDLL', lambda name: object())
    assert _compat.keep_freed_memory() is False
