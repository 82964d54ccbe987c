"""What is trained here is trained narrow, and evaluated with fewer resamples than in earnest."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.narrow import narrow_networks


@pytest.fixture(scope="module", autouse=True)
def narrow() -> Iterator[None]:
    """Networks of few channels, before any fixture of the module builds one."""
    with narrow_networks(), pytest.MonkeyPatch.context() as patched:
        patched.setattr("model.evaluation.REPEATS", 200)
        patched.setattr("training.operating_points.REPEATS", 200)
        yield
