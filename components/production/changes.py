"""What a person does to production by hand: roll back, promote, prune.

TF Serving serves the highest number it finds. So going back is going forward: the old version's content appears once more,
under a new and higher number, by one rename. Every reader - TF Serving, the pipeline's next run, `ast-restore restore` - takes
it from there, and none has to be told. A server that was told by `model_version_policy: {specific: ...}` to stay on a version
stays on it; whoever pins a version has to change the pin.
"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from components.production import denials
from components.production.denials import Denial
from components.production.registry import Origin, Version, locked, numbers_in, publish, read_version, remove, versions
from data.errors import InputError


def rollback(destination: Path, number: int | None = None, reason: str = "") -> Version:
    """Puts an earlier version back and denies the model in production, so that no run pushes it again.

    The denial comes first: a process that is killed in between leaves production as it was, and rolling back again ends it.

    Args:
        destination: The push destination.
        number: The version to go back to; None for the newest whose model is another one and was not rolled back itself.
        reason: Kept with the denial.

    Returns:
        The new version, which has the old one's content.

    Raises:
        InputError: There is nothing to go back to, or the version is not there, was rolled back, or is in production already.
    """
    with locked(destination):
        existing = versions(destination)
        if not existing:
            raise InputError(f"{destination}: no model was pushed there, so there is nothing to roll back")
        current, denied = existing[-1], denials.read(destination)
        target = _earlier(destination, existing, denied) if number is None else _existing(destination, number)
        if target.digest == current.digest:
            raise InputError(f"{destination}: version {target.number} is the model in production already")
        if target.digest in denied:
            raise InputError(
                f"{destination}: version {target.number} was rolled back itself; promote it by name instead"
            )
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        denials.write(destination, denied | {current.digest: Denial(current.number, now, reason)})
        return _again(destination, target, "rollback")


def promote(destination: Path, number: int) -> Version:
    """Puts a version into production by name, and takes its model off the list of denied ones.

    Args:
        destination: The push destination.
        number: The version.

    Returns:
        The new version, which has its content; the version itself where it is in production already.

    Raises:
        InputError: There is no such version.
    """
    with locked(destination):
        target = _existing(destination, number)
        current = versions(destination)[-1]
        promoted = current if current.digest == target.digest else _again(destination, target, "promotion")
        denied = denials.read(destination)
        if denied.pop(target.digest, None) is not None:
            denials.write(destination, denied)
        return promoted


def prune(destination: Path, keep: int) -> list[int]:
    """Removes all versions but the newest ones; the one in production is the newest of all.

    Args:
        destination: The push destination.
        keep: How many stay, at least 1.

    Returns:
        The numbers of those that were removed.
    """
    if keep < 1:
        raise InputError(f"--keep {keep}: at least 1, because the newest version is in production")
    if not destination.is_dir():
        raise InputError(f"{destination}: no such folder; name the push destination")
    with locked(destination):
        gone = numbers_in(destination)[:-keep]
        for number in gone:
            remove(destination, number)
    return gone


def _again(destination: Path, target: Version, origin: Origin) -> Version:
    record = Version(0, target.digest, target.run_id, origin=origin, restores=target.number, facts=target.facts)
    return publish(destination / str(target.number), destination, record)


def _existing(destination: Path, number: int) -> Version:
    numbers = numbers_in(destination)
    if number not in numbers:
        known = ", ".join(map(str, numbers)) or "none"
        raise InputError(f"{destination}: no version {number} there; the versions are: {known}")
    return read_version(destination, number)


def _earlier(destination: Path, existing: list[Version], denied: dict[str, Denial]) -> Version:
    for version in reversed(existing[:-1]):
        if version.digest != existing[-1].digest and version.digest not in denied:
            return version
    raise InputError(f"{destination}: no other model to go back to; `ast-restore models list` shows what is there")
