"""axe-core over a page as it stands, in light and dark, on a wide and on a narrow screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.walking import NARROW, TALL, WIDE, at_rest

BLOCKING = ("critical", "serious", "moderate")
"""What may not remain. Only what axe calls minor may."""

LOOKS = tuple(product(("dark", "light"), (NARROW, WIDE)))
OPPOSITE = (LOOKS[0], LOOKS[-1])
"""Each theme and each width once: for the many states of a page that is checked in all looks elsewhere."""


@dataclass(frozen=True)
class Allowed:
    """A finding in Streamlit's own markup, which no setting or style of ours can mend.

    Attributes:
        rule: of axe.
        selector: that the element itself must match.
        reason: why it does no harm.
    """

    rule: str
    selector: str
    reason: str


ALLOWED: tuple[Allowed, ...] = (
    Allowed(
        "region",
        "#stFloatingOverlayPortal",
        "Tooltips and menus are drawn at the end of the document, beside every landmark; they belong to the control "
        "that has the focus, which names them.",
    ),
)

# A control that lies over its own row or picture hides from axe what is below it, whose contrast could then not be
# told. So do Plotly's layers for the mouse.
_SEE_THROUGH = """
[class*="st-key-open-C-"], [class*="st-key-open-C-"] *, [class*="st-key-take-"], [class*="st-key-take-"] *,
.js-plotly-plot .draglayer, .js-plotly-plot .draglayer *, .js-plotly-plot .legendtoggle {
  pointer-events: none !important;
}"""

_RUN = """async ([blocking, allowed]) => {
    const {violations} = await axe.run(document, {resultTypes: ["violations"], elementRef: true});
    const known = (rule, element) => allowed.some(([id, selector]) => id === rule.id && element?.matches(selector));
    return violations.filter(rule => blocking.includes(rule.impact)).flatMap(rule => rule.nodes
        .filter(node => !known(rule, node.element))
        .map(node => `${rule.id} (${rule.impact}): ${node.html.slice(0, 200)} at ${node.target}. `
            + node.failureSummary.replace(/\\s+/g, " ")));
}"""


def faults(page: Page, state: str, looks: Sequence[tuple[str, int]] = OPPOSITE) -> list[str]:
    """What axe finds on a page, which is left in the last look.

    Args:
        page: in the state to be checked.
        state: its name, for the message.
        looks: theme and width, pixels.

    Returns:
        A line for each finding that may not remain.
    """
    found: list[str] = []
    for scheme, width in looks:
        show(page, scheme, width)
        sheet = page.add_style_tag(content=_SEE_THROUGH)
        if not page.evaluate("'axe' in window"):
            page.evaluate(AXE_SCRIPT)
        allowed = [[one.rule, one.selector] for one in ALLOWED]
        found += [f"{state}, {scheme}, {width} px: {line}" for line in page.evaluate(_RUN, [list(BLOCKING), allowed])]
        sheet.evaluate("sheet => sheet.remove()")
    return found


def show(page: Page, scheme: str, width: int) -> None:
    """Let a page be drawn in light or dark, for a screen.

    Args:
        page: of the app.
        scheme: "light" or "dark".
        width: of the screen, pixels.
    """
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    page.set_viewport_size({"width": width, "height": TALL})
    page.wait_for_function(
        "scheme => getComputedStyle(document.querySelector('.stApp')).colorScheme === scheme", arg=scheme
    )
    at_rest(page)
