"""How fast the queue is, and how free it leaves the other threads: `python -m tests.benchmarks.intake [FILES]`."""

from __future__ import annotations

import io
import sys
import threading
import time
import zipfile

from app.intake.queue import ScoringQueue
from model.artifact import PRETRAINED
from model.intake.archive import take
from model.intake.limits import NamedFile
from model.predictor import Predictor
from tests.benchmarks.timing import begin, logger, made_jpegs, tell, timed


def main(number: int) -> None:
    """Files in one ZIP archive, as dropped on the Worklist."""
    begin()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for index, data in enumerate(made_jpegs(number)):
            archive.writestr(f"{index}.jpeg", data)
    predictor = Predictor.load(PRETRAINED)
    predictor.warm()
    started, cpu = time.perf_counter(), time.process_time()
    intake = take([NamedFile("made.zip", file.getvalue())])
    unpacked = time.perf_counter() - started
    queue, late, stop = ScoringQueue(), list[float](), threading.Event()

    def beat() -> None:
        while not stop.is_set():
            late.append(timed(lambda: time.sleep(0.01)) - 10)

    pulse = threading.Thread(target=beat)
    pulse.start()
    job = queue.submit(intake.files, predictor, owner="benchmark")
    while not job.snapshot().is_finished:
        time.sleep(0.25)
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    stop.set()
    pulse.join()
    results = job.snapshot().results
    statuses = {status: sum(one.status == status for one in results) for status in ("ok", "rejected", "error")}
    logger.info(
        "%d files, %s: %.1f s (%.1f s to unpack), %.0f ms of processor time a file",
        len(results), statuses, wall, unpacked, 1e3 * cpu / len(results),
    )  # fmt: skip
    tell("another thread wakes late by", late)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
