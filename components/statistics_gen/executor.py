"""The executor of the StatisticsGen: in memory where there are few records and no cluster, TFX's own with Beam otherwise."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tensorflow_data_validation as tfdv
from tensorflow_metadata.proto.v0 import statistics_pb2
from tfx import v1 as tfx

from components.beam_internals import is_on_this_machine
from components.examples_io import splits_of
from components.statistics_gen.in_memory import statistics_in_memory
from components.tfx_internals import STATISTICS_FILE, StatisticsGenExecutor, encode_split_names, get_split_uri
from data.storage.files import write_whole_bytes

EXAMPLES = "examples"
SCHEMA = "schema"
STATISTICS = "statistics"

_OPTIONS = ("stats_options_json", "exclude_splits", "sample_rate_by_split", "sharded_stats_output")
"""Parameters of TFX's StatisticsGen; where one is set, its own executor is at work."""
_UNSET = (None, "", "null", "[]", "{}", 0)


class FewRecordsStatisticsExecutor(StatisticsGenExecutor):
    """Computes the statistics of every split in memory, if all of them are small."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[tfx.dsl.Artifact]],
        output_dict: dict[str, list[tfx.dsl.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Computes the statistics.

        Args:
            input_dict: `examples` and `schema`.
            output_dict: `statistics`.
            exec_properties: TFX's.
        """
        (examples,), (statistics,) = input_dict[EXAMPLES], output_dict[STATISTICS]
        by_split = None
        is_plain = all(exec_properties.get(name) in _UNSET for name in _OPTIONS)
        if is_plain and input_dict.get(SCHEMA) and is_on_this_machine(self._beam_pipeline_args):
            by_split = _in_memory(examples, Path(input_dict[SCHEMA][0].uri))
        if by_split is None:
            super().Do(input_dict, output_dict, exec_properties)
            return
        self._log_startup(input_dict, output_dict, exec_properties)
        statistics.split_names = encode_split_names(list(by_split))
        statistics.span = examples.span
        for split, computed in by_split.items():
            folder = Path(get_split_uri([statistics], split))
            write_whole_bytes(folder / STATISTICS_FILE, computed.SerializeToString())


def _in_memory(
    examples: tfx.dsl.Artifact, schema: Path
) -> dict[str, statistics_pb2.DatasetFeatureStatisticsList] | None:
    """Returns the statistics by split; None where one of the splits is too large or empty."""
    (file,) = schema.glob("*.pbtxt")
    expected = tfdv.load_schema_text(str(file))
    by_split = {}
    for split in splits_of(examples):
        computed = statistics_in_memory(Path(get_split_uri([examples], split)), expected)
        if computed is None:
            return None
        by_split[split] = computed
    return by_split
