"""Predict page: a radiograph in; verdict, probability, overlay and what they mean out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from app import intake, services, wording
from app.components import markup, verdict, viewer
from app.settings import Settings, SettingsError
from model.artifact import require_operating_point
from model.errors import ArtifactError, ChestXrayError

if TYPE_CHECKING:
    from pathlib import Path

    from app.services import Case, Performance
    from model.predictor import Prediction, Predictor

_DEFAULT_OPACITY = 45
_POLL_S = 1.0

# What the page keeps for its session. A widget's own key would be dropped on a visit to the other page.
_OPACITY, _POINT = "opacity", "operating-point"


def render() -> None:
    """The page."""
    markup.apply_style()
    markup.page_head(
        "Is there pneumonia on this chest radiograph?",
        "A neural network’s answer for frontal radiographs of children of 1 to 5 years, and where it looked.",
    )
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        markup.problem("No verdict: a setting cannot be used.", str(error))
        return
    state, known = services.model_state(settings.model_dir), _performance(settings.model_dir)
    if isinstance(state, services.Failed):
        markup.problem("No verdict: the model cannot be used.", state.reason)
        st.button("Check again")
        return
    intake.intake()
    case = intake.current_case()
    if isinstance(state, services.Warming):
        _warming(settings.model_dir, case)
    elif case is not None:
        _result(state.predictor, case, known, default_point=settings.operating_point)
    elif not intake.has_problem():
        markup.empty(
            "No radiograph yet", "Drop a file above or pick a sample: the verdict and the overlay appear here."
        )
    measured = known.gate if known else None
    has_gate = state.predictor.gate is not None if isinstance(state, services.Ready) else measured is not None
    markup.cards(wording.about_cards(wording.gate_card(measured, has_gate=has_gate)))
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
        viewer.side_by_side(case.shown_png, None, is_sample=bool(case.sample))


def _performance(model_dir: Path) -> Performance | None:
    try:
        return services.performance(model_dir)
    except ArtifactError:
        # The folder changed since the model was loaded; the next run loads it anew and says what is wrong.
        return None


def _result(predictor: Predictor, case: Case, known: Performance | None, *, default_point: str) -> None:
    names = tuple(point.name for point in predictor.manifest.operating_points)
    chosen = _chosen_point(names, default_point)
    try:
        prediction = services.predict(predictor, case, operating_point=chosen)
    except ChestXrayError as error:
        markup.problem("No verdict for this radiograph.", str(error))
        return
    if refused := _refused(prediction):
        if not intake.is_scored_anyway():
            _not_scored(refused, case)
            markup.definitions(_provenance(predictor, case))
            return
        markup.warning("This picture was refused", wording.refused_warning(refused))
    left, right = viewer.halves()
    with left:
        _verdict(predictor, prediction)
        _choice(names, chosen)
        _meaning(predictor, prediction, known)
    with right:
        _pictures(predictor, case, prediction.decision, chosen)
    markup.definitions(_provenance(predictor, case, prediction))


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


def _refused(prediction: Prediction) -> str:
    """Why the input gate refuses the picture; "" where it accepts it or there is no gate."""
    gate = prediction.gate
    return "" if gate is None or gate.accepted else gate.reason or "no reason was given"


def _warning(prediction: Prediction) -> str:
    reason = _refused(prediction)
    return wording.refused_warning(reason) if reason else ""


def _not_scored(reason: str, case: Case) -> None:
    """The picture and why it gets no verdict. Nothing that the model computed of it is drawn."""
    left, right = viewer.halves()
    with left:
        markup.refusal(wording.NOT_SCORED, wording.as_sentence(reason), wording.WHAT_TO_DO)
        st.button("Score it anyway", key="anyway-button", on_click=intake.score_anyway)
        markup.note("The verdict then comes with a warning, and may mean nothing.")
    with right:
        viewer.refused(case.shown_png)


def _verdict(predictor: Predictor, prediction: Prediction) -> None:
    decision, probability, threshold = prediction.decision, prediction.probability, prediction.threshold
    band, refused = predictor.manifest.band, bool(_refused(prediction))
    reason = wording.verdict_reason(decision, probability, threshold, prediction.operating_point)
    if prediction.indeterminate and band is not None:
        verdict.indeterminate_card(
            word=wording.INDETERMINATE,
            leaning=wording.leaning(decision, prediction.operating_point),
            sentences=(reason, wording.guarantee_sentence(band)),
            refused=refused,
        )
    else:
        verdict.verdict_card(decision=decision, reason=reason, refused=refused)
    has_band = band is not None and band.low < band.high
    verdict.probability_bar(
        kind="indeterminate" if prediction.indeterminate else decision.lower(),
        probability=probability,
        threshold=threshold,
        shown=wording.probability_and_threshold(probability, threshold),
        band=verdict.DrawnBand(band.low, band.high, wording.band_key(band)) if band is not None and has_band else None,
        warning=_warning(prediction),
    )


def _meaning(predictor: Predictor, prediction: Prediction, known: Performance | None) -> None:
    markup.section("What this number means")
    caveats = [wording.NO_FIGURE_HOLDS] if _refused(prediction) else []
    agreement = wording.agreement_sentence(prediction.probability, predictor.manifest.operating_points)
    test = known.evaluation.test.at(prediction.operating_point) if known and known.evaluation else None
    if test is None:
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
        wording.reliability_sentence(test.bin_of(prediction.probability)),
        f"{shares} {broken}".strip(),
        wording.called_sentence(test, prediction.decision),
        wording.rates_sentence(test),
    )
    markup.facts(sentence for sentence in sentences if sentence)


@st.fragment
def _pictures(predictor: Predictor, case: Case, decision: str, operating_point: str) -> None:
    """Both pictures and their controls; a fragment, so that the slider redraws nothing else."""
    labels = predictor.manifest.labels
    drawn = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        opacity = _opacity()
        explained = st.segmented_control(
            "Evidence for",
            labels,
            default=decision,
            required=True,
            key=f"explain-{case.sha256[:12]}-{operating_point}",
        )
    prediction = services.predict(predictor, case, explain=explained or decision, operating_point=operating_point)
    with drawn:
        viewer.side_by_side(
            case.shown_png,
            services.overlay_shown(case, prediction, opacity),
            explained=prediction.explained_class,
            is_sample=bool(case.sample),
            warning=_warning(prediction),
        )
        viewer.legend(services.legend_colours())
    markup.note(_heatmap_note(prediction, decision))
    marks = ("refused-" if _refused(prediction) else "") + ("indeterminate-" if prediction.indeterminate else "")
    st.download_button(
        "Download the overlay (PNG, full size)",
        data=partial(services.overlay_full_size, case, prediction, opacity),
        file_name=f"overlay-{marks}{prediction.explained_class.lower()}-{case.sha256[:8]}.png",
        mime="image/png",
        on_click="ignore",
    )


def _opacity() -> float:
    """The slider, 0 to 1; it keeps its value on a visit to the other page."""
    key = f"{_OPACITY}-slider"
    st.session_state.setdefault(key, st.session_state.get(_OPACITY, _DEFAULT_OPACITY))
    percents = st.slider("Opacity of the overlay", 0, 100, step=5, format="%d %%", width=320, key=key)
    st.session_state[_OPACITY] = percents
    return percents / 100


def _heatmap_note(prediction: Prediction, decision: str) -> str:
    explained = prediction.explained_class
    if not prediction.saliency_map.any():
        return f"No part of this image raised the model’s score for {explained}, so the overlay shows no colour."
    rows, columns = prediction.saliency_map.shape
    which = "the side it leans to" if prediction.indeterminate else "the verdict"
    which = which if explained == decision else f"not {which}"
    return (
        f"The heatmap is for {explained} ({which}). Colour marks where the image raised the model’s score for "
        f"{explained}; strength compares places within this image only. It is coarse, {columns} × {rows} cells over "
        "the whole image. It outlines no disease, and colour outside the lungs is a reason to distrust the verdict."
    )


def _provenance(predictor: Predictor, case: Case, prediction: Prediction | None = None) -> list[tuple[str, str]]:
    """What was scored by what; with a prediction, what decided."""
    manifest, radiograph = predictor.manifest, case.radiograph
    height, width = radiograph.pixels.shape
    spacing = radiograph.pixel_spacing_mm
    size = f"{radiograph.format}, {width:,} × {height:,} pixels"
    if spacing:
        size += f" of {spacing[1]:.3g} × {spacing[0]:.3g} mm"
    name = intake.case_name(case)
    pairs = [
        ("Image", f"{name[:1].upper()}{name[1:]}: {size}" if case.sample else f"{name}: {size}"),
        ("Model", f"{manifest.model_version}; reads {manifest.input.size} × {manifest.input.size} pixels"),
    ]
    if prediction is None:
        return pairs
    if refused := _refused(prediction):
        pairs.append(("Input check", wording.refused_warning(refused)))
    point = require_operating_point(manifest, prediction.operating_point)
    pairs.append(("Verdict", f"{wording.verdict_line(prediction)}. The thresholds were chosen on {point.chosen_on}."))
    if manifest.band is not None:
        pairs.append(("Indeterminate", wording.band_line(manifest.band, indeterminate=prediction.indeterminate)))
    return pairs


if __name__ == "__main__":
    render()
