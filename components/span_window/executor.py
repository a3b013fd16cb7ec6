"""The executor of the SpanWindow: one Beam pass over the spans of the window, without superseded pairs."""

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
    RECORDS_DIRECTORY,
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
WINDOW = "window"
EVALUATION = "evaluation"
FINGERPRINT = "fingerprint"


class SpanWindowExecutor(BaseBeamExecutor):
    """Chooses the spans at run time, because a cluster runs the same compiled pipeline every night."""

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
                only invalidates the cache when the data changes.

        Raises:
            InputError: There is no span, or a split is empty.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        directory = Path(exec_properties[RECORDS_DIRECTORY])
        window = choose_window(directory, exec_properties[WINDOW], _evaluation(exec_properties[EVALUATION]))
        ids = {span.number: _ids(directory, window, span.number) for span in window.all}
        superseded = superseded_ids(
            (number, (name for split in of.values() for name in split)) for number, of in ids.items()
        )
        (examples,) = output_dict[EXAMPLES]
        _describe(examples, window, sum(map(len, superseded.values())))
        with self._make_beam_pipeline() as pipeline:
            for split, judges in FROM_JUDGED_SPANS.items():
                parts = [
                    pipeline
                    | f"Read[{split}, {span.number}]" >> beam.io.ReadFromTFRecord(pattern)
                    | f"Newest[{split}, {span.number}]" >> beam.Filter(_is_newest_copy, superseded[span.number])
                    for span, pattern in file_patterns(directory, window, split, judges=judges)
                ]
                files.write(parts | f"Join[{split}]" >> beam.Flatten(), examples, split)
        if len(window.train) > 1:
            _write_train_ids(Path(examples.uri), ids, superseded)


def _evaluation(text: str) -> Evaluation:
    return ROLLING if text == ROLLING else int(text)


def _describe(examples: tfx.dsl.Artifact, window: Window, superseded: int) -> None:
    """Sets the splits and the custom properties of the output."""
    examples.split_names = encode_split_names(list(features.SPLITS))
    examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    examples.set_string_custom_property("file_format", "tfrecords_gzip")
    examples.set_string_custom_property(SPAN_PROPERTY, str(window.newest.number))
    examples.set_string_custom_property(WINDOW_PROPERTY, window.to_json())
    examples.set_int_custom_property(SUPERSEDED_PROPERTY, superseded)
    if superseded:
        logging.info("%d pairs of older spans are superseded by newer copies", superseded)


def _is_newest_copy(serialized: bytes, superseded: frozenset[str]) -> bool:
    return not superseded or records.pair_id_of(serialized) not in superseded


def _ids(directory: Path, window: Window, number: int) -> dict[str, list[str]]:
    """Returns the ids of the pairs of a span by split; empty for a window of one span, which supersedes nothing."""
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
    folder: Path, ids: Mapping[int, Mapping[str, list[str]]], superseded: Mapping[int, frozenset[str]]
) -> None:
    """Writes the train pairs of each span, so that drift can be measured on the new pairs alone."""
    current = {
        number: sorted(set(of.get(features.TRAIN, ())) - superseded[number]) for number, of in sorted(ids.items())
    }
    write_whole(folder / TRAIN_IDS_FILE, json.dumps(current))
