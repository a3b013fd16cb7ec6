"""How a server starts."""

import io
import logging

import pytest

from pipeline.serving.run import log_to_stderr


@pytest.fixture
def lines(monkeypatch):
    """A root logger with one handler, and a logger of TensorFlow as TensorFlow leaves it; returns what is written."""
    stream, tensorflow = io.StringIO(), logging.getLogger("tensorflow")
    monkeypatch.setattr(logging.getLogger(), "handlers", [logging.StreamHandler(stream)])
    monkeypatch.setattr(tensorflow, "handlers", [logging.StreamHandler(stream)])
    monkeypatch.setattr(tensorflow, "propagate", True)
    return stream


def test_a_line_of_tensorflow_is_logged_once(lines):
    log_to_stderr()
    logging.getLogger("tensorflow").warning("retracing")
    assert lines.getvalue() == "retracing\n"
