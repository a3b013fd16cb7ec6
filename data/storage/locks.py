"""Locks between processes: the operating system releases them when a process ends, however that ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from data.errors import InputError


@contextmanager
def exclusive(file: Path, busy: str | Callable[[], str] = "", *, should_wait: bool = False) -> Iterator[None]:
    """Keeps other processes out while the context lasts.

    Args:
        file: The lock file; missing parent folders are made.
        busy: The message if another process has the lock, or what makes it then.
        should_wait: Wait for the other process instead.

    Yields:
        Nothing.

    Raises:
        InputError: Another process has the lock, or the file system cannot lock or be written.
    """
    # The soft fallback of the library would leave a lock behind when a process is killed.
    lock = FileLock(file, fallback_to_soft=False)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire(blocking=should_wait)
    except Timeout as error:
        message = busy() if callable(busy) else busy
        raise InputError(message or f"{file}: another process has the lock; wait until it has finished") from error
    except (OSError, NotImplementedError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else "it has no locks"
        raise InputError(
            f"{file.parent}: cannot be written or locked ({why}); use a folder on a disk of this machine that you may write to"
        ) from error
    try:
        yield
    finally:
        lock.release()
