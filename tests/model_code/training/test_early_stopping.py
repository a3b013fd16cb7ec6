from __future__ import annotations

from model_code.training.early_stopping import EarlyStopping


def observed(gains: list[float], patience: int, min_delta: float = 0.1) -> tuple[list[bool], int]:
    """Returns which gains were the best so far, and the number of gains after which patience ran out (0: never)."""
    stopping = EarlyStopping(patience, min_delta)
    better = []
    for count, gain in enumerate(gains, start=1):
        better.append(stopping.observe(gain))
        if stopping.is_exhausted:
            return better, count
    return better, 0


def test_stops_after_patience_without_progress() -> None:
    assert observed([1.0, 2.0, 1.9, 1.8, 3.0], patience=2) == ([True, True, False, False], 4)


def test_small_gains_are_best_but_do_not_reset_patience() -> None:
    assert observed([1.0, 1.05, 1.09, 1.2], patience=2) == ([True, True, True], 3)


def test_small_gains_that_add_up_reset_patience() -> None:
    assert observed([1.0, 1.06, 1.12, 1.18], patience=2) == ([True] * 4, 0)


def test_without_patience_never_stops() -> None:
    assert observed([3.0] + [0.0] * 50, patience=0)[1] == 0


def test_a_gain_below_zero_can_be_the_best_so_far() -> None:
    assert observed([-2.0, -1.0], patience=1) == ([True, True], 0)
