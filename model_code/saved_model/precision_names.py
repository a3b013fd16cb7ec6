"""The precisions that `restore` and `serve` offer. Imports nothing heavy."""

from __future__ import annotations

from typing import Literal, get_args

InferencePrecision = Literal["float32", "half", "auto"]
"""`half` is bfloat16 on a processor and float16 on a GPU; `auto` is whichever a trial on this machine chooses."""

INFERENCE_PRECISIONS: tuple[str, ...] = get_args(InferencePrecision)
