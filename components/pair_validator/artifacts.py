"""Names of the inputs, outputs and parameters of PairMeasurer and PairValidator, and the artifact type of verdicts."""

from __future__ import annotations

from tfx import v1 as tfx

EXAMPLES = "examples"
ANOMALIES = "anomalies"
LIMITS = "limits"
MEASUREMENTS = "measurements"
MEASUREMENT_SCHEMA = "measurement_schema"
MEASUREMENT_STATISTICS = "measurement_statistics"
MEASUREMENT_ANOMALIES = "measurement_anomalies"
SETTINGS = "settings"
STATISTICS_DIRECTORY = "statistics_directory"
COMPARED_WITH = "compared_with"
VALIDATED_EXAMPLES = "validated_examples"
VERDICTS = "verdicts"
REFUSED_PROPERTY = "refused"
"""Custom property of the verdicts: the reason why the data was refused; it has none where the data was accepted."""


class PairVerdicts(tfx.dsl.Artifact):
    """Verdicts on all pairs, with their measurements (`verdicts.jsonl`, `drift.json`), and why the data is refused, if so."""

    # TFX on Kubeflow imports the class by this name: a top-level package and its attribute (`components.__getattr__`).
    TYPE_NAME = "components.PairVerdicts"
