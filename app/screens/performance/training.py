"""Placeholder; its writer replaces it."""

from __future__ import annotations

from app.screens.prelude import Page


def draw(page: Page) -> None:
    """Nothing yet."""
