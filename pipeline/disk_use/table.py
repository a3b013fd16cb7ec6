"""The table of `ast-restore du`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.disk_use.contents import Part


def table(workspace: Path, parts: Sequence[Part]) -> RenderableType:
    """Returns what a workspace holds as a table.

    Args:
        workspace: The workspace.
        parts: What it holds.
    """
    rows = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False, header_style="")
    rows.add_column("size", justify="right", no_wrap=True)
    rows.add_column("kind", no_wrap=True)
    rows.add_column("what it is, and what removing it costs")
    for part in parts:
        words = part.kind.meaning
        if part.kind.cost:
            named = f" clean {part.kind.name}" if part.kind.must_be_named else " clean"
            words += f". Can be removed (`ast-restore{named}`): {part.kind.cost}"
        rows.add_row(Text(size_text(part.bytes)), Text(part.kind.name), Text(words))
    total = f"{size_text(sum(part.bytes for part in parts))} in {workspace}"
    free = sum(part.bytes for part in parts if part.kind.cost)
    return Group(rows, Text(), Text(f"{total}, of which {size_text(free)} can be removed"))


def size_text(size: int) -> str:
    """Returns a size in bytes with three digits, such as "1.93 GiB".

    Args:
        size: At least 0.

    >>> [size_text(size) for size in (512, 840 * 2**20, 2069 * 2**20)]
    ['0.5 KiB', '840 MiB', '2.02 GiB']
    """
    amount, unit = size / 1024, "KiB"
    for larger in ("MiB", "GiB", "TiB"):
        if amount < 1000:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.3g} {unit}"
