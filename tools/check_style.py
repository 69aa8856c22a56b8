"""Holds lengths and names: files, functions, and one noun per file in the rooms."""

import ast
import re
import statistics
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.places import ROOT

PACKAGES = ("api", "deploy", "donor_management", "embedded", "stripe_sim", "tools", "tests")
NOUN_ROOMS = ("api/models", "api/serializers", "api/views", "api/services")
FILE_LINES = 400
FUNCTION_LINES = 80
MEDIAN_LINES = 8
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc", "part2"}


@dataclass(frozen=True)
class Function:
    """A function and how long it is, its docstring apart."""

    place: str
    lines: int


def main() -> int:
    """Print the numbers and every breach; 1 when there is a breach."""
    files = sorted(path for package in PACKAGES for path in _sources(ROOT / package))
    functions = [function for path in files for function in _functions(path)]
    breaches = [*_long_files(files), *_long_functions(functions), *_nouns(files)]
    for breach in breaches:
        print(breach)
    lengths = sorted(function.lines for function in functions)
    p90 = lengths[len(lengths) * 9 // 10]
    print(
        f"{len(files)} files, {len(functions)} functions: median {statistics.median(lengths):g} "
        f"lines, p90 {p90}, longest {lengths[-1]}; {len(breaches)} breaches"
    )
    return 1 if breaches else 0


def _sources(folder: Path) -> Iterator[Path]:
    """Our Python files; migrations are Django's writing."""
    return (path for path in folder.rglob("*.py") if "migrations" not in path.parts)


def _functions(path: Path) -> Iterator[Function]:
    for found in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(found, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Function(f"{_name(path)}:{found.lineno} {found.name}", _length(found))


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without the docstring: a promise written out is no fault."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def _long_files(files: list[Path]) -> Iterator[str]:
    for path in files:
        count = len(path.read_text(encoding="utf-8").splitlines())
        if count > FILE_LINES:
            yield f"{_name(path)}: {count} lines, at most {FILE_LINES}"


def _long_functions(functions: list[Function]) -> Iterator[str]:
    for function in functions:
        if function.lines > FUNCTION_LINES:
            yield f"{function.place}: {function.lines} lines, at most {FUNCTION_LINES}"
    median = statistics.median(function.lines for function in functions)
    if median > MEDIAN_LINES:
        yield f"The median function has {median:g} lines, at most {MEDIAN_LINES}"


def nouns_read() -> set[str]:
    """The nouns that docs/nouns.md lists."""
    text = (ROOT / "docs" / "nouns.md").read_text(encoding="utf-8")
    return set(re.findall(r"^- `([a-z_]+)`", text, re.MULTILINE))


def _nouns(files: list[Path]) -> Iterator[str]:
    """A file in a room is called by a noun, or by a noun and what part of it it holds."""
    nouns = nouns_read()
    rooms = {ROOT / room for room in NOUN_ROOMS}
    for path in files:
        if path.stem in FORBIDDEN_NAMES:
            yield f"{_name(path)}: name it by its noun"
        if path.parent in rooms and path.stem != "__init__" and path.stem not in nouns:
            yield f"{_name(path)}: `{path.stem}` is not in docs/nouns.md"


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


if __name__ == "__main__":
    sys.exit(main())
