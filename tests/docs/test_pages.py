"""The pages that are written by hand agree with the code, and their links lead somewhere."""

import re
from pathlib import Path

import pytest

from components.pair_validator.judging.reasons import MEANINGS

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


def test_the_readme_stays_short():
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120


def test_every_reason_code_has_a_row_with_a_thumbnail():
    page = (ROOT / "docs" / "train" / "pairs.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| .*\.\./pictures/pairs/(\w+)\.jpg\) \|$", page, re.M))
    assert rows == {code: code for code in MEANINGS}


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
