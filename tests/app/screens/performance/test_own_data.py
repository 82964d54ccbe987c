"""Your own data through AppTest: labelled images in, the figures of their scores out, nothing kept."""

from __future__ import annotations

import csv
import io
import time
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from streamlit.testing.v1 import AppTest

from app.auth.users import ROLES
from model.spreadsheet import to_csv
from tests.app.driving import halves, png, settle, words, zipped
from tests.app.screens.performance.conftest import OpenTab
from tests.app.screens.performance.reading import cells, figures

PATIENCE_S = 60.0


def images(number: int = 6) -> dict[str, bytes]:
    """As many of each class, each told by its name."""
    return {
        f"mine/{folder}/{folder.lower()}-{seed}.png": png(pneumonia=folder == "PNEUMONIA", seed=500 + seed)
        for folder in ("NORMAL", "PNEUMONIA")
        for seed in range(number)
    }


@pytest.fixture
def page(open_tab: OpenTab, sure_artifact: Path) -> AppTest:
    return settle(open_tab(sure_artifact, "Your own data", load=True))


def scored(page: AppTest, *files: tuple[str, bytes]) -> AppTest:
    for name, data in files:
        page.file_uploader[0].upload(name, data, "application/octet-stream")
    page = page.run().button(key="own-score").click().run()
    deadline = time.monotonic() + PATIENCE_S
    while "own-cancel" in {one.key for one in page.button}:
        assert time.monotonic() < deadline, "The list did not end."
        time.sleep(0.1)
        page.run()
    return page


def result(page: AppTest) -> list[dict[str, str]]:
    """The rows of the file to download, as its button would make them."""
    from app.screens.performance.own_data import _frame

    text = to_csv(_frame(page.session_state["own-result"], 0.5)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def matrix(page: AppTest) -> str:
    """The cell of pneumonia found."""
    (drawn,) = figures(page)["True label"]["data"]
    return str(drawn["text"][1][1])


def test_the_figures_are_those_of_the_scores(page: AppTest) -> None:
    page = scored(page, ("scans.zip", zipped(images())))
    text, rows = words(page), result(page)
    assert len(rows) == 12
    labels = np.array([row["label"] == "Pneumonia" for row in rows])
    scores = np.array([float(row["score (0 to 1)"]) for row in rows])
    assert [("PNEUMONIA" in row["file"]) for row in rows] == labels.tolist()
    area = roc_auc_score(labels, scores)
    assert cells(page, "AUROC")[0].startswith(f"{area:.3f}")
    assert cells(page, "Sensitivity (recall)")[0].startswith(f"{100 * float(np.mean(scores[labels] >= 0.5)):.1f}")
    assert f"<b>{int(np.sum(labels & (scores >= 0.5)))}</b>" in matrix(page)
    assert "intervals are wide" in text
    assert "Test split" in page.table[0].value.columns
    wrong = [row["file"] for row in rows if row["classified as"] != row["label"]]
    shown = [name for frame in page.dataframe for name in frame.value.get("File", ())]
    assert sorted(shown) == sorted(wrong)
    page = page.selectbox(key="own-point").select("rule_in").run()
    assert f"<b>{int(np.sum(scores[6:] >= 0.8))}</b>" in matrix(page)
    page = page.button(key="own-clear").click().run()
    assert page.session_state["own-result"] is None
    assert page.session_state["own-list"] is None


def test_a_csv_gives_the_labels_and_one_class_alone_says_what_is_not_defined(page: AppTest) -> None:
    files = [("a.png", png(pneumonia=False, seed=1)), ("b.png", png(pneumonia=False, seed=2))]
    page = scored(page, ("labels.csv", b"file,label\na.png,normal\nb.png,normal\n"), *files)
    assert {row["file"]: row["label"] for row in result(page)} == {"a.png": "Normal", "b.png": "Normal"}
    assert "One of the classes is missing" in words(page)
    assert cells(page, "AUROC")[0] == "not defined"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("scans.zip", zipped({"covid/a.png": b"a", "NORMAL/b.png": b"b"}), "“covid”"),
        ("a.png", b"a", "None of the 1 files has a label"),
        ("scans.zip", b"PK\x03\x04 and no more", "damaged"),
    ],
)
def test_what_cannot_be_taken_is_told(page: AppTest, name: str, data: bytes, reason: str) -> None:
    page = scored(page, (name, data))
    assert "These files were not accepted" in words(page)
    assert reason in words(page)


def test_no_file_is_told(page: AppTest) -> None:
    assert "Choose the files first" in words(page.button(key="own-score").click().run())


def test_what_the_gate_rejects_is_counted_and_can_be_let_in(open_tab: OpenTab, gated_artifact: Path) -> None:
    page = settle(open_tab(gated_artifact, "Your own data", load=True))
    upright, turned = halves(bright_above=True), halves(bright_above=False)
    entries = {"NORMAL/a.png": upright, "PNEUMONIA/b.png": turned, "PNEUMONIA/c.txt": b"hello"}
    page = scored(page, ("scans.zip", zipped(entries)))
    text = words(page)
    assert "rejects 1 image" in text
    assert "1 image could not be read or scored" in text
    assert len(page.warning) == 1
    page = page.checkbox(key="own-refused").check().run()
    assert not page.warning


def test_a_viewer_may_not_even_if_the_role_is_withdrawn_later(
    open_tab: OpenTab, sure_artifact: Path, page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = iter([ROLES["reader"], ROLES["reader"]])
    monkeypatch.setattr("app.screens.performance.own_data.current_user", lambda: next(asked, ROLES["viewer"]))
    page = scored(page, ("scans.zip", zipped(images(1))))
    assert "own-result" not in page.session_state
    page = open_tab(sure_artifact, "Your own data")
    assert "role of a reader" in words(page)
    assert not page.file_uploader
