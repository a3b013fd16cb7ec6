"""What the SpanWindow says of its Examples, by the names of their custom properties. Imports nothing heavy."""

SPAN_PROPERTY = "span"
"""Number of the newest span; TFX's own name of it."""
WINDOW_PROPERTY = "window"
"""`Window` as JSON."""
SUPERSEDED_PROPERTY = "superseded"
"""How many pairs a newer span of the window has replaced."""
