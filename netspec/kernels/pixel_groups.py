"""Weights of a convolution with few output channels, for several neighbouring pixels at once.

Six output channels fill six of sixteen lanes of a vector. Two pixels side by side fill twelve: their windows overlap, so one
matrix has for every element of both windows a row of 2 · 6 columns, with zeros where a pixel's window does not reach.
"""

from __future__ import annotations

from netspec.kernels.abi import In, Out, cast, kernel


@kernel
def spread_weights(
    chunk: int, chunks: int, w: In, wide: Out, lines: int, reach: int, step: int, outputs: int, pixels: int
) -> None:
    """w (lines, reach, O) → wide (lines, reach + (G − 1) · step, G · O); pixel g of a group begins g · step further on."""
    length = reach + (pixels - 1) * step
    wide[: lines * length * pixels * outputs] = cast(w, 0)
    for line in range(lines):
        for k in range(reach):
            source = w[(line * reach + k) * outputs :]
            for g in range(pixels):
                target = wide[((line * length + k + g * step) * pixels + g) * outputs :]
                for o in range(outputs):
                    target[o] = source[o]


@kernel
def gather_weights(
    chunk: int, chunks: int, wide: In, dw: Out, parts: int, lines: int, reach: int, step: int, outputs: int, pixels: int
) -> None:
    """dw (lines, reach, O) = the sums over `parts` and over the pixels of wide (parts, …), the inverse of `spread_weights`."""
    length = reach + (pixels - 1) * step
    dw[: lines * reach * outputs] = cast(dw, 0)
    for part in range(parts):
        for line in range(lines):
            for k in range(reach):
                target = dw[(line * reach + k) * outputs :]
                for g in range(pixels):
                    source = wide[(((part * lines + line) * length + k + g * step) * pixels + g) * outputs :]
                    for o in range(outputs):
                        target[o] += source[o]
