"""Packed ids hold exactly the ids that were put in."""

import apache_beam as beam
from apache_beam.testing.util import assert_that, equal_to
from hypothesis import given
from hypothesis import strategies as st

from components.id_digests import DIGEST_BYTES, digest, is_packed, pack, unpack
from components.id_joins import PackIds, packed_ids

ids = st.frozensets(st.text(st.characters(codec="utf-8"), max_size=8), max_size=40)


@given(ids, ids)
def test_an_id_is_packed_where_it_was_put_in_and_nowhere_else(inside, others):
    packed = pack(digest(item) for item in [*inside, *inside])
    assert len(packed) == DIGEST_BYTES * len(inside)
    assert {item for item in inside | others if is_packed(item, packed)} == inside


@given(st.lists(ids, min_size=1, max_size=5))
def test_parts_combine_to_the_same_set_in_any_order(parts):
    combine = PackIds()
    accumulators = []
    for part in parts:
        accumulator = combine.create_accumulator()
        for item in part:
            accumulator = combine.add_input(accumulator, item)
        accumulators.append(accumulator)
    whole = pack(map(digest, frozenset().union(*parts)))
    for order in (accumulators, accumulators[::-1]):
        assert combine.extract_output(combine.merge_accumulators(order)) == whole
    assert unpack(whole) == sorted(set(unpack(whole)))


def test_workers_get_the_ids_and_an_empty_set_where_there_are_none():
    with beam.Pipeline() as pipeline:
        some = packed_ids(pipeline | "Ids" >> beam.Create(["b", "d"]), "Some")
        none = packed_ids(pipeline | "NoIds" >> beam.Create([]), "None")
        letters = pipeline | "Letters" >> beam.Create(list("abcd"))
        assert_that(letters | "InSome" >> beam.Filter(is_packed, some), equal_to(["b", "d"]), "some")
        assert_that(letters | "InNone" >> beam.Filter(is_packed, none), equal_to([]), "none")
