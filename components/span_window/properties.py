"""Names of the custom properties and files of the SpanWindow's Examples. Imports no other module of this project."""

import json

SPAN_PROPERTY = "span"
"""Number of the newest span, under TFX's name."""
WINDOW_PROPERTY = "window"
"""`Window` as JSON; see `span_numbers`."""
SUPERSEDED_PROPERTY = "superseded"
"""Number of pairs that a newer span of the window replaces."""
TRAIN_IDS_PREFIX = "train_ids"
"""Files beside the splits of a window of several spans: a line of JSON, [number of the span, id], per train pair."""
RECORDS_DIRECTORY = "records_directory"
"""Parameter of the component: the folder of the data set's spans."""


def span_numbers(window: str) -> frozenset[int]:
    """Returns the numbers of all spans of a window.

    Args:
        window: Value of `WINDOW_PROPERTY`.
    """
    return frozenset(span["number"] for spans in json.loads(window).values() for span in spans)
