"""How the C library keeps memory that TensorFlow frees."""

from __future__ import annotations

import ctypes
import platform

# Parameters of glibc's mallopt(3).
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_ONE_GIBIBYTE = 2**30
_NEVER = 2**31 - 1


def keep_freed_memory() -> bool:
    """Lets this process keep what it frees, for the next array of that size.

    glibc gives each large array its own pages and returns them when it is freed. A network makes the same large arrays in
    each pass, so that every pass had the kernel clear some hundred megabytes: a tenth of its time, and more beside other work.

    Returns:
        Whether it could be set; under another C library than glibc it is left as it is.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    return bool(mallopt(_M_MMAP_THRESHOLD, _ONE_GIBIBYTE)) and bool(mallopt(_M_TRIM_THRESHOLD, _NEVER))
