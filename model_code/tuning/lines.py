"""What a search says on the screen: one line before, one for each trial, one for the best. Imports nothing heavy."""

from __future__ import annotations

from typing import Any

from model_code.tuning.search_settings import TuneSettings
from model_code.tuning.search_space import Values, choices, ranges


def opening(tune: TuneSettings, finished: int) -> str:
    """Returns the line before the first trial.

    Args:
        tune: Settings of the search.
        finished: Trials that an earlier, killed process has finished.

    >>> opening(TuneSettings(trials=4, steps=20, minutes=5, win_size=(4, 8)), finished=0)
    'search: at most 4 trials of 20 steps, none begins after 5 min; win_size 4 or 8, learning_rate 0.0003 to 0.003'
    """
    searched = [f"{name} {' or '.join(map(str, options))}" for name, options in choices(tune).items()]
    searched += [f"{name} {low:g} to {high:g}" for name, (low, high) in ranges(tune).items()]
    after = f"; goes on after trial {finished}" if finished else ""
    budget = f"at most {tune.trials} trials of {tune.steps} steps, none begins after {tune.minutes:g} min"
    return f"search: {budget}; {', '.join(searched) or 'nothing is searched'}{after}"


def trial_line(number: int, trials: int, outcome: str, values: Values) -> str:
    """Returns the line of a trial.

    Args:
        number: The trial's number, from 1.
        trials: Largest number of trials.
        outcome: What came of it.
        values: Its values.

    >>> trial_line(2, 8, "+1.23 dB", {"learning_rate": 0.00123456, "depths": "1-1-1"})
    'trial 2 of 8: +1.23 dB; learning_rate 0.00123, depths 1-1-1'
    """
    given = ", ".join(f"{name} {_value(value)}" for name, value in values.items())
    return f"trial {number} of {trials}: {outcome}; {given or 'the configured recipe'}"


def _value(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
