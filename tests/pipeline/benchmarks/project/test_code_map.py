"""The map of a small source tree."""

import subprocess

import pytest

from pipeline.benchmarks.project.code_map import map_modules, tables
from pipeline.benchmarks.project.source_tree import read_modules, source_root

FILES = {
    "data/one.py": 'from data import two\n\n\ndef read(path):\n    """Reads."""\n    return two\n',
    "data/two.py": "from typing import Any\n\n\ndef late() -> Any:\n    from data.one import read\n\n    return read\n",
    "model_code/net.py": "import data.one\nfrom pipeline import run\n",
    "pipeline/run.py": "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import model_code.net\n",
}


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_imports_circles_and_lengths_are_counted(root):
    code = map_modules(read_modules(root))
    assert code.files == {"data": 2, "model_code": 1, "pipeline": 1}
    assert code.longest["data/two.py"] == 7
    assert code.imports == {"model_code -> data": 1, "model_code -> pipeline": 1}
    assert code.module_circles == [["data.one", "data.two"]]
    assert code.package_circles == []
    assert (code.functions, code.median_length, code.any_count) == (2, 3, 1)


def test_an_upward_import_is_marked(root):
    (line,) = (
        line for line in tables(map_modules(read_modules(root))).splitlines() if "model_code -> pipeline" in line
    )
    assert "against the rule" in line


def test_a_docstring_needs_the_sections_of_its_function(root):
    code = map_modules(read_modules(root))
    # `read` has a parameter and no Args; `late` has no docstring.
    assert code.missing_sections == {"docstring": 1, "Args": 1, "Returns": 0, "Raises": 0, "any": 2}


def test_a_repeated_block_counts_once_for_each_further_place(root):
    block = "\n".join(f"value_{number} = {number}" for number in range(9)) + "\n"
    for name in ("a", "b", "c"):
        (root / "data" / f"{name}.py").write_text(f"{name} = 0\n{block}")
    assert map_modules(read_modules(root)).duplicated_blocks == 2


def test_a_revision_is_read_from_git(root, monkeypatch):
    monkeypatch.chdir(root)
    for package in ("components", "kubeflow"):
        (root / package).mkdir()
        (root / package / "__init__.py").write_text("")
    for command in (
        ["init", "-q"],
        ["add", "."],
        ["-c", "user.name=a", "-c", "user.email=a@b.c", "commit", "-qm", "all"],
    ):
        subprocess.run(["git", *command], check=True)
    (root / "data" / "one.py").write_text("")
    with source_root("HEAD") as extracted:
        assert (extracted / "data" / "one.py").read_text() == FILES["data/one.py"]
    with pytest.raises(ValueError, match="neither a folder nor a git revision"), source_root("no-such"):
        pass
