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
REPORT_DIRECTORY = "report_directory"
STATISTICS_DIRECTORY = "statistics_directory"
VALIDATED_EXAMPLES = "validated_examples"
VERDICTS = "verdicts"


class PairVerdicts(tfx.dsl.Artifact):
    """Verdicts on all pairs, with their measurements (`verdicts.jsonl`, `drift.json`)."""

    # TFX on Kubeflow imports the class by this name: a top-level package and its attribute (`components.__getattr__`).
    TYPE_NAME = "components.PairVerdicts"
