"""The pages that are written by hand agree with the code, and their links lead somewhere."""

import re
import textwrap
from pathlib import Path

import pytest
import yaml

from components.pair_validator.judging.reasons import MEANINGS
from pipeline.commands.cli import cli
from pipeline.config import CONFIGS, Config
from pipeline.config_reading.listing import models_in

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE_THE_SITE = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")


@pytest.mark.parametrize("name", OUTSIDE_THE_SITE)
def test_relative_links_exist(name):
    targets = re.findall(r"\]\(([^)#]+)", (ROOT / name).read_text(encoding="utf-8"))
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (ROOT / target).exists()] == []


@pytest.mark.parametrize("name", OUTSIDE_THE_SITE)
def test_headings_that_links_name_exist(name):
    for target, anchor in re.findall(r"\]\(([^)#:]+\.md)#([^)]+)\)", (ROOT / name).read_text(encoding="utf-8")):
        headings = re.findall(r"^#+ (.*)$", (ROOT / target).read_text(encoding="utf-8"), re.M)
        assert anchor in [re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings]


def test_no_command_hands_an_image_over_as_an_argument():
    """Linux takes 128 KiB an argument, which the base64 of an image of 96 kB exceeds; a pipe has no such limit."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    commands = [line for page in pages for line in page.read_text(encoding="utf-8").splitlines() if "$(base64" in line]
    assert commands
    assert [line for line in commands if not line.startswith("echo ")] == []  # the shell's own, not a program


def test_the_readme_stays_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_every_reason_code_has_a_row_with_a_thumbnail():
    page = (ROOT / "docs" / "train" / "pairs.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| .*\.\./pictures/pairs/(\w+)\.jpg\) \|$", page, re.M))
    assert rows == {code: code for code in MEANINGS}


def test_every_shipped_configuration_has_a_row_among_the_recipes():
    page = (ROOT / "docs" / "train" / "training.md").read_text(encoding="utf-8").split("## Shipped recipes")[1]
    cells = re.findall(r"^\| (`.*?) \|", page, re.M)
    assert {name for cell in cells for name in re.findall(r"`(\w+)`", cell)} == {
        path.stem for path in CONFIGS.glob("*.yaml")
    }


def test_pictures_are_small():
    pictures = ROOT / "docs" / "pictures"
    assert sum(path.stat().st_size for path in (pictures / "pairs").iterdir()) < 300_000
    assert sum(path.stat().st_size for path in pictures.glob("*.*")) < 400_000


def test_paths_that_pages_name_exist():
    packages = "data|model_code|components|pipeline|kubeflow|tests|docs|requirements"
    for page in [ROOT / name for name in OUTSIDE_THE_SITE] + sorted((ROOT / "docs").rglob("*.md")):
        if page.name == "CHANGELOG.md":
            continue  # it names what has gone
        for path in re.findall(rf"`((?:{packages})/[\w/.-]+)`", page.read_text(encoding="utf-8")):
            assert (ROOT / path).exists(), f"{page.name}: {path}"


def test_modules_that_pages_run_exist():
    for page in sorted((ROOT / "docs").rglob("*.md")) + [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        for module in re.findall(r"python -m ((?:pipeline|docs)[\w.]+)", page.read_text(encoding="utf-8")):
            path = ROOT / module.replace(".", "/")
            assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), f"{page.name}: {module}"


def _inline_code(page):
    text = re.sub(r"^ *```.*?^ *```", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.findall(r"`([^`\n]+)`", text)


def _pages():
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def _keys(model, path=""):
    """Yields every key of the configuration, sections included."""
    for name, field in model.model_fields.items():
        yield f"{path}{name}"
        for below in models_in(field.annotation):
            yield from _keys(below, f"{path}{name}.")


def test_configuration_keys_that_pages_name_exist():
    keys = set(_keys(Config))
    sections = {part for key in keys for part in key.split(".")[:-1]}
    for page in _pages():
        if page.name == "configuration.md":
            continue  # it is generated, and names old keys
        for code in _inline_code(page):
            named = re.fullmatch(r"([a-z_]+)\.[a-z_.]+[a-z]", code)
            if named and named[1] in sections and not code.endswith((".py", ".md", ".json", ".html", ".csv")):
                is_module = (ROOT / f"{code.replace('.', '/')}.py").is_file()
                assert is_module or any(f".{key}".endswith(f".{code}") for key in keys), f"{page.name}: {code}"


@pytest.mark.filterwarnings("error::data.renamed.RenamedWarning")
def test_yaml_that_pages_show_is_a_configuration():
    blocks = [
        textwrap.dedent(block)
        for page in _pages()
        for block in re.findall(r"^ *```yaml\n(.*?)^ *```", page.read_text(encoding="utf-8"), re.M | re.S)
    ]
    assert len(blocks) >= 4
    for block in blocks:
        Config.model_validate(yaml.safe_load(block))


def _options(command):
    yield from (option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts))
    for below in getattr(command, "commands", {}).values():
        yield from _options(below)


def test_options_that_pages_name_exist():
    options = {*_options(cli), "--help"}
    elsewhere = {"beam.md", "benchmarks.md", "CONTRIBUTING.md", "README.md"}  # options of other programs too
    for page in _pages():
        if page.name not in elsewhere:
            for code in _inline_code(page):
                for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", code if code.startswith(("--", "ast-")) else ""):
                    assert option in options, f"{page.name}: {option}"


def _renamed_keys(model):
    """Yields old and new name of every renamed key of the configuration, without the path to it."""
    yield from getattr(model, "renamed", {}).items()
    for field in model.model_fields.values():
        for below in models_in(field.annotation):
            yield from _renamed_keys(below)


def _renamed_options(command):
    yield from ((option.opts[0], option._new) for option in command.params if hasattr(option, "_new"))
    for below in getattr(command, "commands", {}).values():
        yield from _renamed_options(below)


def test_the_changelog_names_everything_that_was_renamed():
    renamed = {*_renamed_keys(Config), *_renamed_options(cli)}
    assert len(renamed) > 8
    rows = re.findall(r"^\|.*\|$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.M)
    for old, new in renamed:
        assert any(re.search(rf"[`.]{old}[` ].*[`.]{new}[` ]", row) for row in rows), f"{old} -> {new}"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("AT", "data/layouts/published.py"),
        ("SETS", "tests/data/layouts/test_layouts.py"),
        ("TERMS", "model_code/training/losses.py"),
        ("LossName", "model_code/settings.py"),
        ("MEASURES", "components/evaluation/measures.py"),
        ("PairThresholds", "components/pair_validator/checks/registry.py"),
        ("STAGES", "components/pair_validator/checks/registry.py"),
        ("SCORES", "components/pair_validator/checks/registry.py"),
        ("MeasuredPair", "components/pair_validator/checks/check.py"),
        ("number", "components/pair_validator/threshold_fields.py"),
        ("PairMeasurement", "components/pair_validator/measuring/pair_measurement.py"),
        ("renamed_option", "pipeline/commands/options.py"),
    ],
)
def test_names_in_the_worked_examples_are_defined_where_they_say(name, file):
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert re.search(rf"\b{name}\b", text)
    assert re.search(rf"^(def |class )?{name}\b", (ROOT / file).read_text(encoding="utf-8"), re.M)
