"""The executor of the InfraCheck."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from tfx import v1 as tfx

from components.infra_check.check import INFRA_CHECK_FILE, InfraResult, check_model
from components.infra_check.samples import write_samples
from components.infra_check.settings import InfraSettings
from components.production.properties import SERVING_FOLDER
from components.tfx_internals import BaseExecutor, get_split_uri
from data import features
from data.records import PairRecord

MODEL = "model"
EXAMPLES = "examples"
SETTINGS = "settings"
BLESSING = "blessing"

# Written as by TFX's InfraValidator, whose constants are private.
BLESSED_PROPERTY = "blessed"
HAS_MODEL_PROPERTY = "has_model"
_BLESSED_FILE, _NOT_BLESSED_FILE = "INFRA_BLESSED", "INFRA_NOT_BLESSED"


class InfraCheckExecutor(BaseExecutor):
    """Checks the model, and writes a TFX blessing with `infra_check.json` beside it."""

    def Do(  # noqa: N802 - TFX's name
        self,
        input_dict: dict[str, list[tfx.dsl.Artifact]],
        output_dict: dict[str, list[tfx.dsl.Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Checks the model and writes the blessing.

        Args:
            input_dict: `model` and `examples`.
            output_dict: `blessing`.
            exec_properties: `settings`.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        (model,), (blessing,) = input_dict[MODEL], output_dict[BLESSING]
        settings = InfraSettings.model_validate_json(exec_properties[SETTINGS])
        pair = _first_pair(Path(get_split_uri(input_dict[EXAMPLES], features.EVALUATION)))
        with tempfile.TemporaryDirectory() as scratch:
            images = Path(scratch) / "images"
            write_samples(pair.input_image, pair.pair_id, images)
            result = check_model(Path(model.uri) / SERVING_FOLDER, images, Path(scratch), settings)
        _bless(blessing, result)


def _first_pair(split: Path) -> PairRecord:
    # Imported here, so that an import of this module does not wait for TensorFlow.
    import tensorflow as tf

    for serialized in tf.data.TFRecordDataset(sorted(map(str, split.glob("*.gz"))), compression_type="GZIP"):
        return PairRecord.from_example(serialized.numpy())
    raise ValueError(f"{split}: no evaluation image to check the model with")


def _bless(blessing: tfx.dsl.Artifact, result: InfraResult) -> None:
    folder = Path(blessing.uri)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / INFRA_CHECK_FILE).write_text(result.to_json(), encoding="utf-8")
    (folder / (_NOT_BLESSED_FILE if result.problems else _BLESSED_FILE)).touch()
    blessing.set_int_custom_property(BLESSED_PROPERTY, int(not result.problems))
    blessing.set_int_custom_property(HAS_MODEL_PROPERTY, 0)
