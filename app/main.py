"""Entry point: `streamlit run app/main.py`. Page config, who may come in, and navigation, nothing else."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

# `streamlit run` puts only app/ on the path; `app` and `model` are found from the root.
ROOT = Path(__file__).resolve().parent.parent
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from app.auth import guard  # noqa: E402
from app.ui.page import style  # noqa: E402

ASSETS = ROOT / "assets"
TITLE = "Paediatric chest X-ray"

# Before the guard, so that what it draws has title, icon and style. No ":material/" icon here: for the tab's icon the
# browser would ask a font host.
st.set_page_config(page_title=TITLE, page_icon=str(ASSETS / "mark.svg"), layout="wide")
st.logo(str(ASSETS / ("logo_dark.svg" if st.context.theme.type == "dark" else "logo_light.svg")), size="large")
style()
guard.admit()
page = st.navigation(
    [
        st.Page("screens/predict/page.py", title="Predict", default=True),
        st.Page("screens/worklist/page.py", title="Worklist", url_path="worklist"),
        st.Page("screens/our_figures/page.py", title="Our figures", url_path="our_figures"),
        st.Page("screens/performance/page.py", title="Performance", url_path="performance"),
        st.Page("screens/how_it_works/page.py", title="How it works", url_path="how_it_works"),
        st.Page("screens/about/page.py", title="About", url_path="about"),
    ],
    position="top",
)
st.set_page_config(page_title=f"{page.title} · {TITLE}")
page.run()
