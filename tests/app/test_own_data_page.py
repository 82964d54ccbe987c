"""Your own data through AppTest: labelled images in, the figures of their scores out, nothing kept."""

from __future__ import annotations

import csv
import io
import json
import time
import zipfile
from collections.abc import Callable
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score
from streamlit.testing.v1 import AppTest

from app.auth.users import User
from app.components import chart_data
from tests.app.driving import halves, performance_tab, png, settle, text_of

OpenApp = Callable[..., AppTest]
PATIENCE_S = 60.0


def zipped(entries: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return file.getvalue()


def images(number: int = 6) -> dict[str, bytes]:
    """As many of each class, each told by its name."""
    return {
        f"mine/{folder}/{folder.lower()}-{seed}.png": png(pneumonia=folder == "PNEUMONIA", seed=500 + seed)
        for folder in ("NORMAL", "PNEUMONIA")
        for seed in range(number)
    }


@pytest.fixture
def page(open_app: OpenApp, sure_artifact: Path) -> AppTest:
    return settle(performance_tab(open_app(sure_artifact), "Your own data"))


def words(page: AppTest) -> str:
    assert not page.exception, page.exception
    return unescape(text_of(page))


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
    from app.performance_page.own_figures import _data

    kept = page.session_state["own-result"]
    text = chart_data.to_csv(_data(kept.images, kept, None)).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_the_figures_are_those_of_the_scores(page: AppTest) -> None:
    page = scored(page, ("scans.zip", zipped(images())))
    text = words(page)
    rows = result(page)
    assert len(rows) == 12
    labels = np.array([row["label"] == "Pneumonia" for row in rows])
    scores = np.array([float(row["probability of pneumonia (0 to 1)"]) for row in rows])
    assert [("PNEUMONIA" in row["file"]) for row in rows] == labels.tolist()
    found = f"{roc_auc_score(labels, scores):.3f}"
    assert f'<span class="cx-num">{found}</span>' in text
    sensitivity = 100 * float(np.mean(scores[labels] >= 0.5))
    assert f"{sensitivity:.1f}\u00a0%" in text
    figures = {
        f["layout"]["yaxis"]["title"]["text"]: f for f in (json.loads(e.proto.spec) for e in page.get("plotly_chart"))
    }
    (matrix,) = figures["True label"]["data"]
    assert f"<b>{int(np.sum(labels & (scores >= 0.5)))}</b>" in matrix["text"][1][1]
    assert sum(figures["Images"]["data"][0]["y"]) == 6
    assert "With 6 normal images and 6 with pneumonia the intervals are wide" in text
    assert "Test split" in text
    wrong = [row["file"] for row in rows if row["called"] != row["label"]]
    assert all(name in text for name in wrong) if wrong else "Nothing, at this threshold." in text


def test_another_operating_point_counts_anew(page: AppTest) -> None:
    page = scored(page, ("scans.zip", zipped(images())))
    page = page.selectbox(key="own-point").select("rule_in").run()
    scores = np.array([float(row["probability of pneumonia (0 to 1)"]) for row in result(page)])
    figures = [json.loads(e.proto.spec) for e in page.get("plotly_chart")]
    (matrix,) = next(f for f in figures if f["layout"]["yaxis"]["title"]["text"] == "True label")["data"]
    assert f"<b>{int(np.sum(scores[6:] >= 0.8))}</b>" in matrix["text"][1][1]
    assert "At the rule-in operating point" in words(page)


def test_a_csv_gives_the_labels_and_clearing_forgets_all(page: AppTest) -> None:
    files = [("a.png", png(pneumonia=False, seed=1)), ("b.png", png(pneumonia=True, seed=2))]
    page = scored(page, ("labels.csv", b"file,label\na.png,normal\nb.png,pneumonia\n"), *files)
    assert {row["file"]: row["label"] for row in result(page)} == {"a.png": "Normal", "b.png": "Pneumonia"}
    page = page.button(key="own-clear").click().run()
    assert page.session_state["own-result"] is None
    assert page.session_state["own-list"] is None
    assert "Score them" in {one.label for one in page.button}


def test_one_class_alone_says_what_is_not_defined(page: AppTest) -> None:
    entries = {name: data for name, data in images(3).items() if "NORMAL" in name}
    text = words(scored(page, ("scans.zip", zipped(entries))))
    assert "No image with the label Pneumonia was scored, so sensitivity, AUROC and ROC curve are not defined" in text
    assert "not defined" in text


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("scans.zip", zipped({"covid/a.png": b"a", "NORMAL/b.png": b"b"}), "folders that are no label: “covid”"),
        ("a.png", b"a", "None of the 1 files has a label"),
        ("scans.zip", b"PK\x03\x04 and no more", "damaged or cut short"),
    ],
)
def test_what_cannot_be_taken_is_told(page: AppTest, name: str, data: bytes, reason: str) -> None:
    text = words(scored(page, (name, data)))
    assert "These files were not taken." in text
    assert reason in text


def test_no_file_is_told(page: AppTest) -> None:
    assert "Choose the files first" in words(page.button(key="own-score").click().run())


def test_what_the_gate_refuses_is_counted_and_can_be_let_in(open_app: OpenApp, gated_artifact: Path) -> None:
    page = settle(performance_tab(open_app(gated_artifact), "Your own data"))
    upright, turned = halves(bright_above=True), halves(bright_above=False)
    entries = {"NORMAL/a.png": upright, "PNEUMONIA/b.png": turned, "PNEUMONIA/c.txt": b"hello"}
    page = scored(page, ("scans.zip", zipped(entries)))
    text = words(page)
    assert "The input check refuses 1 image" in text
    assert "1 image could not be read or scored" in text
    assert "No image with the label Pneumonia was scored" in text
    page = page.checkbox(key="own-refused").check().run()
    assert "No image with the label Pneumonia" not in words(page)


def test_a_viewer_may_not(open_app: OpenApp, sure_artifact: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer = User("V", "viewer", signed_in=True, may_see=True, may_review=False, may_export=False, may_delete=False)
    monkeypatch.setattr("app.performance_page.own_data.current_user", lambda: viewer)
    page = performance_tab(open_app(sure_artifact), "Your own data")
    assert "that needs the role of a reader" in words(page)
    assert not page.file_uploader


def test_a_role_that_is_withdrawn_holds_at_the_deed(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = User("R", "reader", signed_in=True, may_see=True, may_review=True, may_export=False, may_delete=False)
    viewer = User("R", "viewer", signed_in=True, may_see=True, may_review=False, may_export=False, may_delete=False)
    asked = iter([reader, reader])
    monkeypatch.setattr("app.performance_page.own_data.current_user", lambda: next(asked, viewer))
    page = scored(page, ("scans.zip", zipped(images(1))))
    assert "own-result" not in page.session_state
