"""Signatures of versions, by the program that the specification's authors publish."""

import pytest
from cryptography.hazmat.primitives import serialization

from components.production import changes, registry, signatures
from components.production.version_folder import CARD, SIGNATURE
from data.errors import InputError
from tests.components.production.models import saved_model
from tests.signing import new_keys


@pytest.fixture
def models(tmp_path):
    return tmp_path / "models"


@pytest.fixture
def signed(tmp_path, models, keys):
    """The folder of a version that was signed when it was pushed."""
    version = registry.push(saved_model(tmp_path / "good", b"good"), models, "run", {}, keys.private)
    return models / str(version.number)


def test_a_signed_push_is_verified(signed, keys, models):
    signatures.require_signature(signed, keys.public)
    assert changes.verify_version(models, None, keys.public) == int(signed.name)
    assert registry.model_digest(signed) == registry.read_version(models, int(signed.name)).digest


def test_the_model_card_may_be_written_after_the_signature(signed, keys):
    (signed / CARD).write_text("# Model card")
    signatures.require_signature(signed, keys.public)


@pytest.mark.parametrize("name", ["version.json", "saved_model.pb", "variables/variables.index"])
def test_a_changed_file_is_named(signed, keys, name):
    content = bytearray((signed / name).read_bytes())
    content[0] ^= 1
    (signed / name).write_bytes(content)
    with pytest.raises(InputError, match=f"its signature does not hold.*{name}"):
        signatures.require_signature(signed, keys.public)


def test_an_added_and_a_removed_file_are_named(signed, keys):
    (signed / "assets").mkdir()
    (signed / "assets" / "more").touch()
    with pytest.raises(InputError, match="assets/more"):
        signatures.require_signature(signed, keys.public)
    (signed / "assets" / "more").unlink()
    (signed / "variables" / "variables.index").unlink()
    with pytest.raises(InputError, match=r"variables/variables\.index"):
        signatures.require_signature(signed, keys.public)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\x00", b"[" * 100000])
def test_a_damaged_signature_does_not_hold(signed, keys, content):
    (signed / SIGNATURE).write_bytes(content)
    with pytest.raises(InputError, match="its signature does not hold") as caught:
        signatures.require_signature(signed, keys.public)
    assert "\n" not in str(caught.value)


def test_anothers_signature_does_not_hold(signed, tmp_path):
    with pytest.raises(InputError, match="Key mismatch"):
        signatures.require_signature(signed, new_keys(tmp_path / "other").public)


def test_a_version_without_a_signature_is_refused_until_it_is_signed(tmp_path, models, keys):
    version = registry.push(saved_model(tmp_path / "plain", b"plain"), models, "run")
    with pytest.raises(InputError, match="not signed; sign it with `ast-restore models sign`"):
        changes.verify_version(models, version.number, keys.public)
    changes.sign_version(models, version.number, keys.private)
    assert changes.verify_version(models, version.number, keys.public) == version.number
    assert sorted(path.name for path in models.iterdir()) == [".push.lock", str(version.number)]


def test_a_rollback_is_a_version_that_is_signed_anew_or_not_at_all(signed, tmp_path, models, keys):
    registry.push(saved_model(tmp_path / "bad", b"bad"), models, "run", {}, keys.private)
    unsigned = changes.rollback(models)
    assert not (models / str(unsigned.number) / SIGNATURE).exists(), "the old one does not hold for the new record"
    promoted = changes.promote(models, int(signed.name), keys.private)
    assert promoted == unsigned, "it is in production already"
    registry.push(saved_model(tmp_path / "worse", b"worse"), models, "run", {}, keys.private)
    back = changes.rollback(models, signing_key=keys.private)
    signatures.require_signature(models / str(back.number), keys.public)


def test_what_cannot_be_signed_is_not_published(tmp_path, models, keys):
    keys.private.write_text("no key")
    with pytest.raises(InputError, match="cannot be signed") as caught:
        registry.push(saved_model(tmp_path / "good", b"good"), models, "run", {}, keys.private)
    assert "\n" not in str(caught.value)
    assert registry.versions(models) == []


def test_what_is_missing_is_said_before_a_training(tmp_path, keys, monkeypatch):
    signatures.require_able(keys.private)
    with pytest.raises(InputError, match=r"signing_key: .*absent\.pem: no such file"):
        signatures.require_able(tmp_path / "absent.pem")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(InputError, match="signing_key: model_signing is not installed; pip install model-signing"):
        signatures.require_able(keys.private)


@pytest.mark.parametrize("form", ["PKCS8", "TraditionalOpenSSL"])
def test_a_key_with_a_passphrase_is_refused_before_the_program_is_called(tmp_path, form, monkeypatch):
    """The program takes a passphrase as an argument only, which every user of the machine can read."""
    monkeypatch.setenv("PATH", str(tmp_path))  # no program
    keys = new_keys(tmp_path / "new")
    key = serialization.load_pem_private_key(keys.private.read_bytes(), None)
    locked = serialization.BestAvailableEncryption(b"secret")
    pem = key.private_bytes(serialization.Encoding.PEM, getattr(serialization.PrivateFormat, form), locked)
    keys.private.write_bytes(pem)
    with pytest.raises(
        InputError, match=r"key\.pem: the key has a passphrase, .* openssl pkey -in .*key\.pem"
    ) as caught:
        signatures.require_able(keys.private)
    assert "\n" not in str(caught.value)
