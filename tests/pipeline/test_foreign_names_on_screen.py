"""What commands print of names from outside: a terminal gets no commands from them."""

import io
import json
import re

import pytest
from click.testing import CliRunner
from PIL import Image
from rich.table import Table
from rich.text import Text

from components.production import registry
from pipeline.commands.cli import cli
from pipeline.screen.plain_console import PlainConsole
from pipeline.screen.terminal import echo
from tests.components.production.models import saved_model
from tests.data.drawing import picture

HOSTILE = "\x1b[31mred\x9b2J\u202e"
_OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


def _call(*arguments):
    return CliRunner().invoke(cli, [*map(str, arguments)], standalone_mode=False)


@pytest.mark.parametrize("kind", ["text", "table", "string"])
def test_a_console_shows_what_a_terminal_would_obey(kind):
    table = Table()
    table.add_column(HOSTILE)
    table.add_row(Text(HOSTILE))
    console = PlainConsole(file=io.StringIO(), width=100)
    console.print({"text": Text(HOSTILE), "table": table, "string": HOSTILE}[kind], markup=False)
    screen = console.file.getvalue()
    assert not _OBEYED.search(screen)
    assert r"\x1b[31mr" in screen  # a cell of a table is as wide as the text was to be


def test_the_console_s_own_colours_stay():
    console = PlainConsole(file=io.StringIO(), force_terminal=True, color_system="standard")
    console.print(Text(HOSTILE, style="red"))
    assert console.file.getvalue().startswith("\x1b[31m\\x1b[31m")


def test_lines_are_kept_and_the_rest_is_escaped(capsys):
    echo(f"one\ntwo {HOSTILE}")
    assert capsys.readouterr().out == "one\ntwo \\x1b[31mred\\x9b2J\\u202e\n"


def test_a_check_shows_the_names_of_files_escaped(tmp_path):
    for side in ("input", "target"):
        (tmp_path / side).mkdir()
        Image.fromarray(picture(1)).save(tmp_path / side / "1.png")
    Image.fromarray(picture(2)).save(tmp_path / "input" / f"{HOSTILE}.png")
    screen = _call("data", "check", tmp_path, "--layout", "same-name").output
    assert not _OBEYED.search(screen)
    assert r"input/\x1b[31mred" in screen


def test_versions_with_hostile_records_are_shown_escaped_and_as_json(tmp_path):
    model = saved_model(tmp_path / "one", b"one")
    version = registry.push(model, tmp_path / "models", HOSTILE, {"code": HOSTILE})
    options = ("--models", tmp_path / "models", "--metadata", tmp_path / "absent")
    listed, shown = _call("models", "list", *options), _call("models", "show", version.number, "--json", *options)
    for done in (listed, shown):
        assert done.exception is None
        assert not _OBEYED.search(done.output)
    assert json.loads(shown.output)["run_id"] == HOSTILE
