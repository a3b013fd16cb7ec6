"""Names and values of the custom properties of a PushedModel artifact. Imports nothing, so that readers start quickly."""

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

PUSHED = "pushed"
REFUSED = "refused"
UNCHANGED = "unchanged"
