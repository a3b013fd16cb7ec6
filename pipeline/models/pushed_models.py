"""Reads the pushed versions from ML Metadata."""

from __future__ import annotations

from pathlib import Path

from components.production.registry import Version
from components.pusher.properties import DESTINATION_PROPERTY, RECORD_PROPERTY
from pipeline.metadata_store.store import opened
from pipeline.report.collect.mlmd import properties_of

_TYPE = "PushedModel"  # TFX's name of the artifact's type


def pushed_models(metadata: Path, destination: Path) -> dict[int, Version]:
    """Returns the versions that runs pushed to a destination by number, including those removed since.

    Args:
        metadata: SQLite file of ML Metadata; a missing file records nothing.
        destination: The push destination.

    Raises:
        InputError: Another process holds the file, or it is not a database of ML Metadata.
    """
    if not metadata.is_file():
        return {}
    with opened(metadata) as store:
        artifacts = store.get_artifacts_by_type(_TYPE)
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
