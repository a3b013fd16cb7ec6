"""Says that ML Metadata's file was removed, replaced or damaged while a run was going; TFX's own errors do not."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from data.errors import InputError
from pipeline.metadata_store.store import require_usable


class MetadataLostError(RuntimeError):
    """A run failed because ML Metadata lost what the run had recorded."""


def explained(file: Path, launched: Sequence[str], known: Collection[str], error: Exception | None) -> Exception | None:
    """Returns a run's error, or in place of one that a lost file has caused, one that says so.

    Args:
        file: ML Metadata's SQLite file.
        launched: The components that the run has launched, in this order.
        known: The components of the run that the file knows.
        error: The run's error; None if it ran to its end.
    """
    if not launched:
        return error
    if file.is_file():
        try:
            require_usable(file, for_writing=True)
        except InputError as problem:
            return MetadataLostError(str(problem)) if error is not None else None
    # A component that fails at once may not be recorded; all before it are.
    if len(launched) > 1 and launched[0] not in known:
        return MetadataLostError(
            f"{file}: was removed or replaced while the run was going, so that its results are not known; run it again, which "
            "computes them anew and continues a training from its checkpoint"
        )
    return error
