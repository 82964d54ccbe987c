"""Predict page: a radiograph in; verdict, probability, overlay and what they mean out."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from app import services, wording
from app.components import markup, verdict, viewer
from app.settings import SAMPLES, Settings
from model.errors import ArtifactError, ChestXrayError, RadiographError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from streamlit.delta_generator import DeltaGenerator

    from app.services import Case, Performance
    from model.predictor import Prediction, Predictor

_DEFAULT_OPACITY = 45
_POLL_S = 1.0
_SAMPLE_WIDTH = 75

# What the page keeps for its session. A widget's own key would be dropped on a visit to the other page.
_CASE, _PROBLEM, _UPLOADER, _ANYWAY, _OPACITY = "case", "problem", "uploader", "anyway", "opacity"


def render() -> None:
    """The page."""
    settings = Settings.from_environment()
    markup.apply_style()
    markup.page_head(
        "Is there pneumonia on this chest radiograph?",
        "A neural network’s answer for frontal radiographs of children of 1 to 5 years, and where it looked.",
    )
    state, known = services.model_state(settings.model_dir), _performance(settings.model_dir)
    if isinstance(state, services.Failed):
        markup.problem("No verdict: the model cannot be used.", state.reason)
        st.button("Check again")
        return
    _intake()
    case: Case | None = st.session_state.get(_CASE)
    if isinstance(state, services.Warming):
        _warming(settings.model_dir, case)
    elif case is not None:
        _result(state.predictor, case, known)
    elif not st.session_state.get(_PROBLEM):
        markup.empty(
            "No radiograph yet", "Drop a file above or pick a sample: the verdict and the overlay appear here."
        )
    measured = known.gate if known else None
    has_gate = state.predictor.gate is not None if isinstance(state, services.Ready) else measured is not None
    markup.cards(_about(wording.gate_card(measured, has_gate=has_gate)))
    markup.foot(_FOOT)


def _intake() -> None:
    """Uploader and samples; whichever was used last decides the case."""
    left, right = _halves()
    number = st.session_state.setdefault(_UPLOADER, 0)
    services.keep_uploads_in_memory()
    with left:
        key = f"upload-{number}"
        st.file_uploader(
            "Radiograph: JPEG, PNG, TIFF or DICOM, with or without extension",
            key=key,
            on_change=_take_upload,
            args=(key,),
            help="The file stays in this server’s memory while the page is open. It is not written to disk.",
        )
        _on_the_page()
    with right:
        _samples()
    if problem := st.session_state.get(_PROBLEM):
        markup.problem("This file cannot be scored.", problem)


def _on_the_page() -> None:
    """What is shown below, with a way to be rid of it; the uploader forgets its file on a visit to the other page."""
    case: Case | None = st.session_state.get(_CASE)
    if case is None:
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="on-the-page"):
        st.button("Clear", key="clear", on_click=_clear)
        markup.note(f"Shown below: {_name(case)}")


def _name(case: Case) -> str:
    return f"sample “{case.sample}”, a composite" if case.sample else case.file_name or "an uploaded file"


def _clear() -> None:
    st.session_state[_UPLOADER] += 1
    _open(None)


def _samples() -> None:
    files = sorted(SAMPLES.glob("*.png"))
    if not files:
        return
    markup.note(
        "Or a sample. Each is a composite of several scans: it shows nobody, and says nothing of the model’s quality."
    )
    with st.container(horizontal=True, gap="xsmall"):
        for file in files:
            title = file.stem.removeprefix("composite_").replace("_", " ").capitalize()
            with st.container(key=f"sample-{file.stem}", width=_SAMPLE_WIDTH):
                st.image(str(file), width="stretch", alt="")
                st.button(title, key=f"take-{file.stem}", on_click=_take_sample, args=(file, title), width="stretch")


def _take_upload(key: str) -> None:
    uploaded = st.session_state.get(key)
    if uploaded is None:
        _open(None)
    else:
        _open(uploaded.getvalue(), file_name=uploaded.name)


def _take_sample(file: Path, title: str) -> None:
    # A new key empties the uploader, so that no file name stands beside another picture's verdict.
    st.session_state[_UPLOADER] += 1
    _open(file.read_bytes(), sample=title)


def _open(data: bytes | None, *, sample: str = "", file_name: str = "") -> None:
    st.session_state[_CASE] = st.session_state[_PROBLEM] = None
    st.session_state[_ANYWAY] = False
    if data is None:
        return
    try:
        st.session_state[_CASE] = services.open_case(data, sample=sample, file_name=file_name)
    except RadiographError as error:
        st.session_state[_PROBLEM] = str(error)


@st.fragment(run_every=_POLL_S)
def _warming(model_dir: Path, case: Case | None) -> None:
    """Wait for the model without a click, then run the whole page again."""
    if not isinstance(services.model_state(model_dir), services.Warming):
        st.rerun()
    if case is None:
        markup.waiting("The model is warming up. You can already drop a radiograph.")
        return
    left, right = _halves()
    with left:
        markup.waiting("The model is warming up. The verdict appears here by itself in a few seconds.")
    with right:
        viewer.side_by_side(case.shown_png, None, is_sample=bool(case.sample))


def _halves() -> Sequence[DeltaGenerator]:
    """Words on the left, pictures on the right; below each other on a narrow screen."""
    return st.columns([2, 3], gap="medium")


def _performance(model_dir: Path) -> Performance | None:
    try:
        return services.performance(model_dir)
    except ArtifactError:
        # The folder changed since the model was loaded; the next run loads it anew and says what is wrong.
        return None


def _result(predictor: Predictor, case: Case, known: Performance | None) -> None:
    try:
        prediction = services.predict(predictor, case)
    except ChestXrayError as error:
        markup.problem("No verdict for this radiograph.", str(error))
        return
    if refused := _refused(prediction):
        if not st.session_state.get(_ANYWAY):
            _not_scored(refused, case)
            markup.definitions(_provenance(predictor, case, scored=False))
            return
        markup.warning("This picture was refused", wording.refused_warning(refused))
    left, right = _halves()
    with left:
        _verdict(prediction)
        _meaning(prediction, known)
    with right:
        _pictures(predictor, case, prediction.decision)
    markup.definitions(_provenance(predictor, case, refused=refused))


def _refused(prediction: Prediction) -> str:
    """Why the input gate refuses the picture; "" where it accepts it or there is no gate."""
    gate = prediction.gate
    return "" if gate is None or gate.accepted else gate.reason or "no reason was given"


def _warning(prediction: Prediction) -> str:
    reason = _refused(prediction)
    return wording.refused_warning(reason) if reason else ""


def _not_scored(reason: str, case: Case) -> None:
    """The picture and why it gets no verdict. Nothing that the model computed of it is drawn."""
    left, right = _halves()
    with left:
        markup.refusal(wording.NOT_SCORED, wording.as_sentence(reason), wording.WHAT_TO_DO)
        st.button("Score it anyway", key="anyway-button", on_click=_score_anyway)
        markup.note("The verdict then comes with a warning, and may mean nothing.")
    with right:
        viewer.refused(case.shown_png)


def _score_anyway() -> None:
    st.session_state[_ANYWAY] = True


def _verdict(prediction: Prediction) -> None:
    probability, threshold = prediction.probability, prediction.threshold
    verdict.verdict_card(
        decision=prediction.decision,
        reason=wording.verdict_reason(prediction.decision, probability, threshold),
        refused=bool(_refused(prediction)),
    )
    verdict.probability_bar(
        decision=prediction.decision,
        probability=probability,
        threshold=threshold,
        shown=wording.probability_and_threshold(probability, threshold),
        warning=_warning(prediction),
    )


def _meaning(prediction: Prediction, known: Performance | None) -> None:
    markup.section("What this number means")
    caveats = [wording.NO_FIGURE_HOLDS] if _refused(prediction) else []
    if known is None or known.evaluation is None:
        for text in known.problems if known else ():
            markup.note(text)
        markup.note("This model has no evaluation, so how often such a verdict is right was not measured.")
        markup.facts([*caveats, wording.EQUAL_PREVALENCE])
        return
    test = known.evaluation.test
    markup.facts(
        (
            *caveats,
            f"{wording.EQUAL_PREVALENCE} {wording.too_high_sentence(test)}".strip(),
            wording.reliability_sentence(test.bin_of(prediction.probability)),
            wording.called_sentence(test, prediction.decision),
            f"{wording.sensitivity_sentence(test)} {wording.specificity_sentence(test)}",
        )
    )


@st.fragment
def _pictures(predictor: Predictor, case: Case, decision: str) -> None:
    """Both pictures and their controls; a fragment, so that the slider redraws nothing else."""
    labels = predictor.manifest.labels
    drawn = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        opacity = _opacity()
        explained = st.segmented_control(
            "Evidence for", labels, default=decision, required=True, key=f"explain-{case.sha256[:12]}"
        )
    prediction = services.predict(predictor, case, explain=explained or decision)
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
    kind = ("refused-" if _refused(prediction) else "") + prediction.explained_class.lower()
    st.download_button(
        "Download the overlay (PNG, full size)",
        data=partial(services.overlay_full_size, case, prediction, opacity),
        file_name=f"overlay-{kind}-{case.sha256[:8]}.png",
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
    which = "the verdict" if explained == decision else "not the verdict"
    return (
        f"The heatmap is for {explained} ({which}). Colour marks where the image raised the model’s score for "
        f"{explained}; strength compares places within this image only. It is coarse, {columns} × {rows} cells over "
        "the whole image. It outlines no disease, and colour outside the lungs is a reason to distrust the verdict."
    )


def _provenance(predictor: Predictor, case: Case, *, refused: str = "", scored: bool = True) -> list[tuple[str, str]]:
    manifest, radiograph = predictor.manifest, case.radiograph
    height, width = radiograph.pixels.shape
    spacing = radiograph.pixel_spacing_mm
    size = f"{radiograph.format}, {width:,} × {height:,} pixels"
    if spacing:
        size += f" of {spacing[1]:.3g} × {spacing[0]:.3g} mm"
    name = _name(case)
    pairs = [
        ("Image", f"{name[:1].upper()}{name[1:]}: {size}" if case.sample else f"{name}: {size}"),
        ("Model", f"{manifest.model_version}; reads {manifest.input.size} × {manifest.input.size} pixels"),
    ]
    if refused:
        pairs.append(("Input check", wording.refused_warning(refused)))
    if scored and (point := manifest.operating_point):
        pairs.append(
            (
                "Threshold",
                f"{point.threshold:.4f} (“{point.name}”), chosen on {point.chosen_on}.",
            )
        )
    return pairs


def _about(gate: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The cards at the bottom; `gate` says what checks that a picture is a chest radiograph."""
    return (
        (
            "For whom",
            (
                "Frontal chest radiographs of children of 1 to 5 years, like those it was trained on.",
                "How it does on adults, infants, lateral views or the images of other hospitals was not measured.",
            ),
        ),
        (
            "What it cannot see",
            (
                "It knows two answers. It cannot name another finding, such as fluid, a fracture or a foreign body, "
                "nor tell bacterial from viral pneumonia.",
                gate,
                "It knows nothing of the child: no symptoms, no earlier image.",
            ),
        ),
        (
            "What the heatmap is",
            (
                "Grad-CAM: where the image raised the model’s score for one class.",
                "It shows what the model used, not where the disease is, and not why.",
            ),
        ),
    )


_FOOT = (
    "Not a medical device. For research and teaching; a physician reads the radiograph and decides. Uploads stay in "
    "the server’s memory while the page is open and are written nowhere."
)

if __name__ == "__main__":
    render()
