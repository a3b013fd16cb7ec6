"""A slice: the evaluation images that share one value of one feature, such as the severity "heavy"."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

_SEPARATOR = ": "


@dataclass(frozen=True, slots=True)
class Slice:
    """The images that share one value of one feature. Its text is "severity: heavy"; that of `OVERALL` is "overall".

    Attributes:
        feature: Name of the feature, such as "severity"; empty for `OVERALL`.
        value: Value of the feature, such as "heavy".

    Example:
        >>> str(Slice("severity", "heavy"))
        'severity: heavy'
        >>> Slice.parse("severity: heavy").value
        'heavy'
    """

    feature: str
    value: str

    def __str__(self) -> str:
        return f"{self.feature}{_SEPARATOR}{self.value}" if self.feature else self.value

    @classmethod
    def parse(cls, text: str) -> Slice:
        """Returns the slice that a text names.

        Args:
            text: "overall", or a feature and its value such as "severity: heavy".
        """
        feature, separator, value = text.partition(_SEPARATOR)
        return cls(feature, value) if separator else cls("", text)

    @property
    def is_overall(self) -> bool:
        """Whether the slice holds all evaluation images."""
        return self == OVERALL


OVERALL = Slice("", "overall")
"""All evaluation images."""


def _parsed(value: Any) -> Any:
    return Slice.parse(value) if isinstance(value, str) else value


SliceField = Annotated[Slice, BeforeValidator(_parsed), PlainSerializer(str)]
"""A slice as the field of a pydantic model: JSON holds its text."""
