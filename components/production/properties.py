"""Names shared by the ProductionModel and the readers of its output. Imports nothing."""

SERVING_FOLDER = "Format-Serving"
"""Sub-folder of a Model artifact in which TFX keeps the SavedModel; TFX's constant is private."""

VERSION_PROPERTY = "production_version"
"""Custom property of the Model artifact: the version in production, or `NO_PRODUCTION_MODEL`."""

READ_AT_PROPERTY = "read_at"
"""Custom property of the Model artifact: time at which the production model was read, seconds since 1970. On a cluster that is
soon after the run began; the local runner may reuse the artifact of an earlier run."""

NO_PRODUCTION_MODEL = "doing nothing"
"""Value of `VERSION_PROPERTY` before the first push, when the identity baseline stands in. Stored since 0.1.0, so it stays."""
