"""What a report is made of: plain frozen data, drawn once as HTML and once as PDF."""

from __future__ import annotations

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Paragraph:
    """Running text.

    Attributes:
        text: as it stands; no markup.
        loud: whether it must not be overlooked.
    """

    text: str
    loud: bool = False


@dataclass(frozen=True)
class Points:
    """A list.

    Attributes:
        items: one text each.
        numbered: whether they are counted from 1.
    """

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Table:
    """Rows under a head.

    Attributes:
        caption: what they tell.
        head: name of each column.
        rows: of as many cells as the head has.
        widths: share of the page's width, one a column, in any unit; the same for all if empty.
        left: how many of the first columns hold words; the others hold numbers and are set to the right.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...] = ()
    left: int = 1

    def __post_init__(self) -> None:
        """Refuse a table that cannot be drawn.

        Raises:
            ValueError: if a row, or the widths, has not as many cells as the head.
        """
        lengths = {len(row) for row in self.rows} | ({len(self.widths)} if self.widths else set())
        if lengths - {len(self.head)}:
            raise ValueError(f"Table {self.caption!r} has {len(self.head)} columns, and rows or widths of {lengths}.")


@dataclass(frozen=True)
class Figure:
    """A drawing.

    Attributes:
        caption: what it shows.
        alternative: the same in words, for who cannot see it.
        svg: the drawing, an SVG document.
        share: of the page's width, 0 to 1.
    """

    caption: str
    alternative: str
    svg: str
    share: float = 1.0


Block = Paragraph | Points | Table | Figure


@dataclass(frozen=True)
class Section:
    """A heading with what stands under it.

    Attributes:
        title: the heading.
        blocks: in order.
    """

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole report.

    Attributes:
        title: of the document.
        subtitle: one line below it.
        facts: name and value, such as the model's version.
        sections: in order.
        created: when the newest of its figures was measured, ISO date and time, UTC.
        footer: at the foot of each page.
    """

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    created: str
    footer: str


def left_out(title: str, file: str, command: str) -> Section:
    """A section whose file is not there.

    Args:
        title: its heading.
        file: the file's name.
        command: what writes the file.
    """
    return Section(title, (Paragraph(f"Left out: there is no {file}; `{command}` writes it."),))


def numbered(sections: tuple[Section, ...]) -> tuple[Section, ...]:
    """Count sections, tables and figures from 1, each in the order of the document."""
    counts = {Table: 0, Figure: 0}
    done = []
    for number, section in enumerate(sections, start=1):
        blocks: list[Block] = []
        for block in section.blocks:
            if isinstance(block, Table | Figure):
                kind = type(block)
                counts[kind] += 1
                named = f"{kind.__name__} {counts[kind]}. {block.caption}"
                blocks.append(replace(block, caption=named))
            else:
                blocks.append(block)
        done.append(Section(f"{number}  {section.title}", tuple(blocks)))
    return tuple(done)
