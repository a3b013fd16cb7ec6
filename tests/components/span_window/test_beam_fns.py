"""Which copy of a pair counts, for all spans that hold it."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from components.id_digests import digest, pack
from components.span_window.beam_fns import copy_name, is_newest_copy, new_train_id, superseded_copies, train_pair
from data.features import SPLITS, TRAIN
from data.records import PairRecord

copies = st.lists(st.tuples(st.integers(1, 30), st.sampled_from(SPLITS)), min_size=1, max_size=8)


@given(copies)
def test_the_newest_copy_of_a_pair_supersedes_the_others(found):
    numbers = {number for number, _ in found}
    replaced = set(superseded_copies(("rain/1", found)))
    assert replaced == {copy_name(number, "rain/1") for number in numbers - {max(numbers)}}
    packed = pack(map(digest, replaced))
    image = b"i"
    record = PairRecord("rain/1", "1", "rain", "light", "p", "i", "t", image, image, (1, 1), (1, 1))
    serialized = record.to_example().SerializeToString()
    assert [n for n in sorted(numbers) if is_newest_copy(serialized, n, packed)] == [max(numbers)]


@given(copies, st.integers(0, 31))
def test_a_train_pair_is_new_where_its_newest_copy_arrived_after_the_accepted_span(found, accepted):
    newest = max(number for number, _ in found)
    lines = list(train_pair(("rain/1", found)))
    assert [json.loads(line) for line in lines] == ([[newest, "rain/1"]] if (newest, TRAIN) in found else [])
    new = [pair_id for line in lines for pair_id in new_train_id(line, accepted)]
    assert new == (["rain/1"] if (newest, TRAIN) in found and newest > accepted else [])
