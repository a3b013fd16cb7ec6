"""The root command: its help is fast, and every command and option has a help text."""

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from pipeline import exit_codes
from pipeline.commands.cli import cli
from tests.pipeline.conftest import ROOT

HEAVY = ("tensorflow", "tfx", "keras", "tf_keras", "apache_beam", "tensorflow_data_validation", "pandas", "pydantic")
_LONGEST_HELP = 150
"""Characters: a line and a half of a help screen."""
_LONGEST_SUMMARY = 60
"""Characters beside the command's name on a screen of 80 columns."""


def _commands(command, path=()):
    yield path, command
    if isinstance(command, click.Group):
        for name, member in command.commands.items():
            yield from _commands(member, (*path, name))


COMMANDS = list(_commands(cli))
OPTIONS = [
    pytest.param(option, id=" ".join((*path, option.opts[0])))
    for path, command in COMMANDS
    for option in command.params
    if isinstance(option, click.Option) and not option.hidden
]


def test_no_help_loads_a_heavy_package():
    """Every command's help in one process: the modules that it imports are then in `sys.modules`."""
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom pipeline.commands.cli import cli\n"
        f"for path in {[list(path) for path, _ in COMMANDS]}:\n"
        "    assert CliRunner().invoke(cli, [*path, '--help']).exit_code == 0, path\n"
        f"print([name for name in {HEAVY} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_has_a_help_text_of_a_line_and_a_half(option):
    assert option.help
    assert option.help[0].isupper() or not option.help[0].isalpha()
    assert len(option.help) <= _LONGEST_HELP


@pytest.mark.parametrize("command", [pytest.param(command, id=" ".join(path)) for path, command in COMMANDS if path])
def test_the_summary_of_every_command_fits_in_a_list_of_commands(command):
    assert command.help
    assert not command.get_short_help_str(_LONGEST_SUMMARY).endswith("...")


def test_the_help_of_run_names_every_configuration_that_is_shipped():
    shipped = {path.stem for path in (ROOT / "pipeline" / "configs").glob("*.yaml")}
    assert {"demo", "did_mdn", "real", "recipe"} <= shipped
    text = CliRunner().invoke(cli, ["run", "--help"]).output
    assert f": {', '.join(sorted(shipped))}." in " ".join(text.split())


def test_the_exit_codes_of_run_stand_in_its_help():
    epilog = cli.commands["run"].epilog
    assert all(f"  {code}  {text}" in epilog for code, text in exit_codes.RUN.items())
