"""The app in a process of its own, on a free loopback port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

from app.settings import ROOT

CHROMIUM = Path("/usr/bin/chromium")


@contextmanager
def served(log: Path, *, model_dir: Path | None = None, root: Path = ROOT) -> Iterator[str]:
    """Start the app and wait until it answers.

    Args:
        log: where its output goes.
        model_dir: the artifact; the shipped one if None.
        root: the checkout that is served.

    Yields:
        Its address.
    """
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(port)]
    model = {} if model_dir is None else {"CXR_MODEL_DIR": str(model_dir)}
    with running(command, f"http://127.0.0.1:{port}/_stcore/health", log, env=os.environ | model, cwd=root):
        yield f"http://127.0.0.1:{port}"


def free_port() -> int:
    """A port of loopback that nothing listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def running(command: list[str], url: str, log: Path, *, env: dict[str, str], cwd: Path) -> Iterator[None]:
    """A server in a process of its own.

    Args:
        command: that starts it.
        url: that answers once it is ready.
        log: where its output goes.
        env: its environment.
        cwd: the folder that it is started in.
    """
    deadline = time.monotonic() + 30
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=cwd, env=env, stdout=stream, stderr=stream)
        try:
            while not _answers(url):
                assert process.poll() is None, f"The server ended; see {log}."
                assert time.monotonic() < deadline, "The server did not answer within 30 s."
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            process.wait(timeout=20)


def _answers(url: str) -> bool:
    try:
        return bool(urlopen(url, timeout=1).status == 200)  # noqa: S310 - our own server
    except OSError:
        return False
