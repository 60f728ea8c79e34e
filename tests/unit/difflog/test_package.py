"""What `dualwitness.difflog` offers, and what asking for it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from dualwitness import difflog


def test_every_name_that_the_package_offers_is_what_its_module_defines() -> None:
    """A lazily loaded name is the same object as the one in its own module."""
    from dualwitness.difflog import errors, records, state, store, verify

    found = {name: getattr(difflog, name) for name in difflog.__all__}
    homes = {name: getattr(module, name) for module in (errors, records, state, store) for name in module.__all__}
    homes |= {"Verdict": verify.Verdict, "verify_log": verify.verify}
    for name, value in found.items():
        assert value is homes[name]


def test_a_name_that_the_package_has_not_is_an_attribute_error() -> None:
    """A misspelt name is refused like that of any module, and `dir` lists what there is."""
    with pytest.raises(AttributeError, match="has no attribute 'Difflog'"):
        difflog.Difflog  # noqa: B018
    assert set(difflog.__all__) <= set(dir(difflog))


def test_import_of_the_package_loads_none_of_its_modules(repository: Path) -> None:
    """An import costs nothing: no module of the log, no pydantic; asking for a name loads its module (the control)."""
    program = (
        "import sys, dualwitness.difflog as package; "
        "light = [name for name in sys.modules if name.startswith(('dualwitness.difflog.', 'pydantic'))]; "
        "package.DiffLog; print(light, 'dualwitness.difflog.store' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=repository, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True"
