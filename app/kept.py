"""What the viewer's controls keep for the session: a widget's own key would be dropped on a visit to another page."""

from __future__ import annotations

import streamlit as st


def restored(name: str, default: object) -> str:
    """The key of a widget that is given back what it held before a visit to another page.

    Args:
        name: under which its value is kept; whoever draws the widget keeps the value there.
        default: of a widget that was never drawn.

    Returns:
        The widget's key.
    """
    key = f"{name}-widget"
    st.session_state.setdefault(key, st.session_state.get(name, default))
    return key
