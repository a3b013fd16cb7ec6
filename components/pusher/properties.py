"""Names and values of the Pusher's configuration and of a PushedModel's properties. Imports nothing: readers start quickly."""

from __future__ import annotations

OUTCOME_PROPERTY = "outcome"
"""`PUSHED`, `REFUSED` or `UNCHANGED`."""
VERSION_PROPERTY = "pushed_version"
DESTINATION_PROPERTY = "pushed_destination"
"""The version and its folder, under the names of TFX's Pusher."""
RECORD_PROPERTY = "version_record"
"""`registry.Version` as JSON."""
REASON_PROPERTY = "reason"
"""Reason of a refusal by the registry."""

RUN_ID = "run_id"
"""Parameter of the Pusher: the runner's id of the run."""
SIGNING_KEY = "signing_key"
"""Key of the Pusher's `custom_config`: PEM file of the private key that versions are signed with."""

PUSHED = "pushed"
REFUSED = "refused"
UNCHANGED = "unchanged"
