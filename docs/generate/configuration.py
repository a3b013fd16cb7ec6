"""Makes docs/configuration.md from the pydantic fields of `pipeline.config.Config`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

from docs.generate.markdown import GENERATED, code, code_name, table
from pipeline.config import CONFIGS, Config
from pipeline.config_reading.listing import Option, Section, join, models_in, renames, sections

_INTRODUCTION = """
# Configuration

One YAML file describes one experiment. `ast-restore run --config FILE` reads it; `FILE` is a path, or the name of a shipped
configuration ([Shipped configurations](#shipped-configurations)), by default `demo`. `--set key.path=value` replaces one
value, and the value is YAML: `--set train.seed=2`, `--set "train.loss={charbonnier: 1.0}"`. Unknown keys are errors.
`ast-restore config [KEY]` prints the options of this page with their current values, and `--diff RUN` what differs from the
configuration of a run. The resolved configuration of a run is `config.yaml` in its folder.

The defaults in the tables are those of the code; a shipped file replaces some of them. A renamed key works under its old
name for one release, with one line that gives the new name. The largest whole number is 1,000,000,000 unless the table
gives another.
"""
_SHIPPED = """
## Shipped configurations

They are in `pipeline/configs/`; each file gives the reasons for its values. To make your own, copy one under another name.

"""
_HEADER = ("key", "type", "default", "meaning")


def page() -> str:
    """Returns the page: one section for each model of the configuration, one row for each value."""
    tables = "".join(part for section in sections(Config) for part in _parts(section))
    return (
        GENERATED
        + _INTRODUCTION
        + _SHIPPED
        + table(("name", "for"), map(_shipped, sorted(CONFIGS.glob("*.yaml"))))
        + tables
    )


def _shipped(path: Path) -> tuple[str, str]:
    """Returns a shipped configuration's name and the first line of its file, which says what it is for."""
    return code(path.stem), path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def _parts(section: Section) -> Iterator[str]:
    """Yields the heading of a section, its old names and its table."""
    level = "###" if section.path else "##"
    yield f"\n{level} {section.path or 'Top level'}\n\n{inspect.getdoc(section.model)}\n"
    if renamed := _renamed_sections(section):
        yield f"\n{renamed}\n"
    if section.options:
        yield "\n" + table(_HEADER, map(_row, section.options))


def _row(option: Option) -> tuple[str, ...]:
    was = f" Old name: {', '.join(map(code, option.old_names))}." if option.old_names else ""
    default = option.default if option.default == "required" else code(option.default)
    return code_name(option.key), option.kind(code), default, option.meaning + was


def _renamed_sections(section: Section) -> str:
    """Returns the old names of the sections directly below one."""
    fields = section.model.model_fields
    return " ".join(
        f"Old name of `{join(section.path, new)}`: `{join(section.path, old)}`."
        for old, new in renames(section.model).items()
        if models_in(fields[new].annotation)
    )
