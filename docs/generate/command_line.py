"""Makes docs/command-line.md from the click commands of `ast-restore`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import click

from docs.generate.markdown import GENERATED, code, code_name, table
from pipeline.commands.cli import cli
from pipeline.config_reading.listing import bounds

_INTRODUCTION = """
# Command line

`make run` installs the command as `.venv/bin/ast-restore`. Every command answers `--help`. Values in capitals are yours; an
option that is marked *repeatable* may be given several times. [Exit codes](exit-codes.md) are a page of their own. A
renamed option works under its old name for one release, with one line that gives the new name.
"""
_PROGRAM = "ast-restore"
_NAMES = {"integer": "INTEGER", "float": "NUMBER", "text": "TEXT", "path": "PATH", "file": "PATH", "directory": "PATH"}


def page() -> str:
    """Returns the page: one section for each command, one row for each option."""
    return GENERATED + _INTRODUCTION + "".join(_sections(_PROGRAM, cli))


def _sections(path: str, command: click.Command) -> Iterator[str]:
    """Yields the section of a command and then of each command below it."""
    context = click.Context(command, info_name=path)
    yield f"\n## {path}\n\n{_text(command.help)}\n```\n{_usage(path, command, context)}\n```\n"
    options = [option for option in command.params if isinstance(option, click.Option)]
    if shown := [option for option in options if not option.hidden]:
        yield "\n" + table(("option", "default", "meaning"), [_row(option, context) for option in shown])
    if command.epilog:
        yield "\n" + _text(command.epilog)
    if isinstance(command, click.Group):
        for name, below in sorted(command.commands.items()):
            if not below.hidden:
                yield from _sections(f"{path} {name}", below)


def _usage(path: str, command: click.Command, context: click.Context) -> str:
    return " ".join([path, *command.collect_usage_pieces(context)])


def _text(help_text: str | None) -> str:
    """Returns a help text as Markdown: paragraphs joined, blocks that click must not re-wrap as code."""
    paragraphs = (help_text or "").replace("\r", "").strip().split("\n\n")
    return "".join(_paragraph(paragraph) + "\n\n" for paragraph in paragraphs if paragraph.strip()).rstrip() + "\n"


def _paragraph(paragraph: str) -> str:
    if not paragraph.lstrip().startswith("\b"):
        return _escaped(" ".join(paragraph.split()))
    title, *lines = paragraph.lstrip("\b\n").rstrip().splitlines()
    if not lines:
        return _escaped(title)
    if lines and re.match(r"\s+\d+\s\s", lines[0]):
        return f"{title}\n\n" + "\n".join(re.sub(r"^\s+(\d+)\s+", r"- `\1`: ", line) for line in lines)
    return f"{title}\n\n```sh\n" + "\n".join(line[2:] if line[:2] == "  " else line for line in lines) + "\n```"


def _escaped(text: str) -> str:
    """Escapes what Markdown would take for emphasis or a tag outside of inline code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([*_<>])", r"\\\1", part) for part in parts)


def _row(option: click.Option, context: click.Context) -> tuple[str, ...]:
    names = ", ".join(code_name(name) for name in (*option.opts, *option.secondary_opts))
    value = "" if option.is_flag or option.count else f" {_value(option)}"
    text, default = _without_default(option.help or "")
    marks = [
        mark
        for mark in ("required" * option.required, "repeatable" * (option.multiple and "several times" not in text))
        if mark
    ]
    meaning = " ".join(filter(None, (_escaped(text), f"*{', '.join(marks)}*" if marks else "")))
    return names + value, _default(option, context) or default, meaning


def _without_default(text: str) -> tuple[str, str]:
    """Returns a help text without the default that is written in it, and that default."""
    matched = re.search(r"\s*(?:\[default: (.*?)\]|Default: (.*?)\.)\s*", text)
    if not matched:
        return text, ""
    return f"{text[: matched.start()]} {text[matched.end() :]}".strip(), matched.group(1) or matched.group(2)


def _value(option: click.Option) -> str:
    if option.metavar:
        return code(option.metavar)
    kind = option.type
    if isinstance(kind, click.Choice):
        return " / ".join(code(str(choice)) for choice in kind.choices)
    name = kind.name.removesuffix(" range")
    limits = ""
    if isinstance(kind, (click.IntRange, click.FloatRange)):
        limits = bounds(kind.min, kind.max, kind.min_open, kind.max_open)
    count = f" × {option.nargs}" if option.nargs > 1 else ""
    return f"{code(_NAMES.get(name, name.upper()))}{count}{' ' + limits if limits else ''}"


def _default(option: click.Option, context: click.Context) -> str:
    if isinstance(option.show_default, str):
        return option.show_default
    value: Any = option.get_default(context, call=True)
    if option.is_flag or value is None or value == () or repr(value).startswith("Sentinel"):
        return ""
    return code(", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value))
