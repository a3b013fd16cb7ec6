"""`ast-restore models`, on small folders and a real ML Metadata file."""

import json
import shutil

import pytest
from click.testing import CliRunner
from ml_metadata.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from components.production import registry
from data.errors import InputError
from pipeline.commands.cli import cli
from tests.components.production.models import saved_model


def _facts(gain, sha256="a" * 64, parent=None):
    metric = {"value": gain, "unit": "dB", "low": gain - 0.5, "high": gain + 0.5}
    return {
        "data": {"source": "rain", "span": 2, "sha256": sha256, "pairs": 40},
        "code": "0.1.0, commit abc",
        "parent": parent,
        "compared_with": "doing nothing",
        "images": 24,
        "scenes": 8,
        "metrics": {"gain_psnr": metric},
        "verdict": {"blessed": True, "met": 9, "not_met": 0, "too_few_images": 2},
    }


@pytest.fixture
def pushed(tmp_path):
    """Two versions, in the push directory and in ML Metadata; returns the destination, the metadata and the versions."""
    destination, metadata = tmp_path / "models", tmp_path / "metadata.sqlite"
    versions = [
        registry.push(saved_model(tmp_path / name, name.encode()), destination, f"run {name}", _facts(gain))
        for name, gain in (("old", 3.0), ("new", 4.25))
    ]
    config = mlmd.ConnectionConfig()
    config.sqlite.filename_uri = str(metadata)
    config.sqlite.connection_mode = mlmd.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    store = MetadataStore(config)
    kind = store.put_artifact_type(mlmd.ArtifactType(name="PushedModel"))
    for version in versions:
        artifact = mlmd.Artifact(type_id=kind, uri=f"pusher/{version.number}")
        artifact.custom_properties["version_record"].string_value = version.to_json()
        artifact.custom_properties["pushed_destination"].string_value = str(destination / str(version.number))
        store.put_artifacts([artifact])
    refused = mlmd.Artifact(type_id=kind, uri="pusher/refused")
    store.put_artifacts([refused])
    return destination, metadata, versions


