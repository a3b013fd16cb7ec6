"""Windows of spans for tests."""

from components.span_window.window import Span, Window


def window_json(*numbers: int) -> str:
    """Returns the JSON of a window of spans with these numbers."""
    spans = tuple(Span(number, "", None) for number in numbers)
    return Window(spans, spans).to_json()
