"""Runs `ast-restore` and kills it in a training step, a validation or a checkpoint.

    python -m tests.pipeline.kills.killed_run step 30 run --config ...

The process gets a real SIGKILL, the 30th time that it comes there: no handler runs and nothing is cleaned up.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

_DELAY_SECONDS = 0.01
"""From the beginning of a step or a validation to the signal, so that TensorFlow is amid its work."""


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_within(function: Callable[..., Any], call: int) -> Callable[..., Any]:
    """Returns a function that is killed while it works, the `call`-th time it is called."""
    calls = 0

    def killed(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            threading.Timer(_DELAY_SECONDS, _kill).start()
        return function(*arguments, **options)

    return killed


def _kill_after(function: Callable[..., Any], call: int) -> Callable[..., Any]:
    """Returns a function after which the process is killed, the `call`-th time it is called."""
    calls = 0

    def killed(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        result = function(*arguments, **options)
        if calls == call:
            _kill()
        return result

    return killed


def _in_step(call: int) -> None:
    from model_code.training.training_state import TrainingState

    make = TrainingState.train_step
    TrainingState.train_step = lambda *arguments: _kill_within(make(*arguments), call)


def _in_validation(call: int) -> None:
    from model_code.training.validation import Validator

    Validator.scores = _kill_within(Validator.scores, call)


def _in_checkpoint(call: int) -> None:
    from model_code.training.checkpoints import Checkpoints

    # Its files are there, and the folder has not got its name yet.
    Checkpoints._write_files = _kill_after(Checkpoints._write_files, call)


MOMENTS = {"step": _in_step, "validation": _in_validation, "checkpoint": _in_checkpoint}


def main() -> None:
    """Runs the command with the arguments behind the moment and its number; does not return."""
    from pipeline.commands.cli import main as ast_restore

    moment, call = sys.argv.pop(1), int(sys.argv.pop(1))
    MOMENTS[moment](call)
    ast_restore()


if __name__ == "__main__":
    main()
