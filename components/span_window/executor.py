"""The executor of the SpanWindow: one Beam pass over the spans of the window, without superseded pairs."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import apache_beam as beam
from tfx import v1 as tfx

from components import examples_io as files
from components.id_joins import packed_ids
from components.span_window.beam_fns import copy_of, is_newest_copy, superseded_copies, train_pair
from components.span_window.properties import (
    RECORDS_DIRECTORY,
    SPAN_PROPERTY,
    SUPERSEDED_PROPERTY,
    TRAIN_IDS_PREFIX,
    WINDOW_PROPERTY,
)
from components.span_window.splits import FROM_JUDGED_SPANS
from components.span_window.window import (
    ROLLING,
    Evaluation,
    Span,
    Window,
    choose_window,
    file_patterns,
    require_whole_spans,
)
from components.tfx_internals import BaseBeamExecutor, encode_split_names
from data import features

EXAMPLES = "examples"
WINDOW = "window"
EVALUATION = "evaluation"
FINGERPRINT = "fingerprint"
_COUNT_PREFIX = "superseded"


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
            InputError: There is no span, a split is empty, or a record file is missing or damaged.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        directory = Path(exec_properties[RECORDS_DIRECTORY])
        window = choose_window(directory, exec_properties[WINDOW], _evaluation(exec_properties[EVALUATION]))
        require_whole_spans(directory, window)
        (examples,) = output_dict[EXAMPLES]
        _describe(examples, window)
        with self._make_beam_pipeline() as pipeline:
            superseded = _superseded(pipeline, directory, window, examples) if len(window.all) > 1 else None
            for split, judges in FROM_JUDGED_SPANS.items():
                parts = [
                    _newest(pipeline, pattern, split, span, superseded)
                    for span, pattern in file_patterns(directory, window, split, judges=judges)
                ]
                files.write(parts | f"Join[{split}]" >> beam.Flatten(), examples, split)
        _count(examples, superseded is not None)


def _newest(
    pipeline: beam.Pipeline, pattern: str, split: str, span: Span, superseded: beam.pvalue.AsSingleton | None
) -> beam.PCollection:
    """Reads the records of a span that no newer span replaces."""
    read = pipeline | f"Read[{split}, {span.number}]" >> beam.io.ReadFromTFRecord(pattern)
    if superseded is None:
        return read
    return read | f"Newest[{split}, {span.number}]" >> beam.Filter(is_newest_copy, span.number, superseded)


def _superseded(
    pipeline: beam.Pipeline, directory: Path, window: Window, examples: tfx.dsl.Artifact
) -> beam.pvalue.AsSingleton:
    """Finds the copies of pairs that newer spans replace, and writes their number and the ids of the train pairs.

    The records are read for their ids, and once more to be written: a runner would otherwise hold all of them in between.
    """
    copies = [
        pipeline
        | f"ReadIds[{split}, {span.number}]" >> beam.io.ReadFromTFRecord(pattern)
        | f"Ids[{split}, {span.number}]" >> beam.Map(copy_of, span.number, split)
        for split, judges in FROM_JUDGED_SPANS.items()
        for span, pattern in file_patterns(directory, window, split, judges=judges)
    ]
    pairs = copies | "JoinIds" >> beam.Flatten() | "ByPair" >> beam.GroupByKey()
    names = pairs | "Superseded" >> beam.FlatMap(superseded_copies)
    count = names | "Count" >> beam.combiners.Count.Globally()
    _ = count | "WriteCount" >> beam.io.WriteToText(f"{examples.uri}/{_COUNT_PREFIX}", num_shards=1)
    if len(window.train) > 1:
        lines = pairs | "Train" >> beam.FlatMap(train_pair)
        _ = lines | "WriteTrainIds" >> beam.io.WriteToText(f"{examples.uri}/{TRAIN_IDS_PREFIX}")
    return packed_ids(names, "Pack")


def _evaluation(text: str) -> Evaluation:
    return ROLLING if text == ROLLING else int(text)


def _describe(examples: tfx.dsl.Artifact, window: Window) -> None:
    """Sets the splits and the custom properties of the output."""
    examples.split_names = encode_split_names(list(features.SPLITS))
    examples.set_string_custom_property("payload_format", "FORMAT_TF_EXAMPLE")
    examples.set_string_custom_property("file_format", "tfrecords_gzip")
    examples.set_string_custom_property(SPAN_PROPERTY, str(window.newest.number))
    examples.set_string_custom_property(WINDOW_PROPERTY, window.to_json())


def _count(examples: tfx.dsl.Artifact, written: bool) -> None:
    """Sets the number of superseded pairs, and removes the file that a worker wrote it to."""
    superseded = 0
    if written:
        (file,) = Path(examples.uri).glob(f"{_COUNT_PREFIX}-*")
        superseded = int(file.read_text(encoding="utf-8"))
        file.unlink()
    examples.set_int_custom_property(SUPERSEDED_PROPERTY, superseded)
    if superseded:
        logging.info("%d pairs of older spans are superseded by newer copies", superseded)
