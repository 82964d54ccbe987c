"""How fast the queue is, and how free it leaves the other threads: `python -m tests.app.intake.benchmark [FILES]`.

The files are JPEGs of 1,000 to 1,500 pixels a side, made from the samples of the page, in one ZIP archive.
"""

from __future__ import annotations

import io
import sys
import threading
import time
import zipfile

import cv2
import numpy as np
from PIL import Image

from app.intake.archive import take
from app.intake.limits import NamedFile
from app.intake.queue import ScoringQueue
from app.settings import SAMPLES
from model.artifact import PRETRAINED
from model.predictor import Predictor


def made_archive(number: int) -> bytes:
    samples = [np.asarray(Image.open(path)) for path in sorted(SAMPLES.glob("*.png"))]
    random = np.random.default_rng(1)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for index in range(number):
            width, height = (int(side) for side in random.integers(1000, 1500, 2))
            large = cv2.resize(samples[index % len(samples)], (width, height), interpolation=cv2.INTER_CUBIC)
            grainy = np.clip(large + random.normal(0, 3, large.shape), 0, 255).astype(np.uint8)
            picture = io.BytesIO()
            Image.fromarray(grainy).save(picture, "JPEG", quality=92)
            archive.writestr(f"{index}.jpeg", picture.getvalue())
    return file.getvalue()


def main() -> None:
    data = made_archive(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    predictor = Predictor.load(PRETRAINED)
    predictor.warm()
    started, cpu = time.perf_counter(), time.process_time()
    intake = take([NamedFile("made.zip", data)])
    unpacked = time.perf_counter() - started
    queue, late, stop = ScoringQueue(), list[float](), threading.Event()

    def beat() -> None:
        while not stop.is_set():
            asleep = time.perf_counter()
            time.sleep(0.01)
            late.append(time.perf_counter() - asleep - 0.01)

    pulse = threading.Thread(target=beat)
    pulse.start()
    job = queue.submit(intake.files, predictor, owner="benchmark")
    polls = []
    while not job.snapshot().is_finished:
        asked = time.perf_counter()
        job.snapshot()
        polls.append(time.perf_counter() - asked)
        time.sleep(0.25)
    wall, cpu = time.perf_counter() - started, time.process_time() - cpu
    stop.set()
    pulse.join()
    end = job.snapshot()
    statuses = {status: sum(one.status == status for one in end.results) for status in ("ok", "rejected", "error")}
    lateness = np.percentile(np.array(late) * 1e3, (50, 95, 100))
    sys.stdout.write(
        f"{end.done} files, {len(data) / 1024**2:.0f} MiB, {statuses}: {wall:.1f} s wall ({unpacked:.1f} s to unpack), "
        f"{cpu:.1f} s CPU, {cpu / end.done * 1e3:.0f} ms CPU a file\n"
        f"another thread wakes {lateness[0]:.1f} ms late (median), {lateness[1]:.1f} (95 %), {lateness[2]:.1f} (most)\n"
        f"a snapshot takes {max(polls) * 1e3:.1f} ms at most\n"
    )


if __name__ == "__main__":
    main()
