"""The version of the code: the commit of a checkout, or the installed version."""

from __future__ import annotations

import subprocess
from pathlib import Path

from data.spans.manifest import code_version as distribution_version

_CHECKOUT = Path(__file__).resolve().parents[2]
_TIMEOUT_SECONDS = 10


def code_version() -> str:
    """Returns e.g. "0.1.0, commit 3ac8def0...", with " and uncommitted changes" if the checkout has any."""
    commit = _git("rev-parse", "HEAD") if (_CHECKOUT / ".git").exists() else None
    if commit is None:
        return distribution_version()
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return f"{distribution_version()}, commit {commit}{' and uncommitted changes' if changed else ''}"


def _git(*arguments: str) -> str | None:
    """Returns the output of git; None if git is not installed or the folder is not a repository."""
    try:
        done = subprocess.run(
            ["git", "-C", str(_CHECKOUT), *arguments],
            capture_output=True,
            text=True,
            timeout=_TIMEOUT_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()
