"""The pages paint before TensorFlow: nothing that they import may import it."""

from __future__ import annotations

import subprocess
import sys

from app.settings import ROOT

_CODE = """
import sys
import app.app_pages.performance, app.app_pages.predict
slow = {"tensorflow", "keras", "scipy", "sklearn", "tf_keras_vis"} & set(sys.modules)
assert not slow, slow
"""


def test_importing_both_pages_imports_neither_tensorflow_nor_keras() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CODE], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
