"""How errors and notes end on the terminal."""

import warnings

import click
import pytest

from data.errors import InputError
from data.renamed import warn_renamed
from pipeline import exit_codes
from pipeline.screen.terminal import run_main


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
