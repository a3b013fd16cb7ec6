"""Calls at an interval while a context lasts."""

import threading

import pytest

from pipeline.periodic import periodically


def test_calls_come_until_the_context_ends_and_none_after_it():
    calls, third = [], threading.Event()

    def action():
        calls.append(threading.current_thread().name)
        if len(calls) == 3:
            third.set()

    with periodically(action, 0.01, "ticking"):
        assert third.wait(30)
    assert set(calls) == {"ticking"}
    assert not any(thread.name == "ticking" for thread in threading.enumerate())


@pytest.mark.parametrize(("at_once", "calls"), [(True, 1), (False, 0)])
def test_the_first_call_comes_at_the_start_only_where_asked_for(at_once, calls):
    made, called = [], threading.Event()

    def action():
        made.append(1)
        called.set()

    with periodically(action, 3600, "slow", at_once=at_once):
        assert called.wait(30 if at_once else 0.05) == at_once
    assert len(made) == calls
