"""The app in a process of its own, on a free loopback port."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect

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
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app/main.py", "--server.port", str(port)]
    model = {} if model_dir is None else {"CXR_MODEL_DIR": str(model_dir)}
    with log.open("wb") as stream:
        process = subprocess.Popen(command, cwd=root, env=os.environ | model, stdout=stream, stderr=stream)
        try:
            _wait_for(port, process)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def settled(page: Page) -> None:
    """Wait until the page has been drawn to its end.

    A download that is made when it is clicked has another name after each run: clicked while one is under way, the
    browser would ask for a name that is gone.
    """
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning", timeout=30_000)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        assert process.poll() is None, "The server ended; see its log in the test's folder."
        try:
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=1)) as connection:
                connection.request("GET", "/_stcore/health")
                if connection.getresponse().status == 200:
                    return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("The server did not answer within 30 s.")
