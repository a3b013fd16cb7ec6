"""The generated page of the configuration: every value, with its type, range, unit, default and old name."""

from typing import Literal

import pytest
import yaml
from pydantic import Field

from data.strict_model import StrictModel
from docs.generate import configuration
from docs.generate.markdown import code_name
from pipeline.config import CONFIGS, Config
from pipeline.config_reading.listing import sections


class _Below(StrictModel):
    renamed = {"bad_steps": "max_steps"}
    max_steps: int = Field(3, ge=1, description="[px] Steps | at most.", json_schema_extra={"unit": "px"})


class _Top(StrictModel):
    """Of the test."""

    renamed = {"watch": "below"}
    share: float = Field(0.5, gt=0, lt=1, description="A share.")
    mode: Literal["a", "b"] | None = Field(None, description="A mode.")
    below: _Below = Field(default_factory=_Below)
    many: tuple[_Below, ...] = ()
    named: dict[str, _Below] = Field(default_factory=dict)


@pytest.fixture(scope="module")
def parts():
    return [part for section in sections(_Top) for part in configuration._parts(section)]


def test_a_row_has_type_range_unit_default_and_old_name(parts):
    page = "".join(parts)
    assert f"| {code_name('share')} | number, >\N{NO-BREAK SPACE}0, <\N{NO-BREAK SPACE}1 | `0.5` | A share. |" in page
    assert f"| {code_name('mode')} | `a`, `b` or null | `null` | A mode. |" in page
    row = "integer, ≥\N{NO-BREAK SPACE}1, px | `3` | Steps \\| at most. Old name: `below.bad_steps`. |"
    assert f"| {code_name('below.max_steps')} | {row}" in page


def test_models_in_lists_and_maps_have_sections_of_their_own(parts):
    titles = [part.split("\n")[1] for part in parts if part.startswith("\n#")]
    assert titles == ["## Top level", "### below", "### many[]", "### named.NAME"]


def test_a_renamed_section_names_its_old_name(parts):
    assert "Old name of `below`: `watch`." in "".join(parts)


def test_the_page_has_every_key_of_a_resolved_configuration():
    page = configuration.page()

    def keys(tree, path=""):
        for name, value in tree.items():
            if isinstance(value, dict) and value and name not in ("loss", "slice_gains_psnr"):
                yield from keys(value, f"{path}{name}.")
            else:
                yield f"{path}{name}"

    for key in keys(yaml.safe_load(Config().to_yaml())):
        assert code_name(key) in page or f" {key}[]\n" in page or f" {key}.NAME\n" in page, key


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_configuration_is_listed_with_the_first_line_of_its_file(path):
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# ")
    assert first.endswith("."), "the first line is a sentence that says what it is for"
    assert f"| `{path.stem}` | {first[2:]} |" in configuration.page()
