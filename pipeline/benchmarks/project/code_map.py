"""Measures the source tree: sizes, imports, circles, lengths of functions, docstrings, duplicated blocks.

    python -m pipeline.benchmarks.project.code_map [FOLDER_OR_GIT_REVISION] [--json FILE]

Maps a checkout (default: the current folder) or a git revision of it, by the syntax trees alone. Lengths of functions are
without decorators and docstrings. Imports inside functions count; those under `if TYPE_CHECKING` do not.
"""

from __future__ import annotations

import argparse
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from pipeline.benchmarks.common import command_line, table, write_result
from pipeline.benchmarks.project import code_metrics
from pipeline.benchmarks.project.source_tree import (
    PACKAGES,
    SourceModule,
    circles,
    import_graph,
    package_graph,
    package_imports,
    read_modules,
    source_root,
)

_LONGEST = 10
_DOCUMENTED = ("data", "model_code", "components")


@dataclass(frozen=True, slots=True)
class CodeMap:
    """Measurements of a source tree.

    Attributes:
        files: Number of files by folder.
        lines: Number of lines by folder.
        longest: The longest files and their lines, the longest first.
        imports: Number of imports between packages, as "importing -> imported".
        module_circles: Modules that import each other, in sets.
        package_circles: Packages that import each other, in sets.
        functions: Number of functions.
        median_length: Median length of functions in lines.
        length_90: 90th percentile of the length of functions in lines.
        any_count: Uses of the type `Any`.
        missing_sections: Public definitions of data, model_code and components whose docstring misses a section, by section.
        duplicated_blocks: Number of repeated blocks of code.
    """

    files: dict[str, int]
    lines: dict[str, int]
    longest: dict[str, int]
    imports: dict[str, int]
    module_circles: list[list[str]]
    package_circles: list[list[str]]
    functions: int
    median_length: float
    length_90: float
    any_count: int
    missing_sections: dict[str, int]
    duplicated_blocks: int


def map_modules(modules: Sequence[SourceModule]) -> CodeMap:
    """Measures modules.

    Args:
        modules: At least one module with functions.
    """
    graph = import_graph(modules)
    counts = package_imports(graph)
    lengths = code_metrics.function_lengths(modules)
    by_length = sorted(modules, key=lambda module: -module.lines)
    lines: Counter[str] = Counter()
    for module in modules:
        lines[_folder(module)] += module.lines
    return CodeMap(
        files=dict(Counter(_folder(module) for module in modules)),
        lines=dict(lines),
        longest={str(module.path): module.lines for module in by_length[:_LONGEST]},
        imports={f"{start} -> {to}": count for (start, to), count in sorted(counts.items(), key=_by_rule)},
        module_circles=circles(graph),
        package_circles=circles(package_graph(graph)),
        functions=len(lengths),
        median_length=statistics.median(lengths),
        length_90=statistics.quantiles(lengths, n=10)[-1],
        any_count=code_metrics.any_count(modules),
        missing_sections=code_metrics.missing_sections([one for one in modules if one.package in _DOCUMENTED]),
        duplicated_blocks=code_metrics.duplicated_blocks(modules),
    )


def _folder(module: SourceModule) -> str:
    return module.path.parent.as_posix()


def _by_rule(item: tuple[tuple[str, str], int]) -> tuple[int, int]:
    (start, to), _ = item
    return PACKAGES.index(start), PACKAGES.index(to)


def _is_upward(edge: str) -> bool:
    start, to = edge.split(" -> ")
    return PACKAGES.index(to) > PACKAGES.index(start)


def tables(code: CodeMap) -> str:
    """Returns a map as Markdown tables."""
    folders = [(folder, code.files[folder], code.lines[folder]) for folder in code.files]
    total = ("all", sum(code.files.values()), sum(code.lines.values()))
    edges = [(edge, count, "against the rule" if _is_upward(edge) else "") for edge, count in code.imports.items()]
    missing = ", ".join(f"{name} {count}" for name, count in code.missing_sections.items() if name != "any")
    figures = [
        ("functions", code.functions),
        ("median length of functions, lines", code.median_length),
        ("90th percentile", code.length_90),
        ("uses of Any", code.any_count),
        ("import circles between modules", _listed(code.module_circles)),
        ("import circles between packages", _listed(code.package_circles)),
        (f"repeated blocks of {code_metrics.BLOCK_LINES} or more lines", code.duplicated_blocks),
        ("public definitions with an incomplete docstring", f"{code.missing_sections['any']} (without {missing})"),
    ]
    return "\n\n".join(
        (
            table(("folder", "files", "lines"), [*folders, total]),
            table(("longest files", "lines"), list(code.longest.items())),
            table(("imports between packages", "imports", "rule of imports"), edges),
            table(("figure", "value"), figures),
        )
    )


def _listed(groups: Sequence[Sequence[str]]) -> str:
    return "; ".join(", ".join(group) for group in groups) or "none"


def _options() -> argparse.Namespace:
    parser = command_line(__doc__)
    parser.add_argument(
        "tree", nargs="?", default=".", metavar="FOLDER_OR_GIT_REVISION", help="a checkout or a revision; default: ."
    )
    return parser.parse_args()


def main() -> None:
    """Prints the map of a source tree."""
    options = _options()
    with source_root(options.tree) as root:
        code = map_modules(read_modules(root))
    print(tables(code))
    write_result(options.json, asdict(code))


if __name__ == "__main__":
    main()
