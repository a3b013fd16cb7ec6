"""HTML pages that load nothing from the network: their templates, and the one style and script that each may run."""

from __future__ import annotations

import base64
import hashlib
from functools import cache

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.report import wording


@cache
def page_environment(*packages: str) -> Environment:
    """Returns the environment of HTML templates; it escapes what they print, and `w` is `wording`.

    Args:
        packages: Packages whose `templates` folders are searched, in this order; after them that of this package, which holds
            the frame, the slider, the style and the script that the pages share.
    """
    environment = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in (*packages, __package__)]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(w=wording)
    return environment


def style_and_script(environment: Environment, styles: tuple[str, ...], script: str) -> dict[str, str]:
    """Returns `style`, `script` and `script_hash` for a page's template.

    Args:
        environment: Where the files are looked up.
        styles: Names of the style sheets, joined in this order.
        script: Name of the script; the hash lets a Content-Security-Policy admit this script and no other.
    """
    text = _source(environment, script)
    return {
        "style": Markup("").join(_source(environment, name) for name in styles),
        "script": text,
        "script_hash": base64.b64encode(hashlib.sha256(text.encode()).digest()).decode(),
    }


def _source(environment: Environment, name: str) -> Markup:
    assert environment.loader is not None
    return Markup(environment.loader.get_source(environment, name)[0])
