"""Says which process holds ML Metadata's file while a run is going, so that the run does not stand in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ml_metadata.errors import AbortedError

from pipeline.metadata_store.holders import describe_holders, lock_holders
from pipeline.metadata_store.store import WAIT_SECONDS, MetadataHeldError, held
from pipeline.periodic import periodically

_POLL_SECONDS = 1.0


class HolderWatch:
    """Watches the locks of a file in a thread.

    It reads the operating system's list of locks and does not open the file, so that ML Metadata's own locks stay.

    Attributes:
        message: About the last process that has held the file for too long; None where there was none.
    """

    def __init__(
        self, file: Path, report: Callable[[str], None], limit: float = WAIT_SECONDS, poll: float = _POLL_SECONDS
    ) -> None:
        """Creates a watch; it watches while `running`.

        Args:
            file: The file.
            report: Gets the message, once for each process.
            limit: Seconds from which on a process is reported.
            poll: Seconds between two looks.
        """
        self.message: str | None = None
        self._file, self._report, self._limit, self._poll = file, report, limit, poll
        self._seconds: dict[int, float] = {}

    @contextmanager
    def running(self) -> Iterator[None]:
        """Watches while the context lasts."""
        with periodically(self._look, self._poll, "metadata-holders"):
            yield

    def explained(self, error: Exception | None) -> Exception | None:
        """Returns a run's error, or in place of ML Metadata's own, which names neither file nor process, one that does."""
        is_metadata = isinstance(error, AbortedError) or "Metadata storage" in str(error)
        return MetadataHeldError(self.message) if is_metadata and self.message else error

    def _look(self) -> None:
        self._seconds = {pid: self._seconds.get(pid, 0.0) + self._poll for pid in lock_holders(self._file)}
        for seconds in self._seconds.values():
            if self._limit <= seconds < self._limit + self._poll:
                self.message = held(self._file, f"{describe_holders(self._file)} has held it for {seconds:.0f} s")
                self._report(self.message)
