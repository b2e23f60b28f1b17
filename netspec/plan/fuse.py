"""Pass: layers that only finish what another one computes are done while its results are in registers.

before: a convolution, linear layer or batch-norm writes its result, and a call of its own normalizes it with constants, adds
another value or cuts it off at zero; after: the kernel that computes it does that, too, as the end of `kernels/tile.py`
describes, and writes the finished values. Only where nobody else reads the unfinished ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from netspec.kernels.abi import Kernel
from netspec.kernels.calls import ArgumentValue, Call, Ref
from netspec.kernels.combine import add_pair
from netspec.kernels.contract import contract
from netspec.kernels.normalize import normalize_rows
from netspec.kernels.winograd import winograd_forward, winograd_outputs
from netspec.layers.relu import relu_forward
from netspec.plan.plan import Plan

RESULTS: Mapping[Kernel, str] = {contract: "c", winograd_forward: "y", winograd_outputs: "y", normalize_rows: "y"}
"""Kernels with an end, and the name of their result."""

Change = dict[str, ArgumentValue]


def fuse(plan: Plan) -> Plan:
    """Let kernels with an end do what follows them."""
    fusion = _Fusion(plan)
    first, last = plan.sections["forward"]
    for index in range(first, last):
        tail = TAILS.get(plan.calls[index].kernel)
        if tail:
            tail(fusion, index)
    return fusion.result()


class _Fusion:
    """The calls while they change: one that is done by another becomes None."""

    def __init__(self, plan: Plan) -> None:
        self._plan, self.calls = plan, list[Call | None](plan.calls)
        # The cut is whole in every plan, so that its values have the same bits in all.
        self._seen = plan.seen_outside() | {plan.value(name).buffer for name in plan.cut}
        self._readers: dict[str, set[int]] = {}
        self._writers: dict[str, set[int]] = {}
        for index, call in enumerate(plan.calls):
            for ref in call.reads():
                self._readers.setdefault(ref.buffer, set()).add(index)
            for ref in call.writes():
                self._writers.setdefault(ref.buffer, set()).add(index)

    def call(self, index: int) -> Call:
        call = self.calls[index]
        assert call is not None
        return call

    def maker(self, value: ArgumentValue, reader: int) -> int | None:
        """The call with an end that alone makes this value, which only `reader` reads."""
        assert isinstance(value, Ref)
        if not self._plan.is_whole(value) or value.buffer in self._seen or self._readers[value.buffer] != {reader}:
            return None
        (maker, *others) = self._writers.get(value.buffer, {-1})
        call = self.calls[maker] if maker >= 0 else None
        if others or call is None or call.kernel not in RESULTS or call.arguments[RESULTS[call.kernel]] != value:
            return None
        return maker

    def is_there(self, value: ArgumentValue, index: int) -> bool:
        """Whether a value is complete before a call."""
        assert isinstance(value, Ref)
        return all(writer < index for writer in self._writers.get(value.buffer, ()))

    def merge(self, maker: int, index: int, result: ArgumentValue, change: Change) -> None:
        """The maker does the work of call `index` and writes its result."""
        call, gone = self.call(maker), self.call(index)
        assert isinstance(result, Ref)
        arguments = {**call.arguments, **change, RESULTS[call.kernel]: result}
        self.calls[maker] = replace(call, arguments=arguments, absorbed=(*call.absorbed, gone.owner, *gone.absorbed))
        self.calls[index] = None
        self._writers[result.buffer] = {maker}
        for ref in gone.reads():
            self._readers[ref.buffer] = self._readers[ref.buffer] - {index} | {maker}

    def result(self) -> Plan:
        """The plan without the calls that others do."""
        kept = [0]
        for call in self.calls:
            kept.append(kept[-1] + (call is not None))
        calls = tuple(call for call in self.calls if call is not None)
        sections = {name: (kept[a], kept[b]) for name, (a, b) in self._plan.sections.items()}
        used = {ref.buffer for call in calls for ref in [*call.reads(), *call.writes()]}
        gone = {ref.buffer for call in self._plan.calls for ref in call.writes()} - used
        buffers = {name: buffer for name, buffer in self._plan.buffers.items() if name not in gone}
        return replace(self._plan, calls=calls, sections=sections, buffers=buffers)


def _is_free(call: Call, *parts: str) -> bool:
    """Whether a kernel's end has none of these parts yet: each comes after those before it."""
    taken = {"scale": _size(call.arguments["scale"]) if "scale" in call.arguments else 1}
    taken |= {"residual": _size(call.arguments["residual"]), "floor": call.arguments["floor"] != -float("inf")}
    return not any(taken[part] for part in parts)


def _size(value: ArgumentValue) -> int:
    assert isinstance(value, Ref)
    return value.size


def _fuse_relu(fusion: _Fusion, index: int) -> None:
    call = fusion.call(index)
    maker = fusion.maker(call.arguments["x"], index)
    if maker is not None and _is_free(fusion.call(maker), "floor"):
        fusion.merge(maker, index, call.arguments["y"], {"floor": 0.0})


def _fuse_sum(fusion: _Fusion, index: int) -> None:
    """The summand that is made last takes in the other."""
    call = fusion.call(index)
    for own, other in (("a", "b"), ("b", "a")):
        maker = fusion.maker(call.arguments[own], index)
        if maker is None or not _is_free(fusion.call(maker), "residual", "floor"):
            continue
        if fusion.is_there(call.arguments[other], maker):
            fusion.merge(maker, index, call.arguments["y"], {"residual": call.arguments[other]})
            return


def _fuse_normalization(fusion: _Fusion, index: int) -> None:
    """With statistics that are known before: in inference, and of frozen layers."""
    call = fusion.call(index)
    maker = fusion.maker(call.arguments["x"], index)
    if maker is None or fusion.call(maker).kernel is normalize_rows:
        return
    change = {name: call.arguments[name] for name in ("centre", "scale", "offset")}
    is_known = all(fusion.is_there(value, maker) for value in change.values())
    if is_known and _is_free(fusion.call(maker), "scale", "residual", "floor"):
        fusion.merge(maker, index, call.arguments["y"], change)


TAILS: Mapping[Kernel, Callable[[_Fusion, int], None]] = {
    relu_forward: _fuse_relu,
    add_pair: _fuse_sum,
    normalize_rows: _fuse_normalization,
}
"""What can be done at the end of another kernel."""
