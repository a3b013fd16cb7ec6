"""Reads the pushed versions from ML Metadata."""

from __future__ import annotations

from pathlib import Path

from ml_metadata import errors

from components.production.registry import Version
from components.pusher.properties import DESTINATION_PROPERTY, RECORD_PROPERTY
from data.errors import InputError
from pipeline.report.collect.mlmd import open_metadata, properties_of

_TYPE = "PushedModel"  # TFX's name of the artifact's type


def pushed_models(metadata: Path, destination: Path) -> dict[int, Version]:
    """Returns the versions that runs pushed to a destination by number, including those removed since.

    Args:
        metadata: SQLite file of ML Metadata; a missing file records nothing.
        destination: The push destination.

    Raises:
        InputError: The file is not a database of ML Metadata.
    """
    if not metadata.is_file():
        return {}
    try:
        artifacts = open_metadata(metadata).get_artifacts_by_type(_TYPE)
    except (RuntimeError, errors.StatusError) as error:
        raise InputError(f"{metadata}: ML Metadata cannot read it ({' '.join(str(error).split())[:200]})") from error
    pushed = {}
    for artifact in artifacts:
        properties = properties_of(artifact)
        record, folder = properties.get(RECORD_PROPERTY), properties.get(DESTINATION_PROPERTY)
        if record and folder and Path(str(folder)).parent == destination.absolute():
            try:
                version = Version.from_json(str(record))
            except ValueError:  # written by a release that is not known here; the folder has a record of its own
                continue
            pushed[version.number] = version
    return pushed
