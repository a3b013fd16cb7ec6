"""Calls a function again and again in a thread while a context lasts."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def periodically(action: Callable[[], None], seconds: float, name: str, *, at_once: bool = False) -> Iterator[None]:
    """Calls a function at an interval, in a thread, until the context ends; a call that has begun is waited for.

    Args:
        action: The function. An exception ends the calls, so it handles its own.
        seconds: Interval between the end of a call and the next.
        name: Name of the thread.
        at_once: Whether the first call comes at the start and not after an interval.

    Yields:
        Nothing.
    """
    stop = threading.Event()

    def call_until_stopped() -> None:
        if at_once:
            action()
        while not stop.wait(seconds):
            action()

    thread = threading.Thread(target=call_until_stopped, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
