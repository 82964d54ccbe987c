"""Style transfer: another scan's sharpness, noise and grey-value distribution on this child's anatomy.

In this data set the look reveals the class: the normal scans are larger files, sharper when reduced, and exposed
differently. A network that relies on it classifies a soft normal scan as pneumonia. Giving each scan the look of
another one, of either class equally often, removes that shortcut (Fourier-domain augmentation after Yang and Soatto
2020 and Xu et al. 2021, but on the radial mean of the spectrum, so no anatomy is transferred).
"""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt
from scipy import fft

from model.variation import to_grey

Grey = npt.NDArray[np.uint8]

_RINGS = 32  # between zero and the Nyquist frequency of one axis
_MOST_GAIN = 8.0


def match_spectrum(scan: Grey, other: Grey, share: float) -> Grey:
    """Give a scan the fall-off of another one's amplitude spectrum: its sharpness and noise, not its anatomy.

    Args:
        scan: uint8, shape (size, size).
        other: uint8, shape (size, size).
        share: how far to go, 0 (not at all) to 1 (all the way), on the log of the amplitude.

    Returns:
        uint8, shape (size, size), with the mean grey of `scan`.
    """
    ring = _rings(scan.shape[0])
    spectrum = fft.rfft2(scan.astype(np.float32))
    gain = (_radial_mean(fft.rfft2(other.astype(np.float32)), ring) + 1.0) / (_radial_mean(spectrum, ring) + 1.0)
    gain = np.clip(gain, 1 / _MOST_GAIN, _MOST_GAIN) ** share
    gain[0] = 1.0
    return to_grey(fft.irfft2(spectrum * gain.astype(np.float32)[ring], s=scan.shape))


def match_grey_values(scan: Grey, other: Grey, share: float) -> Grey:
    """Give a scan the distribution of grey values of another one (histogram matching).

    Args:
        scan: uint8, shape (size, size).
        other: uint8, any shape.
        share: how far to go, 0 (not at all) to 1 (all the way), on the grey value.

    Returns:
        uint8, shape (size, size); brighter stays brighter.
    """
    grey = np.arange(256)
    wanted = np.interp(_cumulative(scan), _cumulative(other), grey)
    return to_grey((1.0 - share) * grey + share * wanted)[scan]


def _cumulative(scan: Grey) -> npt.NDArray[np.float64]:
    counts = np.bincount(scan.ravel(), minlength=256)
    # Half of a grey value's own share counts as below it; otherwise flat scans turn white.
    return (np.cumsum(counts) - 0.5 * counts) / scan.size


@functools.lru_cache(maxsize=4)
def _rings(size: int) -> npt.NDArray[np.intp]:
    """Which ring each frequency of `rfft2` lies in; ring 0 holds the mean and the coarsest shapes."""
    radius = np.hypot(fft.fftfreq(size)[:, np.newaxis], fft.rfftfreq(size)[np.newaxis])
    ring: npt.NDArray[np.intp] = np.minimum((radius * 2 * _RINGS).astype(np.intp), int(1.45 * _RINGS))
    return ring


def _radial_mean(spectrum: npt.NDArray[np.complex64], ring: npt.NDArray[np.intp]) -> npt.NDArray[np.float64]:
    count = np.bincount(ring.ravel())
    total = np.bincount(ring.ravel(), weights=np.abs(spectrum).ravel())
    mean: npt.NDArray[np.float64] = total / np.maximum(count, 1)
    return mean
