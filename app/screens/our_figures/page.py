"""Our figures: how the model does on the cases of this database, and whether what comes in has changed."""

from __future__ import annotations

import streamlit as st

from app.records.agreement import setups
from app.records.values import RecordsError
from app.screens.our_figures import agreement, drift
from app.screens.prelude import open_page
from app.services import records as service
from app.ui import page as ui


def render() -> None:
    """Reader against model, then week by week."""
    page = open_page("Our figures", "How the model does on the cases of your own worklist.")
    if page is None:
        return
    try:
        records = service.database(page.settings)
        judged, weeks = records.judged(), records.weeks()
    except RecordsError as error:
        ui.problem("The cases cannot be read.", str(error))
        st.button("Try again", key="try-again", help="Asks the database once more.")
        return
    if not weeks:
        ui.empty("No case yet", "Score radiographs on the Worklist; once they are saved, their figures appear here.")
    elif not setups(judged):
        ui.empty("No case was reviewed yet", "Once cases are reviewed, the model’s figures on them appear here.")
    else:
        agreement.draw(page, judged)
    if weeks:
        drift.draw(page, weeks)
    ui.foot("Not a medical device. These figures describe the cases that were saved here, which are no random sample.")


if __name__ == "__main__":
    render()
