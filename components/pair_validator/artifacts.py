"""What the PairValidator reads and writes, by name, and the artifact type that is its own."""

from __future__ import annotations

from tfx import v1 as tfx

EXAMPLES = "examples"
ANOMALIES = "anomalies"
SETTINGS = "settings"
REPORT_DIRECTORY = "report_directory"
VALIDATED_EXAMPLES = "validated_examples"
VERDICTS = "verdicts"


class PairVerdicts(tfx.dsl.Artifact):
    """The verdict on every pair, with its measurements (`verdicts.jsonl`)."""

    # Kubeflow asks for a namespace in front.
    TYPE_NAME = "ast_restoration.PairVerdicts"
