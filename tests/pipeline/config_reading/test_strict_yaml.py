"""YAML that a person wrote, or an enemy: read as it looks, or refused in one short line and in little time."""

import time

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config_reading.strict_yaml import StrictYamlError, read

BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\nb: 2\na: 3", r"line 3: key a stands in line 1 already"),
        ("train:\n  seed: 1\ntrain:\n  ema_decay: 0", r"line 3: key train stands in line 1"),
        ("a: 010", r"line 1: 010 would be an octal number"),
        ("a: -017", "octal"),
        ("a: 1:30", r"line 1: 1:30 would be a number to the base of 60"),
        ("a: 1:30.5", "base of 60"),
        ("a: " + "9" * 5000, "a number of 5000 characters"),
        ('a: "\\0"', "control character"),
        ("a: \0", "control|character"),
        ('a: "\\e[31mred"', "control character"),
        (BOMB, "more than 20000 values"),
        ("a: &a [*a]", "line 1: an alias contains itself"),
        ("[" * 5000, "line 1: nested more than 32 deep"),
        ("a:\n" + "".join(f"{' ' * n}-\n" for n in range(1, 60)), "nested more than 32 deep"),
        ("- 1\n" * 30_000, "more than 20000 values"),
        ("x" * 300_000, "300000 characters"),
        ("a: [", "line 1: "),
        ("a: *nowhere", "line 1: found undefined alias"),
        (
            "a: !!python/object/apply:os.system [ls]",
            r"line 1: the tag !!python/object/apply:os\.system: no setting has",
        ),
        ("a: 1\nb: !!bool maybe", "line 2: the tag !!bool"),
        ("a: !!timestamp soon", "the tag !!timestamp"),
        ('a: !!int ""', "the tag !!int"),
        ('a: !!float "-"', "the tag !!float"),
        ("a: !!int [1]", "the tag !!int"),
        ("a: !!map [[b, c]]", "the tag !!map"),
        ("!!set {a}", "the tag !!set"),
        ("!own b: 1", "the tag !own"),
        ("? [1, 2]\n: 3", "line 1: a key must be a single value|unhashable"),
        ("a: !!int many", "the tag !!int"),
        ("a: 0x_", "a value cannot be read"),
        ("--- 1\n--- 2", "line 2: but found another document"),
    ],
)
def test_what_is_refused_gives_one_line_soon(text, message):
    start = time.process_time()

    with pytest.raises(StrictYamlError, match=message) as caught:
        read(text)

    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 250
    assert time.process_time() - start < 10, "a bomb must not be expanded"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("a: 2001-99-99", {"a": "2001-99-99"}),
        ("a: 2026-11-29", {"a": "2026-11-29"}),
        ('a: "010"', {"a": "010"}),
        ("a: 0", {"a": 0}),
        ("a: 0.5", {"a": 0.5}),
        ("a: 1_000", {"a": 1000}),
        ("a: .inf", {"a": float("inf")}),
        ("base: &b {x: 1}\nother: {<<: *b, y: 2}", {"base": {"x": 1}, "other": {"x": 1, "y": 2}}),
        ("a: [yes, null, ~]", {"a": [True, None, None]}),
    ],
)
def test_what_is_accepted_is_read_as_it_looks(text, value):
    assert read(text) == value


TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**12), 10**12) | st.text("ab01:-[]{}&* é\n", max_size=8),
    lambda below: (
        st.lists(below, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), below, max_size=3)
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(TREES)
def test_what_yaml_writes_is_read_back(tree):
    assert read(yaml.safe_dump(tree, allow_unicode=True)) == tree


@settings(max_examples=150, deadline=None)
@given(st.text("ab01:-[]{}&*!<>|'\"#%?, \t\né\0\ud800", max_size=60))
def test_no_text_raises_anything_else(text):
    problem = ""
    try:
        read(text)
    except StrictYamlError as error:
        problem = str(error)
    assert "\n" not in problem
