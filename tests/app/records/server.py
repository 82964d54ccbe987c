"""A PostgreSQL server of our own for the tests, on a Unix socket, from the packages of the system."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LIBRARY = Path("/usr/lib/postgresql")


def programs() -> Path | None:
    """The folder of the newest `initdb` and `pg_ctl`, or None where PostgreSQL is not installed."""
    found = sorted(LIBRARY.glob("*/bin/initdb"), key=lambda path: float(path.parent.parent.name))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


@contextmanager
def served(programs: Path) -> Iterator[Path]:
    """Run a server.

    Args:
        programs: folder of `initdb` and `pg_ctl`.

    Yields:
        The folder of its socket; its user is "tester", without a password.
    """
    # Short, since the path of a socket has at most 107 characters; open, since the server is not run by root.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    as_user = []
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    data, control = folder / "data", [*as_user, str(programs / "pg_ctl"), "-D", str(folder / "data"), "-w", "-t", "60"]
    # Nothing here has to survive a power cut.
    options = f"-c listen_addresses= -c fsync=off -c max_connections=40 -c shared_buffers=16MB -k {folder}"
    try:
        make = [str(programs / "initdb"), "-D", str(data), "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-locale"]
        _run([*as_user, *make, "--no-sync"], folder)
        _run([*control, "-l", str(folder / "log"), "-o", options, "start"], folder)
        try:
            yield folder
        finally:
            _run([*control, "-m", "immediate", "stop"], folder)
    finally:
        shutil.rmtree(folder)


def _run(command: list[str], folder: Path) -> None:
    # The server goes on after pg_ctl and would hold a pipe open: what it says goes to a file.
    with tempfile.TemporaryFile("w+") as said:
        done = subprocess.run(command, stdout=said, stderr=said, cwd=folder, timeout=120, check=False)
        said.seek(0)
        assert done.returncode == 0, said.read()
