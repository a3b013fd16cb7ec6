"""What the processor can compute."""

from __future__ import annotations

from pathlib import Path

CPU_FLAGS = frozenset({"avx512_bf16", "amx_bf16"})
"""Flags of /proc/cpuinfo for products in bfloat16. Without them oneDNN emulates bfloat16, at half the speed of float32."""

_CPU_INFO = Path("/proc/cpuinfo")


def cpu_flags(cpu_info: Path = _CPU_INFO) -> frozenset[str]:
    """Returns the flags of the processor; none where the system does not list them.

    Args:
        cpu_info: Linux's description of the processors.
    """
    try:
        lines = cpu_info.read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:  # not Linux
        return frozenset()
    return frozenset(next((line.partition(":")[2].split() for line in lines if line.startswith("flags")), ()))
