"""Makes docs/exit-codes.md from the tables of pipeline/exit_codes.py."""

from __future__ import annotations

from collections.abc import Iterator

from docs.generate.markdown import GENERATED, code, table
from pipeline import exit_codes

_INTRODUCTION = """
# Exit codes

A scheduler can act on the code alone: `pipeline/exit_codes.py` has the numbers.
"""
_REMARKS = """
An augmentation that treats the two images of a pair differently is a failure (1), not refused data.

On Kubeflow a refused model ends in a *successful* run: the Pusher's output has `outcome: refused`, and the production model is
unchanged. Refused data fails the task DataGate; see [Kubeflow](operate/kubeflow.md#how-a-run-ends).
"""


def page() -> str:
    """Returns the page: one table for each group of commands with the same codes."""
    return GENERATED + _INTRODUCTION + "".join(_sections()) + _REMARKS


def _sections() -> Iterator[str]:
    for commands, meanings in exit_codes.BY_COMMAND.items():
        rows = [(code(str(number)), meaning) for number, meaning in sorted(meanings.items())]
        yield f"\n## {commands}\n\n" + table(("code", "meaning"), rows)
