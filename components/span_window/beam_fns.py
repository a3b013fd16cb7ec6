"""Functions that the SpanWindow maps over records and their ids.

A Beam worker process imports this module, so that it must not import TFX, which takes ten seconds.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from components.id_digests import is_packed
from data import features, records

Copy = tuple[int, str]
"""Number of the span and name of the split of a record."""


def copy_of(serialized: bytes, number: int, split: str) -> tuple[str, Copy]:
    """Returns the id of a record's pair, and where the record lies.

    Args:
        serialized: A serialized paired record.
        number: Number of its span.
        split: Its split.
    """
    return records.pair_id_of(serialized), (number, split)


def superseded_copies(pair: tuple[str, Iterable[Copy]]) -> Iterator[str]:
    """Yields the name of a pair in each span whose copy a newer span of the window replaces.

    Args:
        pair: Id of the pair, and all its copies, in any order.
    """
    pair_id, copies = pair
    oldest_first = sorted({number for number, _ in copies})
    return (copy_name(number, pair_id) for number in oldest_first[:-1])


def train_pair(pair: tuple[str, Iterable[Copy]]) -> Iterator[str]:
    """Yields a line of `TRAIN_IDS_PREFIX` where the newest copy of a pair is a train pair.

    Args:
        pair: Id of the pair, and all its copies, in any order.
    """
    pair_id, copies = pair
    every = set(copies)
    newest = max(number for number, _ in every)
    if (newest, features.TRAIN) in every:
        yield train_line(newest, pair_id)


def copy_name(number: int, pair_id: str) -> str:
    """Returns the name of a pair's copy in a span.

    Args:
        number: Number of the span.
        pair_id: Id of the pair.
    """
    return f"{number}/{pair_id}"


def is_newest_copy(serialized: bytes, number: int, superseded: bytes) -> bool:
    """Returns whether no newer span of the window has the pair of a record.

    Args:
        serialized: A serialized paired record.
        number: Number of its span.
        superseded: The names of `superseded_copies`, packed.
    """
    return not superseded or not is_packed(copy_name(number, records.pair_id_of(serialized)), superseded)


def train_line(number: int, pair_id: str) -> str:
    """Returns a line of `TRAIN_IDS_PREFIX`.

    Args:
        number: Number of the span of the pair's newest copy.
        pair_id: Id of the pair.
    """
    return json.dumps([number, pair_id])


def new_train_id(line: str, accepted_span: int) -> Iterator[str]:
    """Yields the id of a train pair that arrived after the last accepted span.

    Args:
        line: A line of `TRAIN_IDS_PREFIX`.
        accepted_span: Number of that span.
    """
    number, pair_id = json.loads(line)
    if number > accepted_span:
        yield pair_id
