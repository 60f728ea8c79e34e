"""Money never passes through a float."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGES = ("alignment", "config", "difflog", "models", "risk", "venues")

# "<file>::<function>" -> why a float is right there. An entry that is not needed fails the test.
ALLOWED: dict[str, str] = {}


def float_calls(path: Path, name: str) -> set[str]:
    """Every function of a file that calls `float`, as "<file>::<function>"."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            around = [each for each in functions if each.lineno <= node.lineno <= (each.end_lineno or 0)]
            found.add(f"{name}::{around[-1].name if around else 'module'}")
    return found


def test_product_code_converts_nothing_to_float(repository: Path) -> None:
    """`float(` is called nowhere but in the places named here."""
    files = (path for package in PACKAGES for path in (repository / package).rglob("*.py"))
    found = {call for path in files for call in float_calls(path, path.relative_to(repository).as_posix())}
    assert found == set(ALLOWED)


def test_a_planted_float_call_is_found(tmp_path: Path) -> None:
    """The search can fail: one call inside a function is named with it."""
    path = tmp_path / "price.py"
    path.write_text("def price_of(text):\n    return float(text)\n", encoding="utf-8")
    assert float_calls(path, "price.py") == {"price.py::price_of"}