@pytest.fixture
def models(pushed):
    """Runs a sub-command and returns what it prints."""
    destination, metadata, _ = pushed

    def run(command, *arguments):
        paths = ["--models", str(destination)]
        paths += ["--metadata", str(metadata)] if command in ("list", "show", "diff") else []
        done = CliRunner().invoke(cli, ["models", command, *map(str, arguments), *paths], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return run


def test_the_list_says_what_is_in_production(models, pushed):
    old, new = (str(version.number) for version in pushed[2])
    lines = models("list").splitlines()
    assert lines[1].startswith(new)
    assert "in production" in lines[1]
    assert "4.25 (3.75 to 4.75)" in lines[1]
    assert "rain/2" in lines[1]
    assert lines[2].startswith(old)
    assert "kept" in lines[2]


def _known(models):
    return [
        {name: value for name, value in entry.items() if name not in ("known_from", "in_production")}
        for entry in json.loads(models("list", "--json"))
    ]


def test_each_source_is_enough_without_the_other(models, pushed):
    destination, metadata, _ = pushed
    both = _known(models)
    metadata.rename(metadata.with_suffix(".gone"))
    assert _known(models) == both
    metadata.with_suffix(".gone").rename(metadata)
    shutil.rmtree(destination)
    assert _known(models) == both
    entries = json.loads(models("list", "--json"))
    assert [entry["known_from"] for entry in entries] == [["metadata"]] * 2
    assert not any(entry["in_production"] for entry in entries)


def test_a_pruned_version_is_still_listed(models, pushed):
    old, _ = pushed[2]
    assert models("prune", "--keep", 1) == f"removed: {old.number}\n"
    assert "removed" in models("list").splitlines()[2]
    assert json.loads(models("show", old.number, "--json"))["intact"] is None


def test_a_dry_run_of_prune_names_the_versions_and_changes_nothing(models, pushed):
    destination, _, (old, new) = pushed
    before = sorted(path.stat().st_mtime_ns for path in destination.rglob("*"))
    assert models("prune", "--keep", 1, "--dry-run") == f"would be removed: {old.number}\n"
    assert json.loads(models("prune", "--keep", 1, "--dry-run", "--json")) == {"would_remove": [old.number]}
    assert models("prune", "--keep", 2, "--dry-run") == "would be removed: nothing\n"
    assert sorted(path.stat().st_mtime_ns for path in destination.rglob("*")) == before
    assert [version.number for version in registry.versions(destination)] == [old.number, new.number]


def test_a_workspace_stands_for_its_production_folder_and_its_metadata(models, pushed, tmp_path):
    both = models("list")
    metadata = tmp_path / "metadata" / "metadata.sqlite"
    metadata.parent.mkdir()
    pushed[1].rename(metadata)

    def invoke(*arguments):
        return CliRunner().invoke(cli, ["models", *arguments, "--workspace", str(tmp_path)], catch_exceptions=False)

    assert invoke("list").output == both
    shutil.rmtree(pushed[0] / str(pushed[2][1].number))
    assert "removed" in invoke("list").output.splitlines()[1]  # known from the workspace's metadata alone
    assert "give one of them" in invoke("list", "--models", str(pushed[0])).output


def test_show_has_all_facts_and_whether_the_files_are_unchanged(models, pushed):
    destination, _, (_, new) = pushed
    text = models("show", new.number)
    for part in (
        "run new",
        "rain, span 2, SHA-256 aaaaaaaaaaaa",
        "0.1.0, commit abc",
        "random weights",
        "identity baseline",
        "9 of the gate's 11 thresholds met, 2 with too few images",
        new.digest,
        "folder and metadata",
        "as pushed",
        "4.2500",
    ):
        assert part in text
    (destination / str(new.number) / "saved_model.pb").write_bytes(b"another")
    assert "NOT what was pushed" in models("show", new.number)


def test_diff_compares_and_warns_of_different_data(models, pushed, tmp_path):
    destination, _, (old, new) = pushed
    assert "+1.2500" in models("diff", old.number, new.number)
    assert "same data" not in models("diff", old.number, new.number)
    other = registry.push(
        saved_model(tmp_path / "x", b"x"), destination, "x", _facts(5.0, sha256="b" * 64, parent=str(new.number))
    )
    assert f"version {new.number}" in models("diff", new.number, other.number)
    assert "not evaluated on the same data" in models("diff", new.number, other.number)
    compared = json.loads(models("diff", new.number, other.number, "--json"))
    assert (compared["same_data"], compared["same_model"]) == (False, False)
    assert compared["metrics"]["gain_psnr"]["difference"] == 0.75


def test_rollback_and_promotion(models, pushed):
    destination, _, (old, new) = pushed
    output = models("rollback", "--reason", "streaks in the sky")
    assert output.endswith(f"with the content of {old.number}\n")
    assert registry.production(destination).digest == old.digest
    first, second, _ = models("list").splitlines()[1:]
    assert "in production" in first
    assert "streaks in the sky" in second
    assert json.loads(models("promote", new.number, "--json"))["origin"] == "promotion"
    assert registry.production(destination).digest == new.digest
    assert "already" in models("promote", new.number)


def test_the_page_of_all_runs_shows_a_change_of_production_at_once(models, pushed, tmp_path):
    _, _, (old, new) = pushed
    page = tmp_path / "reports" / "index.html"
    models("rollback")
    assert not page.exists(), "no folder of reports is made beside a destination that has none"
    page.parent.mkdir()
    models("promote", new.number)
    assert "Promotion: the content of version" in page.read_text()
    models("rollback", "--reason", "streaks in the sky")
    assert "streaks in the sky" in page.read_text()
    models("prune", "--keep", 1, "--dry-run")
    before = page.read_text()
    models("prune", "--keep", 1)
    assert page.read_text() != before


def test_a_page_of_all_runs_that_cannot_be_written_is_a_note_and_the_change_holds(models, pushed, tmp_path):
    destination, _, (old, _) = pushed
    (tmp_path / "reports" / "index.html").mkdir(parents=True)
    models("rollback")
    assert registry.production(destination).digest == old.digest


def test_unreadable_metadata_is_an_error_with_its_path(pushed):
    destination, metadata, _ = pushed
    metadata.write_text("no database")
    with pytest.raises(InputError, match=r"metadata\.sqlite: ML Metadata cannot read it"):
        CliRunner().invoke(
            cli, ["models", "list", "--models", str(destination), "--metadata", str(metadata)],
            catch_exceptions=False, standalone_mode=False,
        )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["show", "7"], "no version 7; the versions are: none"),
        (["list"], "no model was pushed there"),
        (["rollback"], "nothing to roll back"),
        (["promote", "7"], "no version 7"),
        (["prune", "--keep", "1"], "no such folder"),
    ],
)
def test_bad_input_is_one_line(arguments, message, tmp_path):
    paths = ["--models", str(tmp_path / "none")]
    with pytest.raises(InputError, match=message) as error:
        CliRunner().invoke(cli, ["models", *arguments, *paths], catch_exceptions=False, standalone_mode=False)
    assert "\n" not in str(error.value)


def test_a_version_is_signed_and_verified(pushed, keys):
    destination, _, (old, new) = pushed
    words = ["--models", str(destination)]
    signed = CliRunner().invoke(cli, ["models", "sign", str(old.number), "--key", str(keys.private), *words])
    assert signed.output == f"version {old.number} is signed\n"
    verified = CliRunner().invoke(cli, ["models", "verify", str(old.number), "--key", str(keys.public), *words])
    assert verified.output == f"version {old.number} is signed with {keys.public}, and unchanged since\n"
    in_production = CliRunner().invoke(cli, ["models", "verify", "--key", str(keys.public), *words])
    assert isinstance(in_production.exception, InputError)
    assert f"{new.number}: not signed" in str(in_production.exception)
