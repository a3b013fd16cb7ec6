"""Each fuzz target on its seeds, on cut seeds, and on changes of them that are the same in each run."""

import random

import pytest

from tests.fuzz import frame
from tests.fuzz.frame import FindingError, Target

_CHANGES = 150


def _changed(data, words, chance):
    """Bytes with a few of them replaced, removed, doubled, or a word inserted."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(changed) + 1)
        kind = chance.randrange(4)
        if kind == 0 and words:
            changed[at:at] = chance.choice(words)
        elif kind == 1:
            del changed[at : at + chance.randint(1, 8)]
        elif kind == 2:
            changed[at : at + 1] = bytes([chance.randrange(256)])
        else:
            changed[at:at] = changed[max(0, at - chance.randint(1, 64)) : at]
    return bytes(changed)


@pytest.mark.parametrize("name", frame.names())
def test_a_target_keeps_its_promise_on_seeds_and_changes_of_them(name):
    target, chance = frame.target(name), random.Random(0)
    seeds = target.seeds()
    assert all(frame.check(target, seed) for seed in seeds)
    for _ in range(_CHANGES):
        frame.check(target, _changed(chance.choice(seeds), target.words, chance))
    for seed in seeds:
        frame.check(target, seed[: chance.randrange(len(seed))])


@pytest.mark.parametrize(
    "message", ["", "two\nlines", "<_io.BytesIO object at 0x7f00deadbeef>", "x" * 2000, "\x1b[31m"]
)
def test_a_refusal_in_other_words_than_a_plain_line_is_a_finding(message):
    def read(_):
        raise ValueError(message)

    with pytest.raises(FindingError):
        frame.check(Target(read, list, (ValueError,)), b"")


def test_a_slow_input_and_another_exception_are_findings():
    with pytest.raises(FindingError, match="processor time"):
        frame.check(Target(lambda _: sum(range(10**5)), list, (), seconds=0.0), b"")
    with pytest.raises(KeyError):
        frame.check(Target(lambda _: {}[1], list, (ValueError,)), b"")
