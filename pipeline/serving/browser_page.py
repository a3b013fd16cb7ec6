"""The page for browsers: one file; its security policy lets it load nothing and contact this server only."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(__file__).with_name("page") / "index.html"


@dataclass(frozen=True, slots=True)
class BrowserPage:
    """The page as it is sent.

    Attributes:
        html: The document.
        headers: HTTP headers, the Content-Security-Policy among them.
    """

    html: str
    headers: dict[str, str]


def read_page() -> BrowserPage:
    """Reads the page and writes a policy that allows its own style and script only, by their hashes."""
    html = _FILE.read_text(encoding="utf-8")
    policy = (
        "default-src 'none'; "
        f"style-src {_hashes(html, 'style')}; script-src {_hashes(html, 'script')}; "
        "img-src blob: data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-cache",
    }
    return BrowserPage(html, headers)


def _hashes(html: str, element: str) -> str:
    texts = re.findall(rf"<{element}>(.*?)</{element}>", html, flags=re.DOTALL)
    digests = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in texts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)
