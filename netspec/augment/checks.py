"""What can be said about a list of augmentations before there are data."""

from __future__ import annotations

from collections.abc import Sequence

from netspec.augment.base import Augmentation, Fill, Geometric, Mixing


def check_list(augment: Sequence[Augmentation]) -> None:
    """Raise ValueError for augmentations that cannot be together: two that mix, or two that fill differently."""
    mixing = [item.type_name() for item in augment if isinstance(item, Mixing)]
    if len(mixing) > 1:
        raise ValueError(f"{mixing[0]} and {mixing[1]} both mix samples; keep one of them")
    fills = {_fill(item): item.type_name() for item in augment if _reaches_out(item)}
    if len(fills) > 1:
        (one, first), (other, second) = list(fills.items())[:2]
        raise ValueError(
            f'{first} fills with "{one}", {second} with "{other}"; a picture is sampled once, so give both the same fill'
        )


def fill_of(augment: Sequence[Augmentation]) -> Fill:
    """What lies outside of the pictures, whose geometry is one map."""
    return next((_fill(item) for item in augment if _reaches_out(item)), "zeros")


def _reaches_out(item: Augmentation) -> bool:
    return isinstance(item, Geometric) and item.reaches_out()


def _fill(item: Augmentation) -> Fill:
    fill: Fill = getattr(item, "fill", "zeros")
    return fill
