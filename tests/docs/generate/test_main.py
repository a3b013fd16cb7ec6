"""`python -m docs.generate`: committed pages are what the code gives, and `--check` says which are not."""

import re

from click.testing import CliRunner

from docs.generate import __main__ as generate
from docs.generate.exit_codes import page
from pipeline import exit_codes


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


def test_every_exit_code_of_every_command_has_a_meaning():
    text = page()
    for commands, meanings in exit_codes.BY_COMMAND.items():
        section = text.split(f"\n## {commands}\n")[1].split("\n## ")[0]
        rows = dict(re.findall(r"^\| `(\d+)` \| (.+) \|$", section, re.M))
        assert rows == {str(code): meaning for code, meaning in meanings.items()}
