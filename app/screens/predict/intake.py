"""What comes in: a file or a sample. Once there is a radiograph, both fold away into one line."""

from __future__ import annotations

import streamlit as st

from app.screens.predict import demo
from app.services import opened
from app.services.radiographs import keep_uploads_in_memory
from app.ui import page as ui

_SAMPLE_WIDTH = 75


def subtitle() -> str:
    """What the page does; nothing once there is a film, which needs the room."""
    if demo.is_running() or opened.current().film is not None:
        return ""
    return "A neural network scores a frontal chest radiograph of a child and shows where it looked."


def draw() -> bool:
    """Uploader and samples, and what is wrong with the file; returns whether a radiograph is open."""
    now = opened.current()
    if now.film is None:
        _large()
    else:
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key="on-the-page"):
            st.markdown(f"**{ui.plain(now.film.name)}**", width="content")
            with st.popover("Open another", key=f"open-{opened.uploader_key()}", on_change="rerun"):
                _uploader()
                _samples()
                demo.start_button()
            st.button("Clear", key="clear", help="Removes the radiograph from page and memory.", on_click=_clear)
    if now.problem:
        ui.problem("This file cannot be scored.", now.problem)
    return now.film is not None


def _large() -> None:
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _uploader()
        demo.start_button()
    with right:
        _samples()


def _uploader() -> None:
    keep_uploads_in_memory()
    key = opened.uploader_key()
    st.file_uploader(
        "Radiograph: DICOM, PNG, JPEG, TIFF …",
        key=key,
        on_change=opened.take_upload,
        args=(key,),
        help="With or without a file extension. The file stays in the server’s memory and is not written to disk.",
    )


def _samples() -> None:
    files = opened.samples()
    if not files:
        return
    ui.note("Or a sample: each is a composite of several radiographs, not a real patient.")
    with st.container(horizontal=True, gap="xsmall"):
        for file in files:
            with st.container(key=f"sample-{file.stem}", width=_SAMPLE_WIDTH, gap="xxsmall"):
                st.image(str(file), width="stretch", alt="")
                title = opened.title_of(file)
                st.button(title, key=f"take-{file.stem}", on_click=opened.open_sample, args=(file,), width="stretch")


def _clear() -> None:
    opened.put(opened.Opened())
