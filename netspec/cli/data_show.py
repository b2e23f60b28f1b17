"""`netspec data show`: training samples as the network gets to see them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from netspec.cli import console
from netspec.cli.errors import CliError, ExitCode
from netspec.cli.options import AsFormat, Format, Overrides, Spec

EXAMPLE = """
netspec data show digits -o sheet.png
netspec data show hymenoptera -o sheet.png --samples 6 --epochs 5
"""

Output = Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The picture to write (.png).")]
Samples = Annotated[int, typer.Option("--samples", metavar="N", min=1, max=200, help="How many training samples.")]
Epochs = Annotated[int, typer.Option("--epochs", metavar="N", min=1, max=50, help="Epochs side by side.")]


def data_show(
    spec: Spec,
    output: Output,
    samples: Samples = 8,
    epochs: Epochs = 7,
    overrides: Overrides = None,
    format: AsFormat = Format.TEXT,
) -> int:
    """Draw some training samples: as they are, and as augmentation makes them in the first epochs.

    Without `augment` under [data] the samples fill the rows. Masks are tinted, boxes are drawn.
    """
    from netspec.cli.loading import load_spec
    from netspec.datasets.contact_sheet import contact_sheet
    from netspec.training.inputs import augmenter_for, data_for

    loaded = load_spec(spec, overrides)
    if loaded.data is None:
        raise CliError(f"{spec}: the spec names no data", "add [data] with a type")
    if output.suffix.lower() != ".png":
        raise CliError(f"--output {output}: is no PNG file by name", "end the name with .png")
    data = data_for(loaded, None)
    count = samples if data.augment else samples * (epochs + 1)
    sheet = contact_sheet(data, augmenter_for(loaded, data), samples=count, epochs=epochs, seed=loaded.seed)
    try:
        sheet.save(output)
    except OSError as error:
        raise CliError(f"{output}: cannot be written ({error.strerror or error})", "name another file") from error
    shown = min(count, len(data.train))
    if format is Format.JSON:
        console.print_json({"file": str(output), "samples": shown, "epochs": epochs if data.augment else 0})
    else:
        what = (
            f", {console.plural(epochs, 'epoch')} each"
            if data.augment
            else "; nothing varies them (no augment under [data])"
        )
        console.stdout().print(f"{output}: {console.plural(shown, 'sample')}{what}", markup=False, soft_wrap=True)
    return ExitCode.OK
