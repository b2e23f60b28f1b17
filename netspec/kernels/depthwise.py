"""Depthwise convolution: every channel has a window of its own, so vectors run over channels and nothing is summed across them.

Weights are (taps, C) here. x lies with its margins; dy without.
"""

from __future__ import annotations

from netspec.kernels.abi import In, Out, cast, kernel, span
from netspec.kernels.lanes import lanes, load, plus, splat, store, times


@kernel
def depthwise_forward(
    chunk: int, chunks: int, x: In, w: In, bias: In, y: Out, rows: int, high: int, wide: int, channels: int,
    out_height: int, out_width: int, kh: int, kw: int, sh: int, sw: int, dh: int, dw: int,
) -> None:  # fmt: skip
    """y = Σ x · w + bias from x (n, high, wide, C); a chunk is a range of the n · H' rows of y."""
    first, last = span(chunk, chunks, rows)
    zero = splat(x, cast(x, 0))
    for row in range(first, last):
        corner = (row // out_height * high + row % out_height * sh) * wide
        for c in range(0, channels, lanes(x)):
            rest = channels - c
            begin = load(bias, c, rest) if bias.size > 0 else zero
            for j in range(out_width):
                total = begin
                for r in range(kh):
                    line = (corner + r * dh * wide + j * sw) * channels + c
                    for s in range(kw):
                        product = times(load(x, line + s * dw * channels, rest), load(w, (r * kw + s) * channels + c, rest))
                        total = plus(total, product)
                store(y, (row * out_width + j) * channels + c, total, rest)


@kernel
def depthwise_input_gradient(
    chunk: int, chunks: int, dy: In, w: In, bias: In, dx: Out, rows: int, height: int, width: int, channels: int,
    out_height: int, out_width: int, kh: int, kw: int, sh: int, sw: int, dh: int, dw: int, top: int, left: int,
) -> None:  # fmt: skip
    """dx = Σ dy · w + bias over the windows that reach a pixel; a chunk is a range of the n · H rows of dx."""
    first, last = span(chunk, chunks, rows)
    zero = splat(dy, cast(dy, 0))
    # Without dilation every sh-th tap meets a window, beginning with h mod sh; with dilation all are tried.
    r_step, s_step = sh if dh == 1 else 1, sw if dw == 1 else 1
    for row in range(first, last):
        sample, h = row // height, row % height + top
        for c in range(0, channels, lanes(dy)):
            rest = channels - c
            begin = load(bias, c, rest) if bias.size > 0 else zero
            for q in range(width):
                total = begin
                for r in range(h % r_step, kh, r_step):
                    i = h - r * dh
                    if i >= 0 and i % sh == 0 and i // sh < out_height:
                        line = (sample * out_height + i // sh) * out_width
                        for s in range((q + left) % s_step, kw, s_step):
                            j = q + left - s * dw
                            if j >= 0 and j % sw == 0 and j // sw < out_width:
                                value = load(dy, (line + j // sw) * channels + c, rest)
                                total = plus(total, times(value, load(w, (r * kw + s) * channels + c, rest)))
                store(dx, (row * width + q) * channels + c, total, rest)


@kernel
def depthwise_weight_gradient(
    chunk: int, chunks: int, x: In, dy: In, partials: Out, rows: int, high: int, wide: int, channels: int,
    out_height: int, out_width: int, kh: int, kw: int, sh: int, sw: int, dh: int, dw: int,
) -> None:  # fmt: skip
    """partials (chunks, taps, C) = Σ x · dy over the chunk's range of the n · H' rows of dy."""
    first, last = span(chunk, chunks, rows)
    taps = kh * kw
    zero = splat(x, cast(x, 0))
    partials[chunk * taps * channels : (chunk + 1) * taps * channels] = cast(x, 0)
    for row in range(first, last):
        corner = (row // out_height * high + row % out_height * sh) * wide
        for c in range(0, channels, lanes(x)):
            rest = channels - c
            for r in range(kh):
                for s in range(kw):
                    line = (corner + r * dh * wide + s * dw) * channels + c
                    total = zero
                    for j in range(out_width):
                        value = load(x, line + j * sw * channels, rest)
                        total = plus(total, times(value, load(dy, (row * out_width + j) * channels + c, rest)))
                    place = (chunk * taps + r * kw + s) * channels + c
                    store(partials, place, plus(load(partials, place, rest), total), rest)


@kernel
def depthwise_weight_sums(chunk: int, chunks: int, partials: In, dw: Out, parts: int, taps: int, channels: int) -> None:
    """dw (C, taps) = the sums over the parts of partials (parts, taps, C), in order; a chunk is a range of channels."""
    first, last = span(chunk, chunks, channels)
    for c in range(first, last):
        for tap in range(taps):
            total = cast(dw, 0)
            for part in range(parts):
                total += partials[(part * taps + tap) * channels + c]
            dw[c * taps + tap] = total
