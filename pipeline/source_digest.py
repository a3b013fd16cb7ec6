"""Digests of the project's own sources, so that an edit re-runs exactly the components whose result depends on it.

TFX's cache key of an execution holds its inputs and parameters, and of the code at most the `module_file` itself: an edit in a
module that an executor imports would silently reuse a stale result. `create_pipeline` therefore gives each component the
digest of its modules as a parameter.

A component depends on a module if its executor imports it, directly or through other modules of the project, at the top of a
file or within a function. Comments, docstrings and formatting do not count, nor do imports for type checkers alone.
"""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PACKAGES = ("data", "model_code", "components", "pipeline", "kubeflow")
ROOT = Path(__file__).resolve().parents[1]
"""The folder that holds the packages: a checkout, or where they are installed."""


def source_digest(*modules: str, root: Path = ROOT) -> str:
    """Returns the SHA-256 of the code of modules and of all of the project that they import.

    Args:
        modules: Dotted names, such as `components.gate.executor`. A module that a process runs by its name (`python -m`) is
            imported by nobody and has to be named too.
        root: The folder that holds the packages.

    Raises:
        ModuleNotFoundError: The project has no such module.

    Example:
        >>> source_digest("data.errors") == source_digest("data.features")
        False
    """
    digest = hashlib.sha256()
    for name in sorted(dependencies(*modules, root=root)):
        digest.update(f"{name} {_source(name, root).digest}\n".encode())
    return digest.hexdigest()


def dependencies(*modules: str, root: Path = ROOT) -> frozenset[str]:
    """Returns the names of modules and of all modules of the project that they import, directly or not.

    Args:
        modules: Dotted names.
        root: The folder that holds the packages.

    Raises:
        ModuleNotFoundError: The project has no such module.
    """
    reached: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        waiting += [imported for imported in _source(name, root).imports if _file_of(imported, root)]
        if "." in name:
            waiting.append(name.rpartition(".")[0])  # importing a module runs its package's __init__.py first
    return frozenset(reached)


def file_digest(path: Path) -> str:
    """Returns the SHA-256 of a file's bytes, for what a component reads that is not Python, such as a schema."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def _file_of(module: str, root: Path) -> Path | None:
    """Returns the file of a module of the project, None where the name is not one."""
    if module.partition(".")[0] not in PACKAGES:
        return None
    path = root.joinpath(*module.split("."))
    for candidate in (path.with_suffix(".py"), path / "__init__.py"):
        if candidate.is_file():
            return candidate
    return None


@dataclass(frozen=True, slots=True)
class _Source:
    """A module's source: the dotted names that it may import, and the digest of what it executes."""

    imports: tuple[str, ...]
    digest: str


def _source(module: str, root: Path) -> _Source:
    file = _file_of(module, root)
    if file is None:
        raise ModuleNotFoundError(f"{module}: no module of this project, looked for in {root}")
    return _parsed(file, file.stat().st_mtime_ns)


@cache
def _parsed(file: Path, modified: int) -> _Source:  # noqa: ARG001 - the time of the last change is part of the cache's key
    tree = ast.parse(file.read_bytes())
    imports = _ImportVisitor()
    imports.visit(tree)
    code = ast.dump(_WithoutTexts().visit(tree), annotate_fields=False)
    return _Source(tuple(imports.names), hashlib.sha256(code.encode()).hexdigest())


class _ImportVisitor(ast.NodeVisitor):
    """Collects every dotted name that may be an imported module."""

    def __init__(self) -> None:
        self.names: list[str] = []

    def visit_Import(self, node: ast.Import) -> None:  # noqa: N802 - the name is ast's
        self.names += [alias.name for alias in node.names]

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:  # noqa: N802
        if node.module and not node.level:
            self.names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]

    def visit_If(self, node: ast.If) -> None:  # noqa: N802
        names = {part.id for part in ast.walk(node.test) if isinstance(part, ast.Name)}
        for statement in node.orelse if "TYPE_CHECKING" in names else [*node.body, *node.orelse]:
            self.visit(statement)


class _WithoutTexts(ast.NodeTransformer):
    """Removes statements that are only a text: docstrings, also those of attributes."""

    def visit_Expr(self, node: ast.Expr) -> ast.Expr | None:  # noqa: N802
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if is_text else node
