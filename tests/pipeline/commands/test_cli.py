"""The root command: fast help, complete help texts, and how errors and notes end on the terminal."""

import subprocess
import sys
import warnings

import click
import pytest

from data.errors import InputError
from data.strict_model import warn_renamed
from pipeline import exit_codes
from pipeline.commands.cli import cli
from pipeline.terminal import run_main

HEAVY = ("tensorflow", "tfx", "keras", "tf_keras", "apache_beam", "tensorflow_data_validation", "pandas")
_LONGEST_HELP = 150
"""Characters: a line and a half of a help screen."""


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


@pytest.mark.parametrize("command", [pytest.param(command, id=" ".join(path)) for path, command in COMMANDS])
def test_every_command_has_a_help_text(command):
    assert command.help


def _raise(error):
    raise error


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (InputError("file: missing"), exit_codes.BAD_INPUT, "ast-restore: file: missing"),
        (click.UsageError("no such option"), exit_codes.BAD_INPUT, "Error: no such option"),
        (KeyboardInterrupt(), exit_codes.INTERRUPTED, "ast-restore: interrupted"),
    ],
)
def test_an_expected_error_is_one_line_and_an_exit_code(error, code, line, capsys):
    assert run_main(lambda: _raise(error)) == code
    assert capsys.readouterr().err.strip() == line


def test_an_unexpected_error_is_not_hidden():
    with pytest.raises(ZeroDivisionError):
        run_main(lambda: 1 // 0)


def test_a_renamed_name_is_noted_once_and_other_warnings_look_as_before(capsys):
    def work():
        for _ in range(2):
            warn_renamed("old", "new")
        warnings.warn("something else", UserWarning, stacklevel=1)

    assert run_main(work) == 0
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if "new" in line] == [
        "ast-restore: note: old is now new; the old name works until 0.3.0"
    ]


def test_the_exit_codes_of_run_stand_in_its_help():
    epilog = cli.commands["run"].epilog
    assert all(f"  {code}  {text}" in epilog for code, text in exit_codes.RUN.items())
