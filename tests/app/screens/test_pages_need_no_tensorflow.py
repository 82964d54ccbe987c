"""Pages paint before TensorFlow: nothing that they import may import it."""

from __future__ import annotations

import subprocess
import sys

from app.settings import ROOT

PAGES = ("predict", "worklist", "performance", "how_it_works", "about")

_CODE = f"""
import sys
import {", ".join(f"app.screens.{page}.page" for page in PAGES)}
slow = {{"tensorflow", "keras", "sklearn", "tf_keras_vis"}} & set(sys.modules)
assert not slow, slow
"""


def test_importing_the_pages_imports_nothing_slow() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _CODE], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
