"""Signatures of versions: who pushed a model, and that nothing in its folder was changed since.

They are made and checked with a person's own keys by `model_signing`, Sigstore's program for the OpenSSF's specification. It is
called and not imported, because the packages that it needs exclude those of TFX 1.16 (protobuf). What is signed is the whole
folder: the SavedModel, and the record with the digests of data, code and model, the verdict and the metrics. The model card is
not: it is written when the run ends.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from components.production.version_folder import CARD, SIGNATURE
from data.errors import InputError
from data.plain_text import one_line
from data.storage.files import flush_to_disk

PROGRAM = "model_signing"
INSTALL = "pip install model-signing pyopenssl, in an environment of its own, and put its bin/ on PATH"
_SECONDS = 600  # a model of gigabytes is read in less
_MOST_WORDS = 300

_ENCRYPTED = (b"ENCRYPTED PRIVATE KEY", b"Proc-Type: 4,ENCRYPTED")
"""Marks of a PEM file with a passphrase: of PKCS #8 (RFC 7468), and of OpenSSL's older form (RFC 1421)."""


def sign(folder: Path, key: Path) -> None:
    """Signs a version's folder; the signature becomes one of its files.

    Args:
        folder: The folder.
        key: PEM file of the private key, of an elliptic curve, without a passphrase.

    Raises:
        InputError: The program is missing, or the key cannot be read or has a passphrase.
    """
    _require_file(key, "the private key")
    _require_no_passphrase(key)
    # The signature is made elsewhere and moved: a killed program leaves no half of one.
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".partial-signature-") as scratch:
        made = Path(scratch) / SIGNATURE
        problem = _run("sign", folder, "--private_key", key, "--signature", made)
        if problem is not None or not made.is_file():
            raise InputError(f"{folder}: cannot be signed with {key}: {problem or 'no signature was written'}")
        flush_to_disk(made)
        made.replace(folder / SIGNATURE)


def require_signature(folder: Path, public_key: Path) -> None:
    """Checks that a folder was signed with a key, and that nothing in it was changed, added or removed since.

    Args:
        folder: Folder of a version.
        public_key: PEM file of the public key.

    Raises:
        InputError: It was not, or the program or the key is missing.
    """
    _require_file(public_key, "the public key")
    if not (folder / SIGNATURE).is_file():
        raise InputError(f"{folder}: not signed; sign it with `ast-restore models sign`, or serve another version")
    problem = _run("verify", folder, "--public_key", public_key, "--signature", folder / SIGNATURE)
    if problem is not None:
        raise InputError(f"{folder}: its signature does not hold for {public_key}: {problem}")


def require_able(key: Path) -> None:
    """Checks before a training that a model can be signed after it, by signing an empty model.

    Args:
        key: PEM file of the private key.

    Raises:
        InputError: The program is missing, or the key cannot be read.
    """
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "1"
        folder.mkdir()
        (folder / "empty").touch()
        try:
            sign(folder, key)
        except InputError as error:
            raise InputError(f"signing_key: {str(error).removeprefix(f'{folder}: ')}") from error


def _run(action: str, folder: Path, *words: str | Path) -> str | None:
    """Runs the program on a folder; returns why it failed, or None."""
    program = shutil.which(PROGRAM)
    if program is None:
        raise InputError(f"{PROGRAM} is not installed; {INSTALL}")
    ignored = [word for name in (CARD, SIGNATURE) for word in ("--ignore-paths", folder / name)]
    # The program lives in another environment, which must not find the packages of this one.
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    command = [program, action, "key", folder, *ignored, *words]
    try:
        done = subprocess.run(
            list(map(str, command)),
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_SECONDS,
            env=variables,
        )
    except subprocess.TimeoutExpired:
        return f"{PROGRAM} did not end within {_SECONDS} s"
    if done.returncode == 0:
        return None
    lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    return one_line(lines[-1] if lines else f"{PROGRAM} ended with {done.returncode}", _MOST_WORDS)


def _require_file(key: Path, name: str) -> None:
    if not key.is_file():
        raise InputError(f"{key}: no such file; name the PEM file of {name}")


def _require_no_passphrase(key: Path) -> None:
    """Refuses an encrypted key: the program takes its passphrase as an argument only, which every user of the machine sees."""
    try:
        content = key.read_bytes()
    except OSError as error:
        raise InputError(f"{key}: cannot be read ({error.strerror}); name the PEM file of the private key") from error
    if any(mark in content for mark in _ENCRYPTED):
        raise InputError(
            f"{key}: the key has a passphrase, which {PROGRAM} would show to every user of the machine; sign with a copy "
            f"without one that only you can read: (umask 077; openssl pkey -in {key} -out plain.pem)"
        )
