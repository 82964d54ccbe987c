"""What the network reads, its first filters, and how its maps shrink."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import streamlit as st

from app.components import markup, tables
from app.how_page import pictures
from app.how_page.scene import colour_key, row_of_pictures, section
from app.services import inspection
from app.wording import how, size_in_words
from app.wording.glossary import tooltip
from model.inspection import favourite_stripes

if TYPE_CHECKING:
    from app.how_page.scene import Looked, Scene

_WIDTH = 350
_SHEET_MAPS = 24
_STRIPES_SIDE = 56


def reads(scene: Scene) -> None:
    """From the file to what the network reads."""
    spec = scene.predictor.manifest.input
    section("reads", "1 · What the network reads", "A small square picture, and nothing else.")
    squashed, windowed = inspection.as_read(scene.predictor, scene.case)
    height, width = scene.case.radiograph.pixels.shape
    two = [(squashed, "squashed to a square"), (windowed, "grey values stretched: what the network reads")]
    drawn = [
        (
            pictures.plain_png(np.repeat(one[..., np.newaxis], 3, axis=2)),
            caption.capitalize(),
            f"The radiograph {caption}",
        )
        for one, caption in two
    ]
    original = (scene.case.shown_png, f"The file: {size_in_words(scene.case.radiograph)}", "The radiograph as read")
    row_of_pictures("reads", [original, *drawn], width=_WIDTH)
    markup.facts(how.reads_sentences(spec, height, width))


@st.fragment
def filters(looked: Looked) -> None:
    """The first filters, what they respond to, and ReLU."""
    found, inside = looked.inspector, looked.inside
    number = found.filters.shape[-1]
    section("filters", "2 · Filters look for small patterns", how.filters_intro(number, found.kernel))
    order = inspection.strongest(inside.after, number)
    labels = [str(place) for place in range(1, number + 1)]
    left, right = st.columns(2, gap="medium")
    weights = [pictures.signed(found.filters[..., k], pictures.limit_of(found.filters[..., k])) for k in order]
    responses = [pictures.bright(inside.after[..., k], pictures.limit_of(inside.after[..., k])) for k in order]
    left.image(
        pictures.sheet(weights, columns=8, side=96, labels=labels),
        caption=f"The {number} filters, the one that responds most to this radiograph first",
        width="stretch",
        alt=f"The weights of {number} filters of {found.kernel} by {found.kernel}, in colour",
    )
    right.image(
        pictures.sheet(responses, columns=8, side=96, labels=labels),
        caption="What each found on this radiograph: bright where it fits",
        width="stretch",
        alt=f"The responses of the {number} filters to this radiograph",
    )
    colour_key()
    markup.panel_title("One filter, and ReLU", "Choose a filter and see what it looks for and what it finds.")
    chosen = st.slider("Filter", 1, number, 1, key="how-filter", help=tooltip("filter")) if number > 1 else 1
    _one_filter(looked, order[chosen - 1], chosen)


def _one_filter(looked: Looked, channel: int, shown: int) -> None:
    weights, before = looked.inspector.filters[..., channel], looked.inside.before[..., channel]
    after, limit = looked.inside.after[..., channel], pictures.limit_of(before)
    pattern = favourite_stripes(weights)
    row_of_pictures(
        "filter",
        [
            (
                pictures.sheet([pictures.signed(weights, pictures.limit_of(weights))], columns=1, side=256),
                f"Filter {shown}: its weights",
                f"The weights of filter {shown}",
            ),
            (
                pictures.sheet([pictures.stripes(pattern, _STRIPES_SIDE)], columns=1, side=256),
                "The stripes it responds to most, enlarged",
                how.stripes_sentence(pattern),
            ),
            (
                pictures.plain_png(pictures.signed(before, limit)),
                "Its response, before ReLU",
                "The response before ReLU: orange where it fits, blue where the opposite is there",
            ),
            (
                pictures.plain_png(pictures.bright(after, pictures.limit_of(after))),
                "After ReLU",
                "The response after ReLU: black where there was nothing or less",
            ),
        ],
        width=256,
    )
    markup.facts([how.stripes_sentence(pattern), how.relu_sentence(looked.inside, channel)])


@st.fragment
def stages(looked: Looked) -> None:
    """How the maps shrink, and the strongest of a stage."""
    found, inside = looked.inspector.stages, looked.inside
    section("stages", "3 · Maps get smaller and more numerous", how.shrinking_sentence(found, looked.inspector.size))
    best = [inside.maps[stage.key][..., inspection.strongest(inside.maps[stage.key], 1)[0]] for stage in found]
    # At its true size: stretched, the smallest maps would no longer look small.
    st.image(
        pictures.shrinking(best),
        caption="The strongest map after each step, at its true size",
        alt=f"One map after each of {len(found)} steps, getting smaller from left to right",
    )
    titles = [how.stage_title(stage, number) for number, stage in enumerate(found, start=1)]
    tables.draw_table(
        ("Step", "Size", "Maps", "Numbers"),
        [
            (
                title,
                (
                    tables.Cell(f"{stage.width} × {stage.height}"),
                    tables.Cell(f"{stage.channels:,}"),
                    tables.Cell(f"{stage.width * stage.height * stage.channels:,}"),
                ),
            )
            for title, stage in zip(titles, found, strict=True)
        ],
        caption="Read from the network. ReLU comes after each step of convolutions. Numbers: size times maps.",
        kind="grid",
    )
    number = st.selectbox(
        "Maps after step",
        range(len(found)),
        index=len(found) - 1,
        format_func=titles.__getitem__,
        key="how-stage",
        help=tooltip("feature-map"),
    )
    maps = inside.maps[found[number].key]
    order = inspection.strongest(maps, _SHEET_MAPS)
    limit = pictures.limit_of(maps[..., list(order)])
    st.image(
        pictures.sheet([pictures.bright(maps[..., k], limit) for k in order], columns=8, side=112),
        caption=f"The {len(order)} strongest of {maps.shape[-1]} maps after step {number + 1}, enlarged",
        width="stretch",
        alt=f"{len(order)} feature maps, bright where the network found what each stands for",
    )
