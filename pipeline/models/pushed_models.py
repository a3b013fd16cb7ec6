"""The pushed versions that ML Metadata knows of."""

from __future__ import annotations

from pathlib import Path

from ml_metadata import errors

from components.production.registry import Version
from components.pusher.properties import DESTINATION_PROPERTY, RECORD_PROPERTY
from data.errors import InputError
from pipeline.report.collect.mlmd import open_metadata, properties_of

_TYPE = "PushedModel"  # TFX's name of the artifact's type


def pushed_models(metadata: Path, destination: Path) -> dict[int, Version]:
    """Returns the versions that runs pushed to a destination, by number, whether they are still there or not.

    Args:
        metadata: ML Metadata's SQLite file; where there is none, nothing is known.
        destination: The push destination.

    Raises:
        InputError: It is no database of ML Metadata.
    """
    if not metadata.is_file():
        return {}
    try:
        artifacts = open_metadata(metadata).get_artifacts_by_type(_TYPE)
    except (RuntimeError, errors.StatusError) as error:
        raise InputError(f"{metadata}: ML Metadata cannot read it ({' '.join(str(error).split())[:200]})") from error
    found = {}
    for artifact in artifacts:
        properties = properties_of(artifact)
        record, pushed = properties.get(RECORD_PROPERTY), properties.get(DESTINATION_PROPERTY)
        if record and pushed and Path(str(pushed)).parent == destination.absolute():
            version = Version.from_json(str(record))
            found[version.number] = version
    return found
