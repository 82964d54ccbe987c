"""What is trained here is trained narrow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.narrow import narrow_networks


@pytest.fixture(scope="module", autouse=True)
def narrow() -> Iterator[None]:
    """Networks of few channels, before any fixture of the module builds one."""
    with narrow_networks():
        yield
