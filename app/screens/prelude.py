"""How every page begins: style, heading, settings, rights, the state of the model and what was measured of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import streamlit as st

from app import settings as app_settings
from app.auth.guard import current_user
from app.services import measured, model
from app.settings import SettingsError
from app.ui import page as ui
from model.errors import ArtifactError

if TYPE_CHECKING:
    from pathlib import Path

    from app.auth.users import User
    from app.settings import Settings
    from model.records.measured import Measured

_POLL_S = 1.0


@dataclass(frozen=True, eq=False)
class Page:
    """What a page knows when it begins.

    Attributes:
        settings: of the app.
        user: who reads it; ask `current_user` again before anything is done.
        model: warming, failed or ready.
        measured: of the model; None without a usable manifest.
        problem: why `measured` is None, for the user; otherwise "".
    """

    settings: Settings
    user: User
    model: model.State
    measured: Measured | None
    problem: str = ""


def open_page(title: str, subtitle: str, *, needs_model: bool = False, needs_measured: bool = False) -> Page | None:
    """Begin a page, and start to load the model, so that nobody waits for it later.

    Args:
        title: heading of the page.
        subtitle: a sentence below it.
        needs_model: whether a model that cannot be used ends the page; one that is warming does not.
        needs_measured: whether a model without a usable manifest ends the page. Files that cannot be read are named.

    Returns:
        What the page knows; None where it cannot go on, which the page then says.
    """
    ui.heading(title, subtitle)
    user = current_user()
    if not user.may_see:
        ui.problem(
            "You do not have access to this page.", "Your account has no role here. Ask your administrator for one."
        )
        return None
    try:
        settings = app_settings.load()
    except SettingsError as error:
        ui.problem("A setting cannot be used.", str(error))
        return None
    state = model.state(settings.model_dir)
    if needs_model and isinstance(state, model.Failed):
        failed(state)
        return None
    known, problem = _measured(settings.model_dir)
    if needs_measured:
        if known is None:
            ui.problem("No figures: there is no usable model.", problem)
            return None
        for text in known.problems:
            ui.problem("Some figures cannot be shown.", text)
    return Page(settings, user, state, known, problem)


def failed(state: model.Failed) -> None:
    """Say that the model cannot be used, with a button that looks again."""
    ui.problem("The model cannot be used.", state.reason)
    st.button("Check again", help="Checks whether the model can be used now.")


@st.fragment(run_every=_POLL_S)
def wait_for_model(folder: Path, text: str) -> None:
    """Show that the model is warming up, and run the whole page again once it is not.

    Args:
        folder: of the model.
        text: what happens by itself then, such as "The verdict appears here in a few seconds."
    """
    if not isinstance(model.state(folder), model.Warming):
        st.rerun()
    ui.waiting(f"The model is warming up. {text}")


def _measured(folder: Path) -> tuple[Measured | None, str]:
    try:
        return measured.read(folder), ""
    except ArtifactError as error:
        return None, str(error)
