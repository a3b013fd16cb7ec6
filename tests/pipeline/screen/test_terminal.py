"""How errors and notes end on the terminal."""

import contextlib
import errno
import os
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
        (
            OSError(errno.ENOSPC, "No space left on device", "/mnt/x.json"),
            exit_codes.BAD_INPUT,
            "ast-restore: /mnt/x.json: cannot be written (No space left on device); make room, or write elsewhere",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied", "/root/x"),
            exit_codes.BAD_INPUT,
            "ast-restore: /root/x: cannot be used (Permission denied); check the name and your rights",
        ),
    ],
)
def test_an_expected_error_is_one_line_and_an_exit_code(error, code, line, capsys):
    assert run_main(lambda: _raise(error)) == code
    assert capsys.readouterr().err.strip() == line


@pytest.mark.parametrize("error", [ZeroDivisionError(), OSError(errno.ENOENT, "No such file or directory", "x")])
def test_an_unexpected_error_is_not_hidden(error):
    with pytest.raises(type(error)):
        run_main(lambda: _raise(error))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_stream_on_a_full_disk_gives_its_exit_code_and_no_traceback(stream, monkeypatch, capsys):
    def work():
        click.echo("result")
        raise InputError("file: missing")

    with open("/dev/full", "w", encoding="utf-8") as full:
        monkeypatch.setattr(f"sys.{stream}", full)
        assert run_main(work) == exit_codes.BAD_INPUT
        with contextlib.suppress(OSError):
            full.close()
    expected = ("", "the output, or a temporary file: cannot be written") if stream == "stdout" else ("result\n", "")
    done = capsys.readouterr()
    assert done.out == expected[0]
    assert expected[1] in done.err


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
