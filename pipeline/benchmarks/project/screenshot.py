"""Takes screenshots of local HTML files with headless Chromium."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from data.errors import InputError

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
)
_PATIENCE = 60.0


def find_browser() -> str | None:
    """Returns the path of Chromium or Chrome; None where neither is installed."""
    return next((path for path in map(shutil.which, _BROWSERS) if path), None)


def take_screenshot(page: Path, png: Path, width: int, height: int) -> None:
    """Writes the first screen of a page.

    Args:
        page: An HTML file.
        png: The file to write.
        width: Width of the window, pixels.
        height: Height of the window, pixels.

    Raises:
        InputError: No browser is installed, or it wrote no picture.
    """
    browser = find_browser()
    if browser is None:
        raise InputError(f"no browser to take a picture of {page} with: install one of {', '.join(_BROWSERS)}")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        subprocess.run(
            [browser, *_FLAGS, f"--user-data-dir={profile}", f"--window-size={width},{height}", f"--screenshot={png}",
             page.resolve().as_uri()],
            check=False,
            capture_output=True,
            timeout=_PATIENCE,
        )  # fmt: skip
    if not png.is_file():
        raise InputError(f"{browser}: no picture of {page}")
