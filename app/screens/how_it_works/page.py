"""How it works: one radiograph on its way through the real network, how the network learned, and the glossary."""

from __future__ import annotations

from app.screens.how_it_works import answers, evidence, film, glossary, layers, learning
from app.screens.prelude import failed, open_page, wait_for_model
from app.services.model import Failed, Ready
from app.ui import page as ui


def render() -> None:
    """The sections in order; those that show the network need a radiograph and the running model."""
    page = open_page("How does it work?", "One radiograph on its way through the network, step by step.")
    if page is None:
        return
    if isinstance(page.model, Failed):
        failed(page.model)
    else:
        glossary.draw_links()
        film.choose()
        if isinstance(page.model, Ready):
            scene = film.scene(page.model, page.settings.operating_point)
            if scene is not None:
                film.draw(scene)
                looked = layers.look(scene)
                if looked is not None:
                    layers.draw_filters(looked)
                    layers.draw_stages(looked)
                    evidence.draw_votes(scene, looked)
                    evidence.draw_score(scene, looked)
                answers.draw_variants(scene)
                answers.draw_sliders(scene)
        else:
            wait_for_model(page.settings.model_dir, "Its layers appear here in a few seconds.")
    learning.draw(page)
    glossary.draw()
    ui.foot("For research and teaching only. Uploads stay in the server’s memory while the page is open.")


if __name__ == "__main__":
    render()
