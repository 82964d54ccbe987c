"""Predict page: a radiograph in; verdict, probability, overlay and what they mean out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from app import demo, heatmap, report_form, services, uploading, wording
from app.components import markup, verdict, viewer
from app.settings import SettingsError
from app.settings import load as load_settings
from model.errors import ArtifactError, ChestXrayError

if TYPE_CHECKING:
    from pathlib import Path

    from app.services import Case, Performance, Ready
    from model.predictor import Prediction, Predictor

_POLL_S = 1.0

# Kept for the session. A widget's own key would be dropped on a visit to the other page.
_POINT = "operating-point"


def render() -> None:
    """The page."""
    markup.apply_style()
    markup.page_head(
        "Is there pneumonia on this chest radiograph?",
        "A neural network’s answer for frontal radiographs of children of 1 to 5 years, and where it looked.",
    )
    try:
        settings = load_settings()
    except SettingsError as error:
        markup.problem("No verdict: a setting cannot be used.", str(error))
        return
    state, known = services.model_state(settings.model_dir), _performance(settings.model_dir)
    if isinstance(state, services.Failed):
        markup.problem("No verdict: the model cannot be used.", state.reason)
        st.button("Check again", help="Looks whether the model can be used by now.")
        return
    measured = known.gate if known else None
    has_gate = state.predictor.gate is not None if isinstance(state, services.Ready) else measured is not None
    if demo.is_running():
        demo.panel(has_gate=has_gate)
        uploading.show_problem()
    else:
        uploading.intake(demo.start_button)
    case = uploading.current_case()
    if case is None:
        report_form.forget()
    if isinstance(state, services.Warming):
        _warming(settings.model_dir, case)
    elif case is not None:
        _result(state, case, known, default_point=settings.operating_point)
    elif not uploading.has_problem():
        markup.empty(
            "No radiograph yet",
            "Drop a file above or pick a sample: the verdict and the overlay appear here. New to this page? The "
            "guided demo shows three samples in about a minute.",
        )
    markup.cards(wording.about_cards(wording.gate_card(measured, has_gate=has_gate)), level=2)
    markup.foot(wording.FOOT)


@st.fragment(run_every=_POLL_S)
def _warming(model_dir: Path, case: Case | None) -> None:
    """Wait for the model without a click, then run the whole page again."""
    if not isinstance(services.model_state(model_dir), services.Warming):
        st.rerun()
    if case is None:
        markup.waiting("The model is warming up. You can already drop a radiograph.")
        return
    left, right = viewer.halves()
    with left:
        markup.waiting("The model is warming up. The verdict appears here by itself in a few seconds.")
    with right:
        viewer.waiting_for_overlay(viewer.side_by_side(case.shown_png, is_sample=bool(case.sample)))


def _performance(model_dir: Path) -> Performance | None:
    try:
        return services.performance(model_dir)
    except ArtifactError:
        # The folder changed since the model was loaded; the next run loads it anew and says what is wrong.
        return None


def _result(ready: Ready, case: Case, known: Performance | None, *, default_point: str) -> None:
    predictor = ready.predictor
    names = tuple(point.name for point in predictor.manifest.operating_points)
    chosen = _chosen_point(names, default_point)
    try:
        prediction = services.predict(predictor, case, operating_point=chosen)
    except ChestXrayError as error:
        markup.problem("No verdict for this radiograph.", str(error))
        return
    if refused := heatmap.why_refused(prediction):
        if not uploading.is_scored_anyway():
            _not_scored(refused, case)
            markup.definitions(_provenance(predictor, case))
            return
        markup.warning("This picture was refused", wording.refused_warning(refused))
    left, right = viewer.halves()
    with left:
        _header(case)
        _verdict(predictor, prediction, known)
        _choice(names, chosen)
        _meaning(predictor, prediction, known)
    with right:
        heatmap.pictures(ready, case, prediction, known)
    if not demo.is_running():
        # Below both, so that on a narrow screen the pictures come first.
        report_form.report_form(predictor.manifest, case, prediction, known, scored_anyway=uploading.is_scored_anyway())
    markup.definitions(_provenance(predictor, case, prediction))


def _header(case: Case) -> None:
    """What a DICOM header states that does not fit the model, and what it leaves out; nothing else of it."""
    context = case.radiograph.context
    if context is None:
        return
    verdict.mismatches(wording.MISMATCH_TITLE, context.warnings, wording.MISMATCH_ADVICE)
    for remark in context.remarks:
        markup.note(remark)


def _chosen_point(names: tuple[str, ...], default: str) -> str:
    """The operating point chosen in this session, as long as the model has it."""
    kept = st.session_state.get(_POINT)
    return kept if kept in names else default


def _choice(names: tuple[str, ...], chosen: str) -> None:
    """The operating points to choose from; the page has already been drawn with the one chosen."""
    key = f"{_POINT}-choice"
    st.session_state[key] = chosen
    st.segmented_control(
        "Operating point",
        names,
        required=True,
        format_func=wording.point_title,
        help=wording.CHOICE_HELP,
        key=key,
        on_change=_keep_point,
        args=(key,),
    )
    markup.note(wording.point_in_words(chosen))


def _keep_point(key: str) -> None:
    st.session_state[_POINT] = st.session_state[key]


def _not_scored(reason: str, case: Case) -> None:
    """The picture and why it gets no verdict. Nothing that the model computed of it is drawn."""
    left, right = viewer.halves()
    with left:
        markup.refusal(wording.NOT_SCORED, wording.as_sentence(reason), wording.WHAT_TO_DO)
        _header(case)
        st.button(
            "Score it anyway",
            key="anyway-button",
            help="Shows a verdict on this picture although it was refused, with a warning.",
            on_click=uploading.score_anyway,
        )
        markup.note("The verdict then comes with a warning, and may mean nothing.")
    with right:
        viewer.refused(case.shown_png)


def _verdict(predictor: Predictor, prediction: Prediction, known: Performance | None) -> None:
    decision, probability, threshold = prediction.decision, prediction.probability, prediction.threshold
    band, refused = predictor.manifest.band, bool(heatmap.why_refused(prediction))
    reason = wording.verdict_reason(decision, probability, threshold, prediction.operating_point)
    further, model = _alike(prediction, known), f"Model {prediction.model_version}"
    if prediction.indeterminate and band is not None:
        verdict.indeterminate_card(
            word=wording.INDETERMINATE,
            leaning=wording.leaning(decision, prediction.operating_point),
            sentences=(reason, *further, wording.guarantee_sentence(band)),
            model=model,
            refused=refused,
        )
    else:
        verdict.verdict_card(decision=decision, reason=reason, further=further, model=model, refused=refused)
    has_band = band is not None and band.low < band.high
    verdict.probability_bar(
        kind="indeterminate" if prediction.indeterminate else decision.lower(),
        probability=probability,
        threshold=threshold,
        shown=wording.probability_and_threshold(probability, threshold),
        band=verdict.DrawnBand(band.low, band.high, wording.band_key(band)) if band is not None and has_band else None,
        warning=heatmap.warning(prediction),
    )


def _alike(prediction: Prediction, known: Performance | None) -> tuple[str, ...]:
    """What such a score meant on the test split.

    Nothing where too few test images scored alike, and for a refused picture, which no test image is like.
    """
    scans = known.test_scans if known else None
    alike = scans.alike(prediction.probability) if scans and not heatmap.why_refused(prediction) else None
    return (wording.alike_sentence(alike, scans.prevalence),) if scans and alike else ()


def _meaning(predictor: Predictor, prediction: Prediction, known: Performance | None) -> None:
    markup.section("What this number means")
    caveats = [wording.NO_FIGURE_HOLDS] if heatmap.why_refused(prediction) else []
    agreement = wording.agreement_sentence(prediction.probability, predictor.manifest.operating_points)
    test = known.evaluation.test.at(prediction.operating_point) if known and known.evaluation else None
    if known is None or test is None:
        for text in known.problems if known else ():
            markup.note(text)
        markup.note("This model has no evaluation, so how often such a verdict is right was not measured.")
        markup.facts(one for one in (*caveats, agreement, wording.EQUAL_PREVALENCE) if one)
        return
    band = predictor.manifest.band
    broken = wording.guarantee_broken(test, band) if band else ""
    shares = wording.indeterminate_sentence(test) if prediction.indeterminate else wording.decided_sentence(test)
    sentences = (
        *caveats,
        agreement,
        f"{wording.EQUAL_PREVALENCE} {wording.too_high_sentence(test)}".strip(),
        # The verdict itself says it from the single scores, where enough of them are near.
        "" if _alike(prediction, known) else wording.reliability_sentence(test.bin_of(prediction.probability)),
        f"{shares} {broken}".strip(),
        wording.called_sentence(test, prediction.decision),
        wording.rates_sentence(test),
    )
    markup.facts(sentence for sentence in sentences if sentence)


def _provenance(predictor: Predictor, case: Case, prediction: Prediction | None = None) -> list[tuple[str, str]]:
    """What was scored by what; with a prediction, what decided."""
    manifest, radiograph = predictor.manifest, case.radiograph
    size = f"{radiograph.format}, {wording.size_in_words(radiograph)}"
    name = uploading.case_name(case)
    pairs = [
        ("Image", f"{name[:1].upper()}{name[1:]}: {size}" if case.sample else f"{name}: {size}"),
        ("Model", f"{manifest.model_version}; reads {manifest.input.size} × {manifest.input.size} pixels"),
    ]
    if radiograph.context is not None:
        pairs.append(("DICOM header", wording.header_line(radiograph.context)))
    if prediction is None:
        return pairs
    if refused := heatmap.why_refused(prediction):
        pairs.append(("Input check", wording.refused_warning(refused)))
    point = manifest.point(prediction.operating_point)
    pairs.append(("Verdict", f"{wording.verdict_line(prediction)}. The thresholds were chosen on {point.chosen_on}."))
    if manifest.band is not None:
        pairs.append(("Indeterminate", wording.band_line(manifest.band, indeterminate=prediction.indeterminate)))
    return pairs


if __name__ == "__main__":
    render()
