"""The generated page of the command line: every command, and every option with value, default and meaning."""

import click

from docs.generate import command_line
from docs.generate.markdown import code_name
from pipeline.commands.cli import cli


@click.command(epilog="\b\nExamples:\n  tool --size 3\n")
@click.argument("source")
@click.option("--size", type=click.IntRange(1, 9), default=3, help="Side in pixels.")
@click.option("--kind", type=click.Choice(["a", "b"]), required=True, help="A *kind*.")
@click.option("--name", multiple=True, metavar="A|B", help="A name. [default: none]")
@click.option("--old-size", hidden=True)
def _tool(**_):
    """Does a thing.

    With a second
    paragraph.
    """


def test_a_command_has_usage_options_and_examples():
    page = "".join(command_line._sections("tool", _tool))
    assert "## tool\n\nDoes a thing.\n\nWith a second paragraph.\n" in page
    assert "tool [OPTIONS] SOURCE" in page
    assert f"| {code_name('--size')} `INTEGER` 1 to 9 | `3` | Side in pixels. |" in page
    assert f"| {code_name('--kind')} `a` / `b` |  | A \\*kind\\*. *required* |" in page
    assert f"| {code_name('--name')} <code>A&#124;B</code> | none | A name. *repeatable* |" in page
    assert "old-size" not in page
    assert "Examples:\n\n```sh\ntool --size 3\n```" in page


def test_every_command_has_a_section():
    page = command_line.page()

    def paths(path, command):
        yield path
        for name, below in getattr(command, "commands", {}).items():
            if not below.hidden:
                yield from paths(f"{path} {name}", below)

    for path in paths("ast-restore", cli):
        assert f"\n## {path}\n" in page, path
