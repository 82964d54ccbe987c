"""Decode the DICOM files that come with pydicom, and list what each gives: `python -m tests.conformance`.

They are images of all kinds, most of them no chest radiographs: what counts is whether they are decoded, or refused for
a reason that is true.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import pydicom.data

from model.scoring import prepare

FILES = Path(pydicom.data.__file__).parent / "test_files"
"""Also folders of file sets; other data than DICOM are left out by their suffix."""
SUFFIXES = ("", ".dcm", ".dicom")


def outcomes() -> dict[str, tuple[str, str]]:
    """By file: "ok", "rejected" or "error", and the reason."""
    paths = sorted(path for path in FILES.rglob("*") if path.is_file() and path.suffix.lower() in SUFFIXES)
    results = ((path, prepare(path, path.name, thumbnail=False).result) for path in paths)
    return {path.relative_to(FILES).as_posix(): (result.status, result.message) for path, result in results}


def main() -> None:
    """Print one line a file, and the counts."""
    found = outcomes()
    for name, (status, reason) in found.items():
        sys.stdout.write(f"{status:8}  {name}  {reason}\n")
    counts = Counter(status for status, _ in found.values())
    sys.stdout.write(f"{len(found)} files: {', '.join(f'{number} {status}' for status, number in counts.items())}\n")


if __name__ == "__main__":
    main()
