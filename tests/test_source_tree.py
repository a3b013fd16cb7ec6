"""Rules of the source tree that no linter holds: short files, small folders, whole docstrings."""

from collections import Counter
from pathlib import Path

from pipeline.benchmarks.project.code_metrics import missing_sections
from pipeline.benchmarks.project.source_tree import PACKAGES, read_modules

ROOT = Path(__file__).resolve().parents[1]
MODULES = read_modules(ROOT)
LONGEST_FILE = 300  # lines
LARGEST_FOLDER = 15  # modules, __init__ among them


def test_no_file_is_long():
    assert {str(one.path): one.lines for one in MODULES if one.lines > LONGEST_FILE} == {}


def test_no_folder_of_code_is_crowded():
    files = (path for package in (*PACKAGES, "docs", "tests") for path in (ROOT / package).rglob("*.py"))
    folders = Counter(path.parent.relative_to(ROOT) for path in files)
    assert {str(folder): files for folder, files in folders.items() if files > LARGEST_FOLDER} == {}


def test_public_definitions_have_whole_docstrings():
    documented = [one for one in MODULES if one.package in ("data", "model_code", "components")]
    assert missing_sections(documented) == {"docstring": 0, "Args": 0, "Returns": 0, "Raises": 0, "any": 0}
