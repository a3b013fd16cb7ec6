"""Private names of TFX, TFMA and Beam stand in one module each."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PRIVATE = {
    "beam_internals.py": re.compile(r"apache_beam\.transforms$"),
    "tfx_internals.py": re.compile(r"tfx\.(?!v1\b)"),
    "tfma_internals.py": re.compile(r"tensorflow_model_analysis\.(constants|metrics|proto)\b"),
}


def _imports(file):
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)


@pytest.mark.parametrize("internals", PRIVATE)
def test_private_names_are_imported_in_one_module(internals):
    files = [file for folder in ("data", "model_code", "components", "pipeline", "kubeflow", "tests")
             for file in (ROOT / folder).rglob("*.py")]  # fmt: skip
    users = {file.name for file in files if any(PRIVATE[internals].match(name) for name in _imports(file))}
    assert users == {internals}
