"""What was measured of a model, read once for all sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app.services.model import Fingerprint, fingerprint
from model.records.measured import FILES, Measured, read_measured

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path) -> Measured:
    """Everything that was measured of the model in a folder, read again when a file changes; needs no TensorFlow.

    Returns:
        Shared by all sessions and not to be changed. A file that is missing or damaged leaves its part None.

    Raises:
        ArtifactError: if there is no usable manifest.
    """
    return _read(folder, fingerprint(folder, FILES))


# The model in use, and those that it is compared with.
@st.cache_resource(max_entries=16, show_spinner=False)
def _read(folder: Path, files: Fingerprint) -> Measured:  # noqa: ARG001 - part of the cache's key
    return read_measured(folder)
