"""`python -m docs.generate`: committed pages are what the code gives, and `--check` says which are not."""

from click.testing import CliRunner

from docs.generate import __main__ as generate
from docs.generate.exit_codes import page


def test_the_committed_pages_are_not_stale():
    assert generate.stale_pages(generate.DOCS) == []


def test_a_stale_and_a_missing_page_are_named_and_written(tmp_path, monkeypatch):
    monkeypatch.setattr(generate, "DOCS", tmp_path)
    for name, make in generate.PAGES.items():
        (tmp_path / name).write_text(make(), encoding="utf-8")
    (tmp_path / "configuration.md").write_text("old", encoding="utf-8")
    (tmp_path / "exit-codes.md").unlink()
    checked = CliRunner().invoke(generate.main, ["--check"])
    assert checked.exit_code == 1
    assert "configuration.md is stale" in checked.output
    assert "exit-codes.md is stale" in checked.output
    assert (tmp_path / "configuration.md").read_text(encoding="utf-8") == "old"
    assert CliRunner().invoke(generate.main, []).exit_code == 0
    assert CliRunner().invoke(generate.main, ["--check"]).exit_code == 0


def test_every_exit_code_has_a_meaning():
    rows = [line.split("|") for line in page().splitlines() if line.startswith("| `")]
    assert [row[1].strip() for row in rows] == ["`0`", "`1`", "`2`", "`3`", "`4`"]
    assert all(row[3].strip() for row in rows)
