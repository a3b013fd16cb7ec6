"""Foreign text in messages: one line, without control characters, heap addresses and excess length.

Names of files, errors of libraries and the output of hooks come from outside. Printed as they are, they could move the
cursor, recolour the terminal, or fill a screen with the bytes of an image.
"""

from __future__ import annotations

import re
import unicodedata

_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]{4,}")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories that a terminal obeys instead of showing: control, format (such as a change of direction), surrogates."""


def visible(text: str) -> str:
    r"""Returns text whose hidden characters are escaped as Python escapes them, such as `\x1b`.

    Args:
        text: Any text; spaces and printable characters stay.

    Example:
        >>> print(visible("a\x1b[31mred\u202e.png"))
        a\x1b[31mred\u202e.png
    """
    return "".join(ascii(char)[1:-1] if unicodedata.category(char) in _HIDDEN else char for char in text)


def visible_lines(text: str) -> str:
    r"""Returns text of several lines whose hidden characters are escaped, the line feeds excepted.

    Args:
        text: Any text.
    """
    return "\n".join(map(visible, text.split("\n")))


def one_line(problem: Exception | str, length: int = 200) -> str:
    """Returns a message in one short line; the name of the error's type where it says nothing.

    Args:
        problem: An error, or a text of a foreign program.
        length: Most characters; what exceeds them is cut, with a mark.
    """
    text = _ADDRESS.sub("", " ".join(str(problem)[: 100 * length].split()))
    line = visible(text or (type(problem).__name__ if isinstance(problem, Exception) else ""))
    return line if len(line) <= length else f"{line[:length]}..."
