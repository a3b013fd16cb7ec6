"""Keys for a test, and the program that signs."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.environments import ROOT, python_with


class Keys(NamedTuple):
    """PEM files of a pair of keys."""

    private: Path
    public: Path


def new_keys(folder: Path) -> Keys:
    """Writes a new pair of keys.

    Args:
        folder: A new folder for the two files.
    """
    folder.mkdir(parents=True)
    key, pem = ec.generate_private_key(ec.SECP256R1()), serialization.Encoding.PEM
    keys = Keys(folder / "key.pem", folder / "key.pub.pem")
    keys.private.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    keys.public.write_bytes(key.public_key().public_bytes(pem, serialization.PublicFormat.SubjectPublicKeyInfo))
    return keys


def program_folder() -> Path:
    """Returns the folder of the program; without a network the test is skipped."""
    lock = ROOT / "requirements/model-signing.lock"
    return python_with("model-signing", lock, "SIGNATURES OF MODELS ARE NOT TESTED").parent
