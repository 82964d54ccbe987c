"""The first filters with what they find, and how feature maps become smaller and more numerous."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app.screens.how_it_works import pictures
from app.services import inspection
from app.ui import page as ui
from app.ui.glossary import tooltip
from app.ui.numbers import percent, word
from app.ui.table import table
from model.errors import ChestXrayError
from model.inspection import favourite_stripes

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.screens.how_it_works.film import Scene
    from model.inspection import Inside, Inspector, Stage, Stripes

_SHEET_MAPS = 24
_STRIPES_SIDE = 56


@dataclass(frozen=True, eq=False)
class Looked:
    """What the layers computed on the radiograph, and the inspector that looked."""

    scene: Scene
    inspector: Inspector
    inside: Inside

    def drawn(self, name: str, make: Callable[[], bytes]) -> bytes:
        """A picture that is made once for each radiograph; its name holds all that changes it."""
        return inspection.drawn(self.scene.predictor, self.scene.film, name, make)


def look(scene: Scene) -> Looked | None:
    """Look into the network; None where its layers cannot be shown, which is then said."""
    try:
        return Looked(scene, inspection.inspector(scene.predictor), inspection.inside(scene.predictor, scene.film))
    except ChestXrayError as error:
        ui.problem("The layers of this network cannot be shown.", str(error))
        return None


@st.fragment
def draw_filters(looked: Looked) -> None:
    """The first filters, what they find, and one of them in detail."""
    inspector, inside = looked.inspector, looked.inside
    number = inspector.filters.shape[-1]
    ui.section(
        "2 · Filters find small patterns",
        f"The first layer slides {number} small grids of {inspector.kernel} × {inspector.kernel} weights over the "
        "picture. Each records how well it matches at every place. Training set these weights; nobody drew them.",
        anchor="how-filters",
    )
    order = inspection.strongest(inside.after, number)

    def weights() -> bytes:
        grids = [inspector.filters[..., channel] for channel in order]
        return pictures.sheet(
            [pictures.signed(one, pictures.limit_of(one)) for one in grids], columns=8, side=96, labelled=True
        )

    def responses() -> bytes:
        maps = [inside.after[..., channel] for channel in order]
        return pictures.sheet(
            [pictures.bright(one, pictures.limit_of(one)) for one in maps], columns=8, side=96, labelled=True
        )

    left, right = st.columns(2, gap="medium")
    left.image(
        looked.drawn("filters", weights),
        caption=f"The weights of the {number} filters, strongest response first. {pictures.COLOUR_KEY}",
        width="stretch",
        alt=f"The weights of {number} filters of {inspector.kernel} by {inspector.kernel}, in colour",
    )
    right.image(
        looked.drawn("responses", responses),
        caption="Their responses to this radiograph, in the same order: bright where the filter matches",
        width="stretch",
        alt=f"The responses of the {number} filters to this radiograph",
    )
    ui.panel_title("One filter, step by step")
    chosen = 1
    if number > 1:
        chosen = st.slider(
            "Filter", 1, number, 1, key="how-filter", persist_state="session", help=tooltip("filter"), width=420
        )
    _draw_filter(looked, order[chosen - 1], chosen)


def _draw_filter(looked: Looked, channel: int, shown: int) -> None:
    weights, before = looked.inspector.filters[..., channel], looked.inside.before[..., channel]
    after = looked.inside.after[..., channel]
    pattern = favourite_stripes(weights)
    grid = pictures.sheet([pictures.signed(weights, pictures.limit_of(weights))], columns=1, side=256)
    waves = pictures.sheet([pictures.stripes(pattern, _STRIPES_SIDE)], columns=1, side=256)
    response = pictures.png(pictures.signed(before, pictures.limit_of(before)))
    kept = pictures.png(pictures.bright(after, pictures.limit_of(after)))
    pictures.row(
        "filter",
        [
            (grid, f"Filter {shown}: its weights", f"The weights of filter {shown}"),
            (waves, "The stripes it responds to most, enlarged", _stripes_sentence(pattern)),
            (response, "Response before ReLU", "Orange where the filter matches, blue where the opposite is found"),
            (kept, "Response after ReLU", "Bright where the filter matches, black elsewhere"),
        ],
    )
    cut = percent(float((before <= 0).mean()))
    ui.facts(
        [
            _stripes_sentence(pattern),
            f"ReLU sets every value below zero to zero: {cut} of the {before.size:,} values of this map.",
        ]
    )


def _stripes_sentence(pattern: Stripes) -> str:
    if math.isinf(pattern.distance):
        return "It responds most to plain brightness, over areas without detail."
    turned = round(pattern.degrees) % 180
    slant = {0: "horizontal", 90: "vertical"}.get(turned, f"at {turned}° from horizontal")
    return f"It responds most to stripes {pattern.distance:.1f} pixels apart, {slant}."


@st.fragment
def draw_stages(looked: Looked) -> None:
    """How the maps shrink, and the strongest maps of one step."""
    stages, inside = looked.inspector.stages, looked.inside
    first, last = stages[0], stages[-1]
    size = looked.inspector.size
    ui.section(
        "3 · Maps become smaller and more numerous",
        f"From one picture of {size} × {size} to {last.channels} maps of {last.width} × {last.height}. The "
        f"{first.channels} early maps show exactly where an edge is. Late maps are coarse in place and rich in "
        f"meaning: each cell stands for {size / last.width:g} × {size / last.height:g} pixels and their surroundings.",
        anchor="how-stages",
    )
    titles = [_title(stage, number) for number, stage in enumerate(stages, start=1)]
    left, right = st.columns([2, 3], gap="medium")
    with left:
        # At its true size: stretched, the smallest maps would no longer look small.
        best = [inside.maps[stage.key][..., inspection.strongest(inside.maps[stage.key], 1)[0]] for stage in stages]
        st.image(
            pictures.shrinking(best),
            caption="The strongest map after each step, at its true size",
            alt=f"One map after each of {len(stages)} steps, smaller from left to right",
        )
        table(
            ("Step", "Size", "Maps", "Numbers"),
            [
                (
                    title,
                    f"{stage.width} × {stage.height}",
                    f"{stage.channels:,}",
                    f"{stage.width * stage.height * stage.channels:,}",
                )
                for title, stage in zip(titles, stages, strict=True)
            ],
            caption="Numbers: size times maps. ReLU follows each step of convolutions.",
        )
    with right:
        number = st.selectbox(
            "Maps after step", range(len(stages)), index=len(stages) - 1, format_func=titles.__getitem__,
            key="how-stage", persist_state="session", help=tooltip("feature-map"),
        )  # fmt: skip
        maps = inside.maps[stages[number].key]
        order = inspection.strongest(maps, _SHEET_MAPS)

        def strongest() -> bytes:
            limit = pictures.limit_of(maps[..., list(order)])
            return pictures.sheet([pictures.bright(maps[..., one], limit) for one in order], columns=6, side=112)

        st.image(
            looked.drawn(f"stage {number}", strongest),
            caption=f"The {len(order)} strongest of {maps.shape[-1]} maps after step {number + 1}, enlarged",
            width="stretch",
            alt=f"{len(order)} feature maps, bright where the network found their pattern",
        )


def _title(stage: Stage, number: int) -> str:
    if stage.kind == "pooling":
        return f"{number} · Pooling"
    return f"{number} · {word(stage.convolutions).capitalize()} convolution{'' if stage.convolutions == 1 else 's'}"
