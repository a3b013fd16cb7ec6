"""The SpanWindow at work: one Beam pass over the spans of the window, without the pairs that a newer span replaces."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import apache_beam as beam
import tensorflow as tf
from tfx import v1 as tfx

from components import examples_io as files
from components.span_window.properties import (
    SPAN_PROPERTY,
    SUPERSEDED_PROPERTY,
    TRAIN_IDS_FILE,
    WINDOW_PROPERTY,
)
from components.span_window.splits import FROM_JUDGED_SPANS
from components.span_window.window import ROLLING, Evaluation, Window, choose_window, file_patterns, superseded_ids
from components.tfx_internals import BaseBeamExecutor, encode_split_names
from data import features, records
from data.files import write_whole

EXAMPLES = "examples"
RECORDS_DIRECTORY = "records_directory"
WINDOW = "window"
EVALUATION = "evaluation"
FINGERPRINT = "fingerprint"


class SpanWindowExecutor(BaseBeamExecutor):
    """Chooses the spans when it runs, since on a cluster the compiled pipeline is the same every night."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[tfx.dsl.Artifact]],
        output_dict: dict[str, list[tfx.dsl.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Writes the records of the window, in splits.

        Args:
            input_dict: Empty.
            output_dict: `examples`.
            exec_properties: `records_directory`, `window`, `evaluation` ("rolling" or a number), and `fingerprint`, which
                only tells TFX's cache whether the data is what it was.

        Raises:
            InputError: There is no span, or a split is empty.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        directory = Path(exec_properties[RECORDS_DIRECTORY])
        told = exec_properties[EVALUATION]
        evaluation: Evaluation = ROLLING if told == ROLLING else int(told)
        window = choose_window(directory, exec_properties[WINDOW], evaluation)
        ids = {span.number: _ids(directory, window, span.number) for span in window.all}
        replaced = superseded_ids(
            (number, (name for split in of.values() for name in split)) for number, of in ids.items()
        )
        (examples,) = output_dict[EXAMPLES]
        examples.split_names = encode_split_names(list(features.SPLITS))
        examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
        examples.set_string_custom_property("file_format", "tfrecords_gzip")
        examples.set_string_custom_property(SPAN_PROPERTY, str(window.newest.number))
        examples.set_string_custom_property(WINDOW_PROPERTY, window.to_json())
        count = sum(map(len, replaced.values()))
        examples.set_int_custom_property(SUPERSEDED_PROPERTY, count)
        if count:
            logging.info("%d pairs of older spans are superseded: newer spans have them too", count)
        with self._make_beam_pipeline() as pipeline:
            for split, judges in FROM_JUDGED_SPANS.items():
                parts = [
                    pipeline
                    | f"Read[{split}, {span.number}]" >> beam.io.ReadFromTFRecord(pattern)
                    | f"Newest[{split}, {span.number}]" >> beam.Filter(_is_current, replaced[span.number])
                    for span, pattern in file_patterns(directory, window, split, judges=judges)
                ]
                files.write(parts | f"Join[{split}]" >> beam.Flatten(), examples, split)
        if len(window.train) > 1:
            _write_train_ids(Path(examples.uri), ids, replaced)


def _is_current(serialized: bytes, replaced: frozenset[str]) -> bool:
    return not replaced or records.pair_id_of(serialized) not in replaced


def _ids(directory: Path, window: Window, number: int) -> dict[str, list[str]]:
    """Returns the ids of the pairs that the window takes of a span, by split; nothing where it takes one span alone."""
    if len(window.all) == 1:
        return {}
    return {
        split: list(_ids_in(pattern))
        for split, judges in FROM_JUDGED_SPANS.items()
        for span, pattern in file_patterns(directory, window, split, judges=judges)
        if span.number == number
    }


def _ids_in(pattern: str) -> Iterator[str]:
    for serialized in tf.data.TFRecordDataset(sorted(tf.io.gfile.glob(pattern))).as_numpy_iterator():
        yield records.pair_id_of(serialized)


def _write_train_ids(
    folder: Path, ids: Mapping[int, Mapping[str, list[str]]], replaced: Mapping[int, frozenset[str]]
) -> None:
    """Writes what each span gives to be learnt from, so that a new span can be judged without the older ones."""
    current = {number: sorted(set(of.get(features.TRAIN, ())) - replaced[number]) for number, of in sorted(ids.items())}
    write_whole(folder / TRAIN_IDS_FILE, json.dumps(current))
