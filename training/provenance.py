"""Where an artifact comes from: versions, revision, time."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = (
    "keras",
    "tensorflow",
    "jax",
    "torch",
    "numpy",
    "opencv-python-headless",
    "pillow",
    "scikit-learn",
)


def versions() -> dict[str, str]:
    """Versions of Python, the Keras backend and the installed libraries."""
    import keras  # slow, and every command imports this module

    found = {"python": platform.python_version(), "keras_backend": keras.backend.backend()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue  # the other backends need not be installed
    return found


def git_revision() -> str:
    """Revision of the code, with "+changes" if the tree differs from it.

    The variable CXR_REVISION gives the revision where the tree has no git history.
    """
    git = shutil.which("git")
    told = os.environ.get("CXR_REVISION", "")
    if told or git is None or not (ROOT / ".git").exists():
        return told or "unknown"

    def ask(*arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 - git, with fixed arguments
            [git, "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    revision = ask("rev-parse", "HEAD") or "unknown"
    changed = ask("status", "--porcelain", "--", "model", "training", ":!model/pretrained")
    return f"{revision}+changes" if changed else revision


def now() -> datetime:
    """The time, UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)
