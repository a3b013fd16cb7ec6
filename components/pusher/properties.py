"""What the Pusher says of a push: the names of its properties and their values. Imports nothing, so that readers are quick."""

from __future__ import annotations

OUTCOME_PROPERTY = "outcome"
VERSION_PROPERTY = "pushed_version"  # the names under which TFX's own Pusher keeps the version and its folder
DESTINATION_PROPERTY = "pushed_destination"
RECORD_PROPERTY = "version_record"
REASON_PROPERTY = "reason"

PUSHED = "pushed"
REFUSED = "refused"
UNCHANGED = "unchanged"
