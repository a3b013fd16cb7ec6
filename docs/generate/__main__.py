"""`python -m docs.generate` writes the generated pages; with `--check` it fails where a committed page is stale."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from docs.generate import command_line, configuration, exit_codes, pair_faults

DOCS = Path(__file__).resolve().parents[1]
PAGES: dict[str, Callable[[], str]] = {
    "command-line.md": command_line.page,
    "configuration.md": configuration.page,
    "exit-codes.md": exit_codes.page,
    "pair-faults.md": pair_faults.page,
}


def stale_pages(folder: Path) -> list[str]:
    """Returns the names of the pages in a folder that differ from what the code gives now.

    Args:
        folder: Where the committed pages are; a missing page is stale.
    """
    return [name for name, page in PAGES.items() if _read(folder / name) != page()]


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 where a page is stale.")
def main(check: bool) -> None:
    """Write the generated pages of docs/ from the code."""
    stale = stale_pages(DOCS)
    if check:
        for name in stale:
            click.echo(f"docs/{name} is stale: run `make docs` and commit the page", err=True)
        sys.exit(bool(stale))
    for name in stale:
        (DOCS / name).write_text(PAGES[name](), encoding="utf-8")
        click.echo(f"wrote docs/{name}")


if __name__ == "__main__":
    main()
