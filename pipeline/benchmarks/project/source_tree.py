"""The project's modules as syntax trees, and the imports between them."""

from __future__ import annotations

import ast
import io
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("data", "model_code", "components", "pipeline", "kubeflow")
"""The packages in the order of the rule of imports: each may import only those before it."""

Graph = Mapping[str, frozenset[str]]
"""Imported names by importing name."""


@dataclass(frozen=True, slots=True)
class SourceModule:
    """A Python file of one of the packages.

    Attributes:
        name: Dotted name, such as `data.image.codec.files`.
        path: Path below the root of the tree.
        text: Source text.
        tree: Syntax tree.
    """

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """The package that it belongs to."""
        return self.name.partition(".")[0]

    @property
    def lines(self) -> int:
        """Number of lines."""
        return len(self.text.splitlines())


@contextmanager
def source_root(folder_or_revision: str) -> Iterator[Path]:
    """Yields the root of a source tree.

    Args:
        folder_or_revision: A folder with a checkout; or a git revision, which is extracted into a temporary folder.

    Raises:
        ValueError: It is neither.
    """
    if Path(folder_or_revision).is_dir():
        yield Path(folder_or_revision)
        return
    archive = subprocess.run(["git", "archive", folder_or_revision, *PACKAGES], capture_output=True, check=False)
    if archive.returncode != 0:
        raise ValueError(f"{folder_or_revision}: neither a folder nor a git revision")
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(archive.stdout)) as files:
        files.extractall(folder, filter="data")
        yield Path(folder)


def read_modules(root: Path) -> list[SourceModule]:
    """Parses the modules of all packages below a root, in the order of their paths."""
    paths = sorted(path for package in PACKAGES for path in (root / package).rglob("*.py"))
    return [_read(path, root) for path in paths]


def _read(path: Path, root: Path) -> SourceModule:
    below = path.relative_to(root)
    parts = below.parent.parts if below.stem == "__init__" else below.with_suffix("").parts
    text = path.read_text(encoding="utf-8")
    return SourceModule(".".join(parts), below, text, ast.parse(text))


def import_graph(modules: Sequence[SourceModule]) -> Graph:
    """Returns the modules that each module imports, imports inside functions included.

    Imports under `if TYPE_CHECKING` are left out, as they never run.
    """
    names = frozenset(module.name for module in modules)
    return {module.name: frozenset(_imports(module, names)) - {module.name} for module in modules}


def _imports(module: SourceModule, names: frozenset[str]) -> Iterator[str]:
    for node in _executed(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            # `from package import module` imports the module; `from module import name` the module it comes from.
            for alias in node.names:
                yield from ({f"{node.module}.{alias.name}"} & names) or ({node.module} & names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in names)


def _executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Yields all nodes but those under `if TYPE_CHECKING`."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        yield node
        yield from _executed(node)


def package_graph(graph: Graph) -> Graph:
    """Returns the packages that each package imports."""
    edges = package_imports(graph)
    return {package: frozenset(to for start, to in edges if start == package) for package in PACKAGES}


def package_imports(graph: Graph) -> dict[tuple[str, str], int]:
    """Returns the number of imports between packages: pairs of an importing and an imported module."""
    counts: dict[tuple[str, str], int] = {}
    for name, imported in graph.items():
        for other in imported:
            edge = (name.partition(".")[0], other.partition(".")[0])
            if edge[0] != edge[1]:
                counts[edge] = counts.get(edge, 0) + 1
    return counts


def circles(graph: Graph) -> list[list[str]]:
    """Returns the sets of two or more names that reach each other, as sorted lists.

    These are the strongly connected components of the graph.
    """
    reached = {name: _reachable(name, graph) for name in graph}
    groups = {tuple(sorted(other for other in reached[name] if name in reached.get(other, ()))) for name in graph}
    return sorted(list(group) for group in groups if len(group) > 1)


def _reachable(name: str, graph: Graph) -> frozenset[str]:
    """Returns all names that an import of this one leads to."""
    seen: set[str] = set()
    waiting = list(graph.get(name, ()))
    while waiting:
        other = waiting.pop()
        if other not in seen:
            seen.add(other)
            waiting.extend(graph.get(other, ()))
    return frozenset(seen)
