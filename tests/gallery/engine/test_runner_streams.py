"""What the runner knows of a tab before it runs."""

from __future__ import annotations

import ast
import inspect
import textwrap

import pytest

from gallery.engine.catalog import Entry
from gallery.engine.runner import streams
from gallery.page import Tab
from tests.conftest import every_tab


@pytest.mark.parametrize(("entry", "tab"), every_tab())
def test_a_tab_streams_when_its_code_says_so(entry: Entry, tab: type[Tab]) -> None:
    """The annotation is read as text or as a type; the source has it as it is written."""
    written = ast.parse(textwrap.dedent(inspect.getsource(tab.compute))).body[0]
    assert isinstance(written, ast.FunctionDef)
    assert streams(tab) == (written.returns is not None and "Iterator" in ast.unparse(written.returns))
