from __future__ import annotations

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from data import features, records
from data.records import PairRecord

SIZE = st.tuples(st.integers(1, 10**6), st.integers(1, 10**6))
RECORDS = st.builds(
    PairRecord,
    **dict.fromkeys(
        ("pair_id", "scene_id", "degradation", "severity", "source", "input_name", "target_name"),
        st.text(st.characters(codec="utf-8"), max_size=20),
    ),
    input_image=st.binary(max_size=50),
    target_image=st.binary(max_size=50),
    input_size=SIZE,
    target_size=SIZE,
)
EXAMPLE = PairRecord("p", "s", "rain", "heavy", "set", "i.png", "t.png", b"in", b"out", (3, 5), (7, 9))


@given(RECORDS)
@settings(deadline=None)
def test_a_record_comes_back_as_it_went(record: PairRecord):
    assert PairRecord.from_example(record.to_example().SerializeToString()) == record


def test_tensorflow_parses_what_is_written():
    parsed = tf.io.parse_single_example(EXAMPLE.to_example().SerializeToString(), records.feature_spec())
    assert parsed[features.TARGET_IMAGE].numpy() == b"out"
    assert [int(parsed[name]) for name in features.INT_FEATURES] == [3, 5, 7, 9]
    assert parsed.keys() == {*features.BYTES_FEATURES, *features.INT_FEATURES}


def test_a_record_that_lacks_something_says_what():
    example = EXAMPLE.to_example()
    del example.features.feature[features.SCENE_ID]
    example.features.feature[features.INPUT_WIDTH].int64_list.value.append(1)
    with pytest.raises(ValueError, match="lacks: scene_id, input_width"):
        PairRecord.from_example(example.SerializeToString())


def test_bytes_that_are_no_example_are_refused():
    with pytest.raises(ValueError, match=r"not a tf\.train\.Example"):
        PairRecord.from_example(b"\xff\xff")


def test_an_example_that_tensorflow_cannot_parse_is_refused():
    """Found by `make fuzz`: protobuf skips fields that it does not know, TensorFlow's own parser of Examples does not."""
    damaged = EXAMPLE.to_example().SerializeToString().replace(b"\n\x02in", b"\n\x00\x12\x00")
    with pytest.raises(tf.errors.InvalidArgumentError):
        tf.io.parse_single_example(damaged, records.feature_spec())
    with pytest.raises(ValueError, match="fields that none has"):
        PairRecord.from_example(damaged)
