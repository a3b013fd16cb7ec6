"""rich's console for texts from outside, which must not reach the terminal as commands to it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from data.plain_text import visible_lines


class PlainConsole(Console):
    """rich's console, which escapes what a terminal would obey in the texts that it prints; its own styles stay."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Renders an object into segments; `print` calls this.

        Args:
            renderable: The object.
            options: How to render it.
        """
        for segment in super().render(renderable, options):
            is_plain = segment.control or segment.text.isprintable()
            yield segment if is_plain else Segment(visible_lines(segment.text), segment.style)
