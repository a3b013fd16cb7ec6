"""Metrics of syntax trees: lengths of functions, uses of `Any`, docstrings that miss a section, duplicated blocks."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence

from pipeline.benchmarks.project.source_tree import SourceModule

Definition = ast.FunctionDef | ast.AsyncFunctionDef

BLOCK_LINES = 6
"""Lines of code, without blanks, comments and imports, from which an equal block counts as duplicated."""

_SECTIONS = ("docstring", "Args", "Returns", "Raises")


def function_lengths(modules: Sequence[SourceModule]) -> list[int]:
    """Returns the length of each function in lines, without decorators and docstring, in ascending order."""
    functions = (node for module in modules for node in ast.walk(module.tree) if isinstance(node, Definition))
    return sorted(_length(function) for function in functions)


def _length(function: Definition) -> int:
    length = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return length
    docstring = function.body[0]
    return length - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def any_count(modules: Sequence[SourceModule]) -> int:
    """Returns how often `Any` is used as a type."""
    nodes = (node for module in modules for node in ast.walk(module.tree))
    return sum(isinstance(node, ast.Name) and node.id == "Any" for node in nodes)


def missing_sections(modules: Sequence[SourceModule]) -> dict[str, int]:
    """Returns the number of public functions and methods whose docstring misses a section that it needs.

    A function needs `Args` if it has parameters, `Returns` if it returns a value (a first line "Returns ..." counts), and
    `Raises` if it raises an error itself. Properties and special methods need a docstring only.

    Returns:
        Counts for "docstring" (none at all), "Args", "Returns", "Raises", and "any": definitions that miss something.
    """
    counts = dict.fromkeys((*_SECTIONS, "any"), 0)
    for module in modules:
        for function in _public_functions(module.tree):
            missing = _missing(function)
            for section in missing:
                counts[section] += 1
            counts["any"] += bool(missing)
    return counts


def _public_functions(node: ast.Module | ast.ClassDef) -> Iterator[Definition]:
    for child in node.body:
        if isinstance(child, ast.ClassDef) and not child.name.startswith("_"):
            yield from _public_functions(child)
        elif isinstance(child, Definition) and not child.name.startswith("_"):
            yield child


def _missing(function: Definition) -> list[str]:
    docstring = ast.get_docstring(function)
    if docstring is None:
        return ["docstring"]
    decorators = {getattr(node, "id", getattr(node, "attr", "")) for node in function.decorator_list}
    if decorators & {"property", "override", "overload"}:
        return []
    returns = _returns_value(function) and "contextmanager" not in decorators
    needed = {"Args": _has_parameters(function), "Returns": returns, "Raises": _raises(function)}
    return [section for section, is_needed in needed.items() if is_needed and not _has_section(docstring, section)]


def _has_section(docstring: str, section: str) -> bool:
    if section != "Returns":
        return f"{section}:" in docstring
    return docstring.startswith(("Returns", "Yields")) or "Returns:" in docstring or "Yields:" in docstring


def _has_parameters(function: Definition) -> bool:
    arguments = function.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return bool({*names} - {"self", "cls"}) or arguments.vararg is not None or arguments.kwarg is not None


def _returns_value(function: Definition) -> bool:
    returns = function.returns
    return returns is not None and not (isinstance(returns, ast.Constant) and returns.value is None)


def _raises(function: Definition) -> bool:
    return any(isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call) for node in ast.walk(function))


def duplicated_blocks(modules: Sequence[SourceModule]) -> int:
    """Returns the number of blocks of equal code in two places, each occurrence after the first counted once."""
    windows: dict[tuple[str, ...], list[tuple[int, int]]] = defaultdict(list)
    for number, module in enumerate(modules):
        lines = _code_lines(module)
        for start in range(len(lines) - BLOCK_LINES + 1):
            windows[tuple(lines[start : start + BLOCK_LINES])].append((number, start))
    repeated = sorted(place for places in windows.values() for place in places[1:])
    # Windows that follow each other by one line are one longer block.
    return sum(
        (number, start - 1) not in set(repeated[max(0, at - 1) : at]) for at, (number, start) in enumerate(repeated)
    )


def _code_lines(module: SourceModule) -> list[str]:
    """Returns the lines of code without imports, docstrings, comments and blank lines."""
    skipped: set[int] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import | ast.ImportFrom) or _is_text(node):
            skipped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))  # type: ignore[attr-defined]
    numbered = enumerate((line.strip() for line in module.text.splitlines()), start=1)
    return [line for number, line in numbered if line and not line.startswith("#") and number not in skipped]


def _is_text(node: ast.AST) -> bool:
    is_constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_constant and isinstance(node.value.value, str)  # type: ignore[attr-defined]
