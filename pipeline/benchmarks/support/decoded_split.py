"""Reads a split for a benchmark that trains without the pipeline, decoded as the Transform component does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.records import feature_spec
from pipeline.config import Config

if TYPE_CHECKING:
    import tensorflow as tf

    from model_code.input.pair_input import PairSplit


def decoded_split(span: Path, split: str, config: Config) -> PairSplit:
    """Returns the pairs of one split.

    Args:
        span: Folder of a span; `*` in its name reads several spans.
        split: Name of the split.
        config: Configuration; its section `transform` says how images are decoded.
    """
    import tensorflow as tf

    from model_code.input.pair_input import survey
    from model_code.preprocessing import preprocessing_fn

    settings = config.transform.model_dump(mode="json")

    def decode(serialized: tf.Tensor) -> Mapping[str, Any]:
        return preprocessing_fn(tf.io.parse_example(serialized, feature_spec()), settings)

    return survey([str(span / f"{split}-*.tfrecord")], decode, compression="")
