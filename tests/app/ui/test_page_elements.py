"""Headings, messages, tables, the glossary and the style sheet."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from app.settings import ROOT
from app.ui import glossary, metrics, page, table
from app.ui.icon_array import _rectangles
from app.ui.table import Cell
from model.evaluation import proportion
from model.records.evaluation import Metric


def drawn(draw: Callable[[], None]) -> AppTest:
    app = AppTest.from_function(draw, default_timeout=30).run()
    assert not app.exception
    return app


@pytest.mark.parametrize(
    ("text", "markdown"),
    [
        ("a_b.png", r"a\_b.png"),
        ("*bold* `code`", r"\*bold\* \`code\`"),
        ("![x](http://far.away/x.png)", r"!\[x\](http\://far.away/x.png)"),
        ("<b>$1$ ~ |", r"\<b\>\$1\$ \~ \|"),
        (":red[x] :material/x:", r"\:red\[x\] \:material/x\:"),
        ("# no heading", r"\# no heading"),
        ("- no item\n  + none", "\\- no item\n  \\+ none"),
        ("1. no item", "1\\. no item"),
        ("Version 1.2, 5 - 3 = 2.", "Version 1.2, 5 - 3 = 2."),
    ],
)
def test_text_of_others_is_shown_as_it_is(text: str, markdown: str) -> None:
    assert page.plain(text) == markdown


def test_headings_and_messages_are_streamlit_s_own() -> None:
    def script() -> None:
        from app.ui import page

        page.style()
        page.heading("Title", "Subtitle.")
        page.section("Section", anchor="here")
        page.panel_title("Panel", "Note.")
        page.problem("Broken", "a_b.keras is missing.")
        page.warning("Careful", "Age 62.")
        page.done("Saved.")
        page.waiting("Warming up.")
        page.facts(["One.", "", "Two."])
        page.definitions([("Term", "text")])
        page.foot("End.")

    app = drawn(script)
    assert [one.value for one in (*app.title, *app.header)] == ["Title", "Section"]
    assert [one.value for one in app.subheader] == ["Panel"]
    assert [one.value for one in (*app.error, *app.warning, *app.success, *app.info)] == [
        r"a\_b.keras is missing.", "Age 62.", "Saved.", "Warming up.",
    ]  # fmt: skip
    assert "- One.\n- Two." in [one.value for one in app.markdown]
    assert {"Subtitle.", "Note.", "End."} <= {one.value for one in app.caption}


def test_a_small_table_has_real_cells_and_a_wide_one_scrolls() -> None:
    def script() -> None:
        from app.ui.table import Cell, table

        cell = Cell("98 %", "96 to 99 %", "▼ below")
        table(("Point", "Balanced"), [("a_b", cell)], caption="Small.")
        table(("Point", "1", "2", "3", "4"), [("a_b", cell, "1", "2", "3")], caption="Wide.")

    app = drawn(script)
    small, wide = app.table[0].value, app.dataframe[0].value
    assert small.index.tolist() == [r"a\_b"]
    assert small.iloc[0, 0] == "98 %  \n96 to 99 %  \n**▼ below**"
    assert wide.iloc[0].tolist() == ["a_b", "98 % (96 to 99 %) ▼ below", "1", "2", "3"]
    assert [one.value for one in app.caption] == ["Small.", "Wide."]


def test_a_cell_without_more_is_its_text() -> None:
    assert Cell("–").markdown == Cell("–").line == "–"


def test_what_is_downloaded_is_made_only_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    handed: list[object] = []
    monkeypatch.setattr(table.st, "download_button", lambda _, data, **more: handed.append((data, more["file_name"])))

    def frame() -> table.pd.DataFrame:
        return table.pd.DataFrame({"score (0 to 1)": [0.5], "file": ["=1+1"]})

    table.download(frame, key="scores")
    ((make, name),) = handed
    assert name == "scores.csv"
    assert make().decode("utf-8-sig") == "score (0 to 1),file\r\n0.5,'=1+1\r\n"


def test_tiles_say_value_interval_and_meaning() -> None:
    def script() -> None:
        from app.ui import metrics
        from model.evaluation import proportion

        metrics.tiles({"sensitivity": proportion(383, 390), "npv": proportion(0, 0)}, prevalence=0.5)

    app = drawn(script)
    assert [(one.label, one.value) for one in app.metric] == [
        ("Sensitivity (recall)", "98.2\u00a0%"),
        ("Negative predictive value", "not defined"),
    ]
    assert app.metric[0].help
    said = " ".join(one.value for one in app.markdown)
    assert "96.3 to 99.1\u00a0%" in said
    assert "7 missed" in said
    assert "Not defined" in said


@pytest.mark.parametrize("name", metrics.TITLES)
def test_every_metric_has_a_title_and_a_sentence_of_its_own(name: str) -> None:
    statistic = Metric(value=0.9, low=0.8, high=0.95, interval="bootstrap")
    is_statistic = name in {"f1", "auroc", "average_precision"} or name.startswith("expected")
    metric = statistic if is_statistic else proportion(9, 10)
    assert metrics.title(name)[0].isupper()
    assert re.search(r"\d.*\.$", metrics.in_words(name, metric, prevalence=0.5))
    assert metrics.shown(metric) == ("0.900" if is_statistic else "90.0\u00a0%")


def test_a_metric_that_is_not_known_is_shown_by_its_name() -> None:
    assert metrics.title("kappa") == "kappa"
    assert metrics.in_words("kappa", proportion(1, 2).model_copy(update={"trials": None}), prevalence=0.5) == ""


def test_operating_points_have_a_name_a_title_and_a_purpose() -> None:
    assert (metrics.point_name("rule_out"), metrics.point_title("rule_out")) == ("rule-out", "Rule-out")
    assert metrics.point_purpose("balanced") == "Balanced: missed cases and false alarms count equally."
    assert metrics.POINTS_HELP.count("**") == 6


@pytest.mark.parametrize("key", glossary.GLOSSARY)
def test_a_term_is_explained_in_a_few_sentences(key: str) -> None:
    term = glossary.GLOSSARY[key]
    assert glossary.tooltip(key) == f"**{term.title}:** {term.text}"
    assert re.fullmatch(r"[A-Z].*\.", term.text)
    assert len(re.findall(r"\.(?= [A-Z]|$)", term.text)) <= 3


def test_the_glossary_is_in_order_and_each_term_has_an_anchor_of_its_own() -> None:
    titles = [term.title.lower() for term in glossary.GLOSSARY.values()]
    assert titles == sorted(titles)
    assert len(glossary.GLOSSARY) >= 49
    assert all(re.fullmatch(r"term-[a-z-]+", term.anchor) for term in glossary.GLOSSARY.values())
    assert glossary.GLOSSARY["adam"].also == "AdamW"
    assert all(glossary.of_metric(name) for name in metrics.TITLES if name != "f1")


@pytest.mark.parametrize(("first", "last"), [(0, 1000), (10, 1000), (0, 25), (30, 75), (49, 151), (625, 665), (7, 7)])
def test_every_child_is_drawn_once(first: int, last: int) -> None:
    cells = set()
    for style in _rectangles(first, last, 20):
        left, top, width, height = (float(number) for number in re.findall(r"([\d.]+)%", style))
        columns = range(round(left / 2), round((left + width) / 2))
        rows = range(round(top / 5), round((top + height) / 5))
        new = {50 * row + column for row in rows for column in columns}
        assert not new & cells
        cells |= new
    assert cells == set(range(first, last))


def test_the_style_sheet_is_short_and_asks_no_other_host() -> None:
    sheet = (ROOT / "assets" / "style.css").read_text(encoding="utf-8")
    assert len(sheet.splitlines()) <= 105
    assert sheet.count("url(") == sheet.count('url("data:image/svg+xml,') > 0
    assert "@import" not in sheet
