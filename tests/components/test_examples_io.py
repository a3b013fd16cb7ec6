"""Examples artifacts as Beam writes them: in gzip's format, without compression, for every reader."""

from __future__ import annotations

import gzip
from pathlib import Path

import apache_beam as beam
import tensorflow as tf
from apache_beam.testing.util import assert_that, equal_to
from tfx import v1 as tfx

from components import examples_io
from pipeline.config_sections import beam_options

BEAM = beam_options.for_tfx(beam_options.IN_MEMORY)


def test_records_are_stored_and_read_back_by_beam_and_by_tensorflow(tmp_path):
    examples = tfx.types.standard_artifacts.Examples()
    examples.uri, examples.split_names = str(tmp_path), '["train", "evaluation"]'
    records = [bytes([number]) * 1000 for number in range(12)]  # which would become much smaller
    with beam.Pipeline(argv=BEAM) as pipeline:
        for split, written in (("train", records), ("evaluation", [])):
            examples_io.write(pipeline | f"Make[{split}]" >> beam.Create(written), examples, split)
    for split, written in (("train", records), ("evaluation", [])):
        files = sorted(map(str, (tmp_path / f"Split-{split}").glob("*")))
        assert all(file.endswith(".gz") for file in files)
        assert sorted(tf.data.TFRecordDataset(files, "GZIP").as_numpy_iterator()) == sorted(written)
        content = sum(len(gzip.decompress(Path(file).read_bytes())) for file in files)
        assert content == sum(16 + len(record) for record in written), "a TFRecord's length and checksums"
    stored = sum(path.stat().st_size for path in (tmp_path / "Split-train").iterdir())
    assert stored >= sum(map(len, records)), "not compressed"

    with beam.Pipeline(argv=BEAM) as pipeline:
        for split, written in (("train", records), ("evaluation", [])):
            read = examples_io.read(pipeline, examples, split)
            assert_that(read, equal_to(written), label=split)
