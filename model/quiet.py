"""Keep start-up messages of compiled libraries off the terminal."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from typing import TextIO

from model.errors import ArtifactError

_STDERR = 2


@contextlib.contextmanager
def held_back_stderr(shown: TextIO) -> Iterator[None]:
    """Keep what compiled libraries write to stderr, and show it only if the block fails unexpectedly.

    TensorFlow 2.21 reports on oneDNN and CUDA before it reads TF_CPP_MIN_LOG_LEVEL, so no setting keeps these lines
    from the terminal.
    """
    shown.flush()
    terminal = os.dup(_STDERR)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), _STDERR)
        try:
            yield
        except ArtifactError:
            raise  # reports by itself
        except BaseException:
            held.seek(0)
            os.write(terminal, held.read())
            raise
        finally:
            os.dup2(terminal, _STDERR)
            os.close(terminal)
