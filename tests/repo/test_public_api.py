"""The public surface: `__all__` is there, sorted, complete and true in every package and module."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path
from types import ModuleType

import pytest

PACKAGES = ("alignment", "config", "difflog", "models", "risk", "venues")


def sorting_key(name: str) -> tuple[int, str]:
    """Constants, then classes, then the rest: the order of ruff's RUF022."""
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def modules_of(repository: Path) -> list[Path]:
    """Every shipped module that can be imported by name."""
    files = (path for package in PACKAGES for path in (repository / package).rglob("*.py"))
    return sorted(path for path in files if path.name != "__main__.py")


def declared_names(tree: ast.Module) -> list[str] | None:
    """The literal value of `__all__`."""
    for node in tree.body:
        if isinstance(node, ast.Assign):
            target = node.targets[0]
        elif isinstance(node, ast.AnnAssign):
            target = node.target
        else:
            continue
        if isinstance(target, ast.Name) and target.id == "__all__" and node.value is not None:
            names: list[str] = ast.literal_eval(node.value)
            return names
    return None


def defined_names(tree: ast.Module) -> set[str]:
    """Public functions and classes of a module."""
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
    return {node.name for node in tree.body if isinstance(node, kinds) and not node.name.startswith("_")}


def test_every_module_declares_its_public_names_sorted_and_complete(repository: Path) -> None:
    """`__all__` of each module is sorted and holds every public function and class that is defined there."""
    wrong = []
    for path in modules_of(repository):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = declared_names(tree)
        only_a_docstring = len(tree.body) <= 2 and path.name == "__init__.py"
        if names is None and only_a_docstring:
            continue
        if names is None or names != sorted(names, key=sorting_key) or not defined_names(tree) <= set(names):
            wrong.append(path.relative_to(repository).as_posix())
    assert wrong == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_exports_exactly_what_it_declares(package: str) -> None:
    """A package's `__all__` equals its public names, and each of them can be imported."""
    module = importlib.import_module(f"dualwitness.{package}")
    offered = {
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and not isinstance(value, ModuleType) and name != "annotations"
    }
    lazy = set(module.__all__) - offered
    assert offered <= set(module.__all__)
    for name in sorted(lazy):
        assert getattr(module, name) is not None


def test_compare_is_defined_in_exactly_one_place(repository: Path) -> None:
    """Whoever looks for the function that compares two venues finds one."""
    hits = [
        path.relative_to(repository).as_posix()
        for path in modules_of(repository)
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.lstrip().startswith("def compare(")
    ]
    assert hits == ["alignment/compare.py"]
