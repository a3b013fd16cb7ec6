"""How a command ends on the terminal: an error and a note are one line on stderr each, never a traceback."""

from __future__ import annotations

import errno
import gc
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn, TextIO

import click

from data.errors import InputError
from data.plain_text import visible, visible_lines
from data.renamed import RenamedWarning
from pipeline import exit_codes

_PROGRAM = "ast-restore"
_DISK_PROBLEMS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO)
"""A full, read-only or failing disk, maybe that of the redirected output: the program is in order, and a traceback no help."""
_NAME_PROBLEMS = (errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP)
"""A file that the user may not enter, or whose name no disk takes; even to ask whether it exists raises these."""


def run_main(main: Callable[[], int | None]) -> int:
    """Calls a command and turns what ends it early into one line on stderr and an exit code.

    Args:
        main: The command; it returns its exit code, or None for 0.

    Returns:
        The exit code of the process.
    """
    with _renamed_names_as_notes():
        try:
            return main() or 0
        except InputError as error:
            print_line(str(error))
            return exit_codes.BAD_INPUT
        except click.ClickException as error:
            with suppress(OSError):
                error.show()
            return error.exit_code
        except OSError as error:
            if error.errno in _DISK_PROBLEMS:
                written = error.filename or "the output, or a temporary file"
                print_line(f"{written}: cannot be written ({error.strerror}); make room, or write elsewhere")
            elif error.errno in _NAME_PROBLEMS and error.filename:
                print_line(f"{error.filename}: cannot be used ({error.strerror}); check the name and your rights")
            else:
                raise
            return exit_codes.BAD_INPUT
        except (click.Abort, KeyboardInterrupt):
            print_line("interrupted")
            return exit_codes.INTERRUPTED


def exit_with(code: int) -> NoReturn:
    """Ends the process without a last search for garbage, which takes 2.5 s among the million objects of TFX.

    Args:
        code: The exit code of the process.
    """
    gc.freeze()
    sys.exit(code)


def print_line(message: str) -> None:
    """Prints a message on stderr, behind the program's name; what a terminal would obey in it is escaped.

    An error that cannot be printed does not change the exit code.

    Args:
        message: The message.
    """
    with suppress(OSError):
        click.echo(f"{_PROGRAM}: {visible(message)}", err=True)


def echo(message: object, *, err: bool = False) -> None:
    """Prints a message of one or more lines; what a terminal would obey in it is escaped.

    Args:
        message: The message.
        err: Print on stderr.
    """
    click.echo(visible_lines(str(message)), err=err)


@contextmanager
def _renamed_names_as_notes() -> Iterator[None]:
    """Prints each `RenamedWarning` once, as a note; other warnings look as before."""
    with warnings.catch_warnings():
        warnings.simplefilter("once", RenamedWarning)
        show_other = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, RenamedWarning):
                print_line(f"note: {message}")
            else:
                show_other(message, category, filename, lineno, file, line)

        warnings.showwarning = show
        yield
