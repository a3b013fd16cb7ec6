"""Parses the JSON of a request, in bounded memory and time.

Python's parser holds the interpreter lock for as long as it takes, and a value of JSON takes up to thirty times its bytes in
memory. Both grow with the number of values, which is counted before.
"""

from __future__ import annotations

import json

from data.plain_text import one_line
from pipeline.serving.refusal import bad

MAX_VALUES = 2**21
"""Maximum lists, numbers and other values in a body: two images of 262,144 pixels as numbers. So many took 0.3 s and 200 MB."""

MAX_OBJECTS = 20_000
"""Maximum objects and keys in a body; an image has two of each."""

_MAX_FOREIGN_BYTES = 2**20


def parse_object(body: bytes) -> dict[str, object]:
    """Parses a JSON object.

    Args:
        body: JSON in UTF-8.

    Raises:
        RefusedError: The body is no JSON object, or has too many values.
    """
    _require_few_values(body)
    try:
        request = json.loads(body.decode("utf-8-sig"))  # as the standard has it; Python would guess other encodings
    # ValueError also covers invalid UTF-8 and numbers of thousands of digits; deeply nested brackets exhaust the stack.
    except (ValueError, RecursionError) as error:
        raise bad(f"the body is not valid JSON: {one_line(error)}") from None
    if not isinstance(request, dict):
        raise bad("the body is not a JSON object; give instances or inputs in one")
    return request


def _require_few_values(body: bytes) -> None:
    """Counts the characters that begin a value or end one; base64 has none of them, other text perhaps some more."""
    objects = body.count(b"{") + body.count(b":")
    if objects > MAX_OBJECTS:
        raise bad(f"the body has more than {MAX_OBJECTS:,} JSON objects and keys; send fewer images in one request")
    if body.count(b",") + body.count(b"[") > MAX_VALUES:
        raise bad(f"the body has more than {MAX_VALUES:,} JSON values; send fewer images, or PNG and JPEG files")
    if len(body) > _MAX_FOREIGN_BYTES and not body.isascii():
        # One such character makes Python store each of millions in four bytes.
        raise bad("the body is large and has characters beyond ASCII; escape them, as in \\u00e9")
