"""Changes of the push destination: roll back, promote, withdraw, sign, verify, prune.

TensorFlow Serving serves the highest version number. A rollback therefore publishes the old version's content again, under a
new and higher number, by one rename. Every reader - TensorFlow Serving, the next run, `ast-restore restore` - picks it up
without notice. A server with `model_version_policy: {specific: ...}` stays on its version until the policy is changed.
"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

from components.production import denials, proven
from components.production.denials import Denial
from components.production.registry import (
    Version,
    denied_in,
    locked,
    numbers_in,
    publish,
    read_version,
    remove,
    versions,
)
from components.production.signatures import require_signature, sign
from components.production.version import Origin
from data.errors import InputError


def rollback(
    destination: Path, number: int | None = None, reason: str = "", signing_key: Path | None = None
) -> Version:
    """Publishes an earlier version again and denies the production model, so that no run pushes it again.

    The denial is written first: a process killed in between leaves the production model unchanged, and a second rollback
    completes the work.

    Args:
        destination: The push destination.
        number: The version to publish again; None for the newest version with another model that was not rolled back.
        reason: Reason of the rollback, stored with the denial.
        signing_key: PEM file of the private key to sign the new version with; None for no signature.

    Returns:
        The new version, with the content of the old one.

    Raises:
        InputError: No earlier version exists, or the version is missing, was rolled back itself, or is in production; or the
            new one cannot be signed.
    """
    if not numbers_in(destination):  # before the lock, which makes the folder
        raise InputError(f"{destination}: no model was pushed there, so there is nothing to roll back")
    with locked(destination):
        existing = versions(destination)
        current, denied = existing[-1], denied_in(destination)
        target = _earlier(destination, existing, denied) if number is None else _existing(destination, number)
        if target.digest == current.digest:
            raise InputError(f"{destination}: version {target.number} is the model in production already")
        if target.digest in denied:
            raise InputError(
                f"{destination}: version {target.number} was rolled back itself; promote it by name instead"
            )
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        denials.write(destination, denied | {current.digest: Denial(current.number, now, reason)})
        return _again(destination, target, "rollback", signing_key)


def promote(destination: Path, number: int, signing_key: Path | None = None) -> Version:
    """Publishes a version again by its number, and removes its model from the denied ones.

    Args:
        destination: The push destination.
        number: The version to publish again.
        signing_key: PEM file of the private key to sign the new version with; None for no signature.

    Returns:
        The new version, with the same content; the production version itself where it has that content.

    Raises:
        InputError: The version does not exist, or the new one cannot be signed.
    """
    _require_version(destination, number)  # before the lock, which makes the folder
    with locked(destination):
        target = _existing(destination, number)
        current = versions(destination)[-1]
        denied = denied_in(destination)  # before a damaged file of them is replaced by what the versions show
        is_current = current.digest == target.digest
        promoted = current if is_current else _again(destination, target, "promotion", signing_key)
        if denied.pop(target.digest, None) is not None:
            denials.write(destination, denied)
        if (destination / proven.FILE_NAME).exists():  # a canary of it ends, and it answers every request
            proven.write(destination, promoted.number, promoted.digest)
        return promoted


def prove(destination: Path, number: int) -> None:
    """Notes that a version may answer every request.

    Args:
        destination: The push destination.
        number: The version.

    Raises:
        InputError: The version does not exist.
    """
    with locked(destination):
        version = _existing(destination, number)
        proven.write(destination, number, version.digest)


def withdraw(
    destination: Path, number: int, successor: int, reason: str, should_publish: bool = True
) -> Version | None:
    """Denies a version that failed as a canary, and publishes the one before again where the failed one is the newest.

    The denial is written first, as by `rollback`.

    Args:
        destination: The push destination.
        number: The version that failed.
        successor: The version to publish again.
        reason: Reason, stored with the denial.
        should_publish: Whether to publish; not where a version needs a signature that the caller cannot make.

    Returns:
        The new version; None where nothing was published: another version is the newest, or the successor was removed.

    Raises:
        InputError: The version does not exist.
    """
    with locked(destination):
        failed = _existing(destination, number)
        denied = denied_in(destination)
        if failed.digest not in denied:  # by another server, or a person with a better reason
            now = datetime.now(timezone.utc).isoformat(timespec="seconds")
            denials.write(destination, denied | {failed.digest: Denial(number, now, reason)})
        numbers = numbers_in(destination)
        if not should_publish or numbers[-1] != number or successor not in numbers:
            return None
        return _again(destination, read_version(destination, successor), "rollback", None)


def prune(destination: Path, keep: int) -> list[int]:
    """Removes all versions except the newest ones, of which the newest is in production, and the proven one.

    Args:
        destination: The push destination.
        keep: Number of versions to keep, at least 1.

    Returns:
        Numbers of the removed versions.

    Raises:
        InputError: `keep` is below 1, or the destination does not exist.
    """
    prunable(destination, keep)  # refuses what it must before the lock's file is made
    with locked(destination):
        removed = prunable(destination, keep)
        for number in removed:
            remove(destination, number)
    return removed


def prunable(destination: Path, keep: int) -> list[int]:
    """Returns the numbers of the versions that `prune` would remove; changes nothing.

    Args:
        destination: The push destination.
        keep: Number of versions to keep, at least 1.

    Raises:
        InputError: As `prune`.
    """
    if keep < 1:
        raise InputError(f"--keep {keep}: at least 1, because the newest version is in production")
    if not destination.is_dir():
        raise InputError(f"{destination}: no such folder; name the push destination")
    answering = proven.read(destination)  # while a canary tries a newer one, it is what a rollback goes back to
    return [number for number in numbers_in(destination)[:-keep] if answering is None or number != answering.number]


def _again(destination: Path, target: Version, origin: Origin, signing_key: Path | None) -> Version:
    record = Version(0, target.digest, target.run_id, origin=origin, restores=target.number, facts=target.facts)
    return publish(destination / str(target.number), destination, record, signing_key)


def sign_version(destination: Path, number: int, signing_key: Path) -> None:
    """Signs a version that was pushed without a signature, or anew.

    Args:
        destination: The push destination.
        number: The version.
        signing_key: PEM file of the private key.

    Raises:
        InputError: The version does not exist or cannot be signed.
    """
    _require_version(destination, number)  # before the lock, which makes the folder
    with locked(destination):
        sign(destination / str(_existing(destination, number).number), signing_key)


def verify_version(destination: Path, number: int | None, public_key: Path) -> int:
    """Checks the signature of a version.

    Args:
        destination: The push destination.
        number: The version; None for the one in production.
        public_key: PEM file of the public key.

    Returns:
        The version's number.

    Raises:
        InputError: The version does not exist, is not signed with this key, or was changed since.
    """
    numbers = numbers_in(destination)
    if number is None and not numbers:
        raise InputError(
            f"{destination}: no model was pushed there, so there is none to verify; name another with --models"
        )
    found = numbers[-1] if number is None else _existing(destination, number).number
    require_signature(destination / str(found), public_key)
    return found


def _existing(destination: Path, number: int) -> Version:
    _require_version(destination, number)
    return read_version(destination, number)


def _require_version(destination: Path, number: int) -> None:
    numbers = numbers_in(destination)
    if number not in numbers:
        known = ", ".join(map(str, numbers)) or "none"
        raise InputError(f"{destination}: no version {number} there; the versions are: {known}")


def _earlier(destination: Path, existing: list[Version], denied: dict[str, Denial]) -> Version:
    for version in reversed(existing[:-1]):
        if version.digest != existing[-1].digest and version.digest not in denied:
            return version
    raise InputError(f"{destination}: no other model to go back to; `ast-restore models list` lists the versions")
