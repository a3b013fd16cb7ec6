"""Opens ML Metadata's file.

ML Metadata itself waits minutes for a file that another process holds, and its error names neither.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from ml_metadata import errors
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from data.errors import InputError
from data.plain_text import one_line
from pipeline.metadata_store.holders import describe_holders

WAIT_SECONDS = 10.0
"""Longest wait for another process, whose transactions take a small part of a second."""


_LONGEST_DAMAGE = 100


class MetadataHeldError(RuntimeError):
    """A component failed because another process held ML Metadata's file for too long."""


@contextmanager
def opened(file: Path) -> Iterator[MetadataStore]:
    """Opens ML Metadata's SQLite file while the context lasts.

    Args:
        file: The file; it must exist.

    Yields:
        The store.

    Raises:
        InputError: Another process holds the file, or it is not a database of ML Metadata; also where that shows within the
            context.
    """
    require_usable(file)
    config = mlmd.ConnectionConfig()
    config.sqlite.filename_uri = str(file)
    config.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE
    try:
        yield MetadataStore(config)
    except errors.AbortedError as error:
        raise InputError(held(file, f"{describe_holders(file)} holds it")) from error
    except (RuntimeError, errors.StatusError) as error:
        raise InputError(
            f"{file}: ML Metadata cannot read it ({one_line(error)}); move it away, or name another"
        ) from error


def require_usable(file: Path, *, for_writing: bool = False, wait_seconds: float = WAIT_SECONDS) -> None:
    """Checks that an SQLite file is one and that no other process holds it for long.

    Call it before this process opens the file by ML Metadata: that has an SQLite of its own, and when one of two in a process
    closes a file, the operating system drops the locks of the other.

    Args:
        file: The file; it must exist.
        for_writing: Whether it must be free of readers, too.
        wait_seconds: Longest wait for another process.

    Raises:
        InputError: Another process holds it, it may not be written, it is not a database, or, for writing, a damaged one.
    """
    address = (
        f"file:{quote(str(file.absolute()))}?mode=rw"  # "ro" could not read what a killed process left half written
    )
    try:
        with closing(sqlite3.connect(address, uri=True, timeout=wait_seconds, isolation_level=None)) as database:
            database.execute("BEGIN EXCLUSIVE" if for_writing else "BEGIN")
            database.execute("SELECT count(*) FROM sqlite_master").fetchone()
            damage = _damage(database) if for_writing else None
            database.execute("ROLLBACK")
    except sqlite3.Error as error:
        # The codes themselves stand in Python 3.11 and newer only.
        if "locked" in str(error):
            raise InputError(held(file, f"{describe_holders(file)} has held it for {wait_seconds:.0f} s")) from error
        if "readonly" in str(error) or "unable to open" in str(error):
            raise InputError(
                f"{file}: cannot be opened or written ({one_line(error)}); check who may write it"
            ) from error
        raise InputError(_unreadable(file, one_line(error))) from error
    if damage is not None:
        raise InputError(_unreadable(file, damage))


def _damage(database: sqlite3.Connection) -> str | None:
    """Returns the first damage that SQLite finds in a database, such as a file that was cut; None for none."""
    (first,) = database.execute("PRAGMA quick_check(1)").fetchone()
    return None if first == "ok" else one_line(first, _LONGEST_DAMAGE)


def _unreadable(file: Path, reason: str) -> str:
    return f"{file}: ML Metadata cannot read it ({reason}); move it away, and the next run starts a new one"


def held(file: Path, holder: str) -> str:
    """Returns the message about a file that another process holds.

    Args:
        file: The file.
        holder: Who holds it, as a clause.
    """
    return f"{file}: {holder}; end that process, or wait until it has finished, and try again"
