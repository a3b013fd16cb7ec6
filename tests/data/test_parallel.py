from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from data.errors import InputError, attempt, join_errors
from data.parallel import ordered_map, track


def test_results_come_in_order_whatever_takes_longest():
    def slow_first(number: int) -> int:
        time.sleep(0.02 if number % 3 == 0 else 0)
        return number * number

    assert list(ordered_map(slow_first, range(30), 4)) == [number * number for number in range(30)]


def test_items_are_read_only_as_results_are_taken():
    read = []

    def items() -> Iterator[int]:
        for number in range(1000):
            read.append(number)
            yield number

    results = ordered_map(lambda number: number, items(), 2)
    assert next(results) == 0
    assert len(read) <= 10
    results.close()
    assert len(read) <= 10


def test_two_threads_work_at_once():
    both = threading.Barrier(2, timeout=60)
    assert len(list(ordered_map(lambda _: both.wait(), range(2), 2))) == 2


def test_an_error_reaches_the_caller():
    def fail(number: int) -> int:
        raise ValueError(number)

    with pytest.raises(ValueError, match="0"):
        list(ordered_map(fail, range(100)))


def test_progress_passes_results_on(capsys: pytest.CaptureFixture[str]):
    assert list(track(iter("abc"), 3, "letters")) == ["a", "b", "c"]
    assert capsys.readouterr().out == ""


def test_errors_are_joined():
    def check(name: str) -> str:
        if name > "b":
            raise InputError(f"{name}: {'empty' if name == 'c' else 'torn'}")
        return name

    results = [attempt(check, name) for name in "abcde"]
    assert results[:2] == ["a", "b"]
    errors = [result for result in results if isinstance(result, InputError)]
    assert str(join_errors(errors)) == "3 files cannot be used; empty: c; torn: d, e"
    assert join_errors(errors[:1]) is errors[0]
