"""A span whose files are not as written is noticed before anything reads it."""

import os
import shutil

import pytest
import tensorflow as tf
from click.testing import CliRunner

from data.conversion.request import ConvertRequest
from data.convert import convert
from data.errors import InputError
from data.layouts.layout import same_name
from data.spans.whole import count_records, require_whole
from pipeline.commands.data.stats import stats
from tests.data.drawing import write_pairs


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """Converts twelve scenes once."""
    folder = tmp_path_factory.mktemp("whole")
    write_pairs(folder / "set", 12)
    convert(ConvertRequest(folder / "set", folder / "records", same_name()))
    return folder / "records"


@pytest.fixture
def span(converted, tmp_path):
    """A copy to damage."""
    shutil.copytree(converted / "span-1", tmp_path / "records" / "span-1")
    return tmp_path / "records" / "span-1"


def shard(span):
    return span / "train-00000-of-00001.tfrecord"


def foreign_record(span, feature):
    example = tf.train.Example()
    feature(example.features.feature)
    with tf.io.TFRecordWriter(str(shard(span))) as writer:
        writer.write(example.SerializeToString())


def pipe(path):
    path.unlink()
    os.mkfifo(path)


DAMAGES = {
    "pipe": (lambda span: pipe(shard(span)), "cannot be read .a pipe"),
    "deleted": (lambda span: shard(span).unlink(), "is missing"),
    "empty": (lambda span: shard(span).write_bytes(b""), "0 pairs in the files of train, and 9 in its manifest"),
    "cut": (lambda span: shard(span).write_bytes(shard(span).read_bytes()[:-1]), r"cut short or damaged at byte \d+"),
    "cut within a length": (lambda span: shard(span).write_bytes(shard(span).read_bytes()[:5]), "damaged at byte 0"),
    "garbage": (lambda span: shard(span).write_bytes(b"\xff" * 5000), "damaged at byte 0"),
    "text": (lambda span: shard(span).write_text("input,target\n" * 99), "damaged at byte 0"),
    "another file": (lambda span: (span / "train-extra.tfrecord").write_bytes(b""), "is not of this span"),
    "another tool's": (lambda span: foreign_record(span, lambda _: None), "not a pair .*it lacks: pair_id"),
    "another type": (
        lambda span: foreign_record(span, lambda feature: feature["pair_id"].int64_list.value.append(3)),
        "not a pair .*it lacks: pair_id",
    ),
    "a manifest's": (lambda span: (span / "manifest.json").write_text("{"), "not a manifest"),
}


def test_a_span_as_it_was_written_is_whole(span):
    require_whole(span)
    assert count_records(shard(span)) == 9


@pytest.mark.parametrize("kind", DAMAGES)
def test_damage_is_reported_in_one_line_that_names_the_file(span, kind):
    damage, message = DAMAGES[kind]
    damage(span)

    with pytest.raises(InputError, match=message) as refused:
        require_whole(span)
    assert "span-1" in str(refused.value)
    assert len(str(refused.value)) < 400
    shown = CliRunner().invoke(stats, [str(span.parent)])
    assert isinstance(shown.exception, InputError), "data stats counted what is left"
