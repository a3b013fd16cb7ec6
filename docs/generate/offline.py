"""`python -m docs.generate.offline SITE` fails where a page of the built site would load something from the network."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import click

_LOADING = {"src", "srcset", "data", "poster"}
_REMOTE = re.compile(r"\s*(https?:)?//", re.IGNORECASE)
_REMOTE_CSS = re.compile(r"""(?:url\(|@import)\s*['"]?\s*(?:https?:)?//[^'")\s;]+""", re.IGNORECASE)


class _Loads(HTMLParser):
    """Collects the addresses that a browser fetches by itself when it opens a page; hyperlinks are not among them."""

    def __init__(self) -> None:
        super().__init__()
        self.remote: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes the remote addresses of a tag."""
        names = _LOADING | ({"href"} if tag in ("link", "use", "image") else set())
        self.remote += [value for name, value in attrs if name in names and value and _REMOTE.match(value)]
        # Material fetches Mermaid from a CDN where a page has a diagram of it.
        self.remote += [
            f"{tag}.mermaid" for name, value in attrs if name == "class" and "mermaid" in (value or "").split()
        ]


def remote_loads(site: Path) -> Iterator[str]:
    """Yields `page: address` for each remote address that a page or a style sheet of a site loads.

    Args:
        site: Folder of the built site.
    """
    for page in sorted(site.rglob("*.html")):
        parser = _Loads()
        text = page.read_text(encoding="utf-8")
        parser.feed(text)
        styles = re.findall(r"<style.*?</style>", text, re.DOTALL)
        for address in [*parser.remote, *_REMOTE_CSS.findall("".join(styles))]:
            yield f"{page.relative_to(site)}: {address}"
    for sheet in sorted(site.rglob("*.css")):
        for address in _REMOTE_CSS.findall(sheet.read_text(encoding="utf-8")):
            yield f"{sheet.relative_to(site)}: {address}"


@click.command()
@click.argument("site", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(site: Path) -> None:
    """Exit with 1 where a page of SITE loads anything from the network."""
    remote = list(remote_loads(site))
    for line in remote:
        click.echo(f"loads from the network: {line}", err=True)
    sys.exit(bool(remote))


if __name__ == "__main__":
    main()
