"""Makes docs/exit-codes.md from the constants of pipeline/exit_codes.py and the strings below them."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator

from docs.generate.markdown import GENERATED, code, table
from pipeline import exit_codes

_INTRODUCTION = """
# Exit codes

A scheduler can act on the code alone: `pipeline/exit_codes.py` has the numbers.
"""
_REMARKS = """
Every command uses these numbers; a command that judges no model uses the ones that fit:

- `restore` exits with 2 when it skipped a file, and has restored the others.
- `data check` exits with 4 when a pair is quarantined, `data drift` when a measurement has drifted.
- `schedule --once` exits with the code of the run, or 0 when no new data arrived.
- Ctrl-C ends a command with 130.

On Kubeflow a refused model ends in a *successful* run: the Pusher's output has `outcome: refused`, and the production model is
unchanged. Refused data fails the PairValidator's task.
"""


def page() -> str:
    """Returns the page: one row for each code."""
    rows = [(code(str(number)), code(name), meaning) for name, number, meaning in _codes(inspect.getsource(exit_codes))]
    return GENERATED + _INTRODUCTION + "\n" + table(("code", "name", "meaning"), rows) + _REMARKS


def _codes(source: str) -> Iterator[tuple[str, int, str]]:
    """Yields name, number and meaning of each constant; the meaning is the string below the assignment."""
    statements = ast.parse(source).body
    for statement, below in zip(statements, [*statements[1:], ast.Pass()], strict=True):
        if isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Constant):
            meaning = below.value if isinstance(below, ast.Expr) else None
            text = str(meaning.value) if isinstance(meaning, ast.Constant) else ""
            yield str(statement.targets[0].id), int(str(statement.value.value)), text  # type: ignore[attr-defined]
