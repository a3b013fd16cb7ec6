"""The exit codes of the commands and their meanings: the help, the schedule's status and the documentation read them here."""

from __future__ import annotations

from collections.abc import Mapping

PUSHED = 0
FAILED = 1
BAD_INPUT = 2
MODEL_REFUSED = 3
DATA_REFUSED = 4
INTERRUPTED = 130

RUN: Mapping[int, str] = {
    PUSHED: "a model was pushed, or it is the production model already",
    FAILED: "the run failed; the run report and log.txt say why",
    BAD_INPUT: "bad input or configuration, or another run uses the workspace",
    MODEL_REFUSED: "the model was refused; production is unchanged",
    DATA_REFUSED: "the data was refused; nothing was trained",
}
"""The exit codes of `run` and `kubeflow dry-run`, and the meaning of a run in the schedule's status."""

SCHEDULE: Mapping[int, str] = {
    0: "the schedule was stopped; with --once: a model was pushed, or there was no new data, or no drift",
    BAD_INPUT: "bad input or configuration, or another schedule uses the workspace",
    **{code: f"with --once: {RUN[code]}" for code in (FAILED, MODEL_REFUSED, DATA_REFUSED)},
}
"""The exit codes of `schedule`."""

CHECK: Mapping[int, str] = {
    0: "every pair passed",
    BAD_INPUT: "bad input: a folder is missing or empty, or a layout is unknown",
    DATA_REFUSED: "at least one pair is quarantined",
}
"""The exit codes of `data check`."""

DRIFT: Mapping[int, str] = {
    0: "every bounded measurement is distributed as in the training data",
    BAD_INPUT: "bad input, or too few images to compare distributions",
    DATA_REFUSED: "at least one measurement has drifted",
}
"""The exit codes of `data drift`."""

SHADOW: Mapping[int, str] = {
    0: "the shadow is in bounds",
    BAD_INPUT: "bad input, or too few images to tell",
    MODEL_REFUSED: "the shadow is out of bounds",
}
"""The exit codes of `models compare-shadow`."""

RESTORE: Mapping[int, str] = {
    0: "every image was restored",
    BAD_INPUT: "bad input, or at least one file could not be read; the others are restored",
}
"""The exit codes of `restore`."""

ANY: Mapping[int, str] = {
    0: "the command did what it was asked to do",
    FAILED: "an unexpected error, with a traceback",
    BAD_INPUT: "bad input, option or configuration; one line on stderr says which",
    INTERRUPTED: "interrupted from the keyboard",
}
"""The exit codes of every command that has no table of its own."""

BY_COMMAND: Mapping[str, Mapping[int, str]] = {
    "run, kubeflow dry-run": RUN,
    "schedule": SCHEDULE,
    "restore": RESTORE,
    "data check": CHECK,
    "data drift": DRIFT,
    "models compare-shadow": SHADOW,
    "all other commands": ANY,
}
"""Every table, for the documentation."""


def epilog(meanings: Mapping[int, str], *examples: str) -> str:
    r"""Returns the last part of a command's help: examples, and what its exit codes mean.

    Args:
        meanings: Text by exit code.
        *examples: Command lines; a line that begins with a space continues the one before.
    """
    # Click fills the lines of a paragraph unless it begins with this character.
    verbatim = "\b\n"
    codes = [f"  {code}  {text}" for code, text in sorted(meanings.items())]
    paragraphs = [["Examples:", *(f"  {line}" for line in examples)]] if examples else []
    return "\n\n".join(verbatim + "\n".join(lines) for lines in [*paragraphs, ["Exit codes:", *codes]])
