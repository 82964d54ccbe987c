"""What lies around a film is cut off, and a film's own dark margins stay."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from model.radiograph import Radiograph
from model.radiograph.border import cut_border, film_in
from model.radiograph.checks import MIN_SIDE
from model.scoring import prepare, said_of
from tests.made import made_radiograph
from tests.model.files import encoded

Grey = npt.NDArray[np.uint8]

GRAIN = np.random.default_rng(0).normal(60, 25, (300, 340))
FILM = np.clip(made_radiograph(1, pneumonia=True, size=(300, 340)) * 0.6 + GRAIN, 0, 250).astype(np.uint8)
HEIGHT, WIDTH = FILM.shape


def framed(film: Grey, *widths: float, grey: int) -> Grey:
    """A border above, below, on the left and on the right, as shares of the film's sides."""
    above, below, left, right = widths
    rows, columns = film.shape
    sizes = (round(above * rows), round(below * rows), round(left * columns), round(right * columns))
    return np.asarray(cv2.copyMakeBorder(film, *sizes, cv2.BORDER_CONSTANT, value=grey), dtype=np.uint8)


def as_jpeg(picture: Grey) -> Grey:
    return np.asarray(cv2.imdecode(np.frombuffer(encoded(picture, "JPEG", quality=80), np.uint8), 0), dtype=np.uint8)


def viewer(film: Grey, width: float) -> Grey:
    """A film in the black frame of a viewer, with text."""
    picture = framed(film, 0.03, 0.03, width, width, grey=0)
    for row, text in enumerate(("A B", "CHEST AP", "W 2000")):
        for left in (4, picture.shape[1] - 60):
            cv2.putText(picture, text, (left, 20 + 16 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.35, 230, 1, cv2.LINE_AA)
    return picture


BORDERS = {
    **{
        f"{grey} around, {width:.0%}": framed(FILM, *[width] * 4, grey=grey)
        for grey in (0, 20, 128, 255)
        for width in (0.03, 0.05, 0.1, 0.15, 0.25)
    },
    "white above": framed(FILM, 0.1, 0, 0, 0, grey=255),
    "white below": framed(FILM, 0, 0.05, 0, 0, grey=255),
    "white on the right": framed(FILM, 0, 0, 0, 0.1, grey=255),
    "black on the left": framed(FILM, 0, 0, 0.25, 0, grey=0),
    "black left and right": framed(FILM, 0, 0, 0.2, 0.2, grey=0),
    "a black frame on a white page": framed(framed(FILM, *[0.1] * 4, grey=0), *[0.08] * 4, grey=255),
    "a viewer": viewer(FILM, 0.3),
}


@pytest.mark.parametrize("kind", BORDERS)
@pytest.mark.parametrize("change", [np.asarray, as_jpeg], ids=["as it is", "as a JPEG"])
def test_a_border_is_cut_off(kind: str, change: object) -> None:
    assert callable(change)
    film = film_in(change(BORDERS[kind]))
    # A JPEG's blocks along the edge are film and border in one.
    assert film.shape == pytest.approx((HEIGHT, WIDTH), abs=20 if change is as_jpeg else 10)


def test_a_film_and_its_own_margins_stay() -> None:
    assert film_in(FILM) is FILM
    for margin in (
        framed(FILM, 0, 0, 0.1, 0, grey=0),
        framed(FILM, 0, 0, 0.08, 0.08, grey=10),
        made_radiograph(2, pneumonia=False),
    ):
        assert film_in(margin) is margin


def test_what_would_be_too_small_stays_whole() -> None:
    small = framed(FILM[:MIN_SIDE, :MIN_SIDE], *[1.2] * 4, grey=255)
    assert film_in(small) is small
    even = np.full((100, 100), 200, np.uint8)
    assert film_in(even) is even


def test_the_remark_goes_with_every_result() -> None:
    radiograph = cut_border(Radiograph(BORDERS["white above"], "PNG"))
    assert radiograph.pixels.shape == FILM.shape
    (remark,) = said_of(radiograph, None)
    assert "border" in remark
    whole = Radiograph(FILM, "PNG")
    assert cut_border(whole) is whole
    prepared = prepare(encoded(BORDERS["white above"]), "a.png")
    assert prepared.radiograph is not None
    assert (prepared.result.size, prepared.radiograph.remarks) == (FILM.shape, (remark,))
