"""Options of the commands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

Data = Annotated[Path, typer.Option(help="The data folder.", show_default=False)]
Masks = Annotated[Path | None, typer.Option(help="Folder of lung outlines, <same path>.png.")]
NeededMasks = Annotated[Path, typer.Option(help="Folder of lung outlines, <same path>.png.", show_default=False)]
Originals = Annotated[
    Path | None,
    typer.Option(help="Folder of the original files of some images, under the same paths; the data folder has copies."),
]
Weights = Annotated[
    str | None, typer.Option(metavar="imagenet", help="Begin with what efficientnet_lite0 learned on ImageNet.")
]
Teachers = Annotated[list[Path] | None, typer.Option(metavar="ARTIFACT...", help="Models to distil into this one.")]
StartFrom = Annotated[Path | None, typer.Option(metavar="ARTIFACT", help="Begin with the weights of this model.")]
IntendedUseFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE", help="JSON that says for whom the model is meant.", show_default="training/intended_use.json"
    ),
]
Artifact = Annotated[Path, typer.Option(help="Folder of the trained model.", show_default="model/pretrained")]
Preset = Annotated[str, typer.Option(help="The network: plain, residual or efficientnet_lite0.")]
Workers = Annotated[int | None, typer.Option(help="Threads that prepare batches.", show_default="one per core")]
Settings = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a setting, for example epochs=3.")
]
Ledger = Annotated[Path | None, typer.Option(help="Also record in this file that the test split was opened.")]

SEVERAL = ("--teachers", "--artifacts", "--others", "--only", "--set")
"""Options that take one or more values."""


def one_value_each(arguments: Sequence[str]) -> Iterator[str]:
    """Turn `--teachers a b` into `--teachers a --teachers b`, the only form that typer reads.

    No command takes positional arguments, so the values of an option end where the next option begins.
    """
    option, values = "", 0
    for argument in arguments:
        if argument.startswith("-"):
            option, values = argument, 0
        elif option in SEVERAL:
            values += 1
            if values > 1:
                yield option
        yield argument


class FitCommand(TyperCommand):
    """`fit`, whose help lists every setting; only the help imports them, without Keras."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # noqa: ANN401, ARG002 - typer's signature
        """Write the settings below the options."""
        from training.config import PRESETS, settings

        formatter.write("\nSettings for --set, with the defaults of --preset residual:\n")
        for row in settings(PRESETS["residual"]):
            formatter.write(f"  {f'{row.key}={row.default}':34} {row.kind}{row.allowed and ', '}{row.allowed}\n")
