"""Which code ran: the commit where the project runs from a checkout, the installed version elsewhere."""

from __future__ import annotations

import subprocess
from pathlib import Path

from data.spans.manifest import code_version as distribution_version

_CHECKOUT = Path(__file__).resolve().parents[2]
_PATIENCE_SECONDS = 10


def code_version() -> str:
    """Returns e.g. "0.1.0, commit 3ac8def0...", with " and uncommitted changes" where the checkout has some."""
    commit = _git("rev-parse", "HEAD") if (_CHECKOUT / ".git").exists() else None
    if commit is None:
        return distribution_version()
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return f"{distribution_version()}, commit {commit}{' and uncommitted changes' if changed else ''}"


def _git(*arguments: str) -> str | None:
    """Returns what git prints; None where there is no git, or it does not know the folder."""
    try:
        done = subprocess.run(
            ["git", "-C", str(_CHECKOUT), *arguments],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
