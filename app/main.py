"""Entry point: `streamlit run app/main.py`. Page config, who may come in, and navigation, nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

# `streamlit run` puts only app/ on the path; `app` and `model` are found from the root.
ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from app import access  # noqa: E402

ASSETS = ROOT / "assets"
TITLE = "Paediatric chest X-ray"

# Before the guard, so that what it draws has title and icon, too. No ":material/" icon here: for the tab's icon the
# browser would ask a font host.
st.set_page_config(page_title=TITLE, page_icon=str(ASSETS / "mark.svg"), layout="wide")
st.logo(str(ASSETS / ("logo_dark.svg" if st.context.theme.type == "dark" else "logo_light.svg")), size="large")
access.guard()
page = st.navigation(
    [
        st.Page("app_pages/predict.py", title="Predict", default=True),
        st.Page("app_pages/worklist.py", title="Worklist"),
        st.Page("app_pages/performance.py", title="Performance"),
        st.Page("app_pages/how_it_works.py", title="How it works"),
        st.Page("app_pages/about.py", title="About"),
    ],
    position="top",
)
st.set_page_config(page_title=f"{page.title} · {TITLE}")
page.run()
