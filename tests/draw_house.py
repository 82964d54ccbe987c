"""Draw docs/house.svg: which part imports which, read from the source.

    python -m tests.draw_house

A part is a package, or a folder of `app`; each stands one floor above the highest part that it imports. An arrow that
follows from others is left out: services import records directly, too, not only through reports.
"""

from __future__ import annotations

from graphlib import TopologicalSorter
from html import escape

from tests.test_architecture import ALLOWED, ROOT, module_graph

PICTURE = ROOT / "docs" / "house.svg"
BOX = 118, 42
GAP = 28, 46
MARGIN = 20
STYLE = (
    "text{font:14px sans-serif;fill:#15242d;text-anchor:middle;dominant-baseline:central}"
    "rect.part{fill:#dcebf0;stroke:#0b6580}path{fill:none;stroke:#6b7d88;marker-end:url(#tip)}"
)


def part_of(module: str) -> str:
    """Such as "app.ui" for "app.ui.page", and "model" for all of it."""
    names = module.split(".")
    return ".".join(names[:2]) if names[0] == "app" and len(names) > 1 else names[0]


def house() -> dict[str, set[str]]:
    """The parts, and which parts each imports; the entry point, and settings, which all may import, are left out."""
    shown = {"model", "training"} | {f"app.{name}" for name in ALLOWED if name not in ("main", "settings")}
    parts: dict[str, set[str]] = {name: set() for name in shown}
    for module, imported in module_graph().items():
        if part_of(module) in shown:
            parts[part_of(module)] |= {part_of(name) for name in imported} & shown - {part_of(module)}
    reached: dict[str, set[str]] = {}
    for name in TopologicalSorter(parts).static_order():
        reached[name] = parts[name].union(*(reached[other] for other in parts[name]))
    return {name: targets - set().union(*(reached[other] for other in targets)) for name, targets in parts.items()}


def draw(parts: dict[str, set[str]]) -> str:
    """An SVG picture; arrows point from a part to those it imports."""
    floors: dict[str, int] = {}
    for name in TopologicalSorter(parts).static_order():
        floors[name] = max((floors[other] + 1 for other in parts[name]), default=0)
    rows = [sorted(name for name in floors if floors[name] == floor) for floor in range(max(floors.values()) + 1)]
    width = max(len(row) for row in rows) * (BOX[0] + GAP[0]) - GAP[0] + 2 * MARGIN
    height = len(rows) * (BOX[1] + GAP[1]) - GAP[1] + 2 * MARGIN
    places = {
        name: (width * (2 * at + 1) / (2 * len(row)), height - MARGIN - BOX[1] / 2 - floor * (BOX[1] + GAP[1]))
        for floor, row in enumerate(rows)
        for at, name in enumerate(row)
    }
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" aria-labelledby="title">',
        '<title id="title">Which part imports which; docs/architecture.md says it in words.</title>',
        f'<style>{STYLE}</style><rect width="100%" height="100%" fill="#fff"/>',
        '<marker id="tip" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        '<path d="M0 0 8 4 0 8z" style="fill:#6b7d88;stroke:none"/></marker>',
    ]
    for name in sorted(parts):
        for other in sorted(parts[name]):
            (x, y), (to_x, to_y) = places[name], places[other]
            y, to_y = y + BOX[1] / 2, to_y - BOX[1] / 2
            bend = (to_y - y) / 2
            lines.append(
                f'<path d="M{x:.0f} {y:.0f}'
                f'C{x:.0f} {y + bend:.0f} {to_x:.0f} {to_y - bend:.0f} {to_x:.0f} {to_y:.0f}"/>'
            )
    for name, (x, y) in sorted(places.items()):
        corner = f'x="{x - BOX[0] / 2:.0f}" y="{y - BOX[1] / 2:.0f}"'
        lines.append(f'<rect class="part" {corner} width="{BOX[0]}" height="{BOX[1]}" rx="6"/>')
        lines.append(f'<text x="{x:.0f}" y="{y:.0f}">{escape(name.replace(".", "/"))}</text>')
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(draw(house()), encoding="utf-8")
