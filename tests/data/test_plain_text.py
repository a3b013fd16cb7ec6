"""Foreign text in messages."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.plain_text import one_line, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("région 雨.png", "région 雨.png"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\nb\r\tc", "a\\nb\\r\\tc"),
        ("abc\u202egnp.exe", "abc\\u202egnp.exe"),
        ("\udcff", "\\udcff"),
        ("\x9b31m", "\\x9b31m"),
    ],
)
def test_what_a_terminal_would_obey_is_escaped(text, shown):
    assert visible(text) == shown


@given(st.text())
def test_visible_text_can_be_printed_on_one_line(text):
    assert visible(text).isprintable() or all(
        char == " " or char.isprintable() for char in visible(text) if ord(char) < 128
    )
    assert len(one_line(text, 20).splitlines()) <= 1
    assert len(one_line(text, 20)) <= 23


def test_heap_addresses_are_left_out_and_length_is_cut():
    assert one_line(ValueError(f"cannot identify {io.BytesIO()!r}")) == "cannot identify <_io.BytesIO object>"
    assert one_line("x" * 10**7, 10) == "x" * 10 + "..."
    assert one_line(KeyError()) == "KeyError"
