"""The severity of a degradation: light, medium, heavy or unknown, and the other words that people use for them."""

from __future__ import annotations

from data.features import UNKNOWN

SEVERITIES = ("light", "medium", "heavy")

_WORDS = {
    "light": ("light", "slight", "mild", "weak", "low", "small"),
    "medium": ("medium", "moderate", "middle", "mid", "normal"),
    "heavy": ("heavy", "strong", "severe", "high", "large"),
    UNKNOWN: ("", "unknown", "none", "n/a"),
}
_SEVERITY_OF = {word: severity for severity, words in _WORDS.items() for word in words}


def severity_of(text: str) -> str:
    """Returns the severity that a word stands for.

    Args:
        text: The word, in any case.

    Raises:
        ValueError: It stands for none; a number does not say which end is heavy.

    Example:
        >>> severity_of("Moderate")
        'medium'
    """
    severity = _SEVERITY_OF.get(text.strip().lower())
    if severity is None:
        raise ValueError(f"severity {text[:40]!r}: write one of {', '.join(SEVERITIES)} or {UNKNOWN}")
    return severity
