"""What the input gate refuses, and what a refused picture comes with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.wording.numbers import percent, percent_range

if TYPE_CHECKING:
    from app.measured import GateMeasured, Impostor

NOT_SCORED = "Not scored: this is not taken for a frontal chest radiograph"


WHAT_TO_DO = (
    "If it is a frontal chest radiograph of a child: turn it upright, undo an inversion so that bone is white, or "
    "export it again, uncropped and in grey, and drop that file."
)


NO_FIGURE_HOLDS = (
    "The figures below were measured on frontal chest radiographs. Of a picture that is refused they say nothing."
)


def as_sentence(text: str) -> str:
    """The end of a sentence, such as an input gate's reason, as a sentence of its own."""
    text = text.strip().rstrip(".")
    return f"{text[:1].upper()}{text[1:]}." if text else ""


def refused_warning(reason: str) -> str:
    """What stands on everything that comes of a picture which was refused and scored all the same.

    Args:
        reason: of the input gate.
    """
    return (
        "Scored although it is not taken for a frontal chest radiograph. "
        f"{as_sentence(reason)} The verdict may mean nothing."
    )


def gate_card(gate: GateMeasured | None, *, has_gate: bool) -> str:
    """What checks that a picture is a chest radiograph, in a sentence or two.

    Args:
        gate: what it was measured to do.
        has_gate: whether there is one at all.
    """
    if not has_gate:
        return "It does not check that a picture is a chest radiograph: anything gets an answer."
    if gate is None:
        return "A check refuses what it does not take for a frontal chest radiograph; how well was not recorded."
    return (
        "A check refuses what it does not take for a frontal chest radiograph. Measured: it refused "
        f"{gate_refused(gate)}, and, wrongly, {gate.refused:,} of {gate.scans:,} validation scans. Whether it refuses "
        "lateral views or adults was not measured."
    )


def gate_refused(gate: GateMeasured) -> str:
    """How many other pictures were refused, kinds that the gate was taught apart from the others."""
    taught = _refused_of([one for one in gate.impostors if one.taught])
    others = _refused_of([one for one in gate.impostors if not one.taught])
    parts = [f"{taught} it was taught to refuse"] if taught else []
    return " and ".join([*parts, f"{others} it was not"] if others else parts)


def _refused_of(impostors: list[Impostor]) -> str:
    """Such as "80 of 82 pictures of 3 kinds"; empty without a kind."""
    refused, pictures = (sum(getattr(one, name) for one in impostors) for name in ("refused", "pictures"))
    number = len(impostors)
    return f"{refused:,} of {pictures:,} pictures of {number} kind{'' if number == 1 else 's'}" if number else ""


def false_refusal_sentence(gate: GateMeasured) -> str:
    """How often a real scan is refused."""
    return (
        f"Refused wrongly: {gate.refused:,} of {gate.scans:,} validation scans, "
        f"{percent(gate.refused / max(1, gate.scans), 1)} (95 % interval "
        f"{percent_range(gate.low, gate.high)}). The limit was set on the same scans, so new ones may be refused more "
        "often."
    )
