"""What the PairMeasurer and the PairValidator read and write, by name, and the artifact type that is their own."""

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
    """The verdict on every pair, with its measurements (`verdicts.jsonl`)."""

    # TFX on Kubeflow finds the class by this name: a package without dots and what it offers (`components.__getattr__`).
    TYPE_NAME = "components.PairVerdicts"
