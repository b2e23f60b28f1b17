"""A machine that reads pickles without executing them.

A pickle is a program for a stack machine. The opcodes that make numbers, texts, lists, dicts and tuples are done here as
they stand. Those that would import or call something (GLOBAL, REDUCE, NEWOBJ, OBJ, INST) look a name up in a table that
the caller hands in; a name that is not there ends the reading. Nothing is imported, and no method of a pickled object is
ever called: even BUILD, which would set attributes, throws its argument away. `pickletools.genops` only parses.

Hashes of nested tuples take exponential time when parts are shared, so only plain values become keys of dicts.
"""

from __future__ import annotations

import mmap
import pickletools
from collections.abc import Callable, Mapping
from typing import IO, Any, cast

MOST_STEPS = 5_000_000
"""Opcodes of one pickle and arguments of its calls; a network of 10,000 tensors needs about 500,000."""
COPYING = 10
"""Steps for each element of an argument: what a call copies has a price, or a short pickle could copy a long list for ever."""
MARK = object()


class RefusedPickleError(Exception):
    """A pickle cannot be read: `message` says what it wants or lacks."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Opaque:
    """Something of a known, harmless type that is not looked into; `kind` is the type's name."""

    def __init__(self, kind: str) -> None:
        self.kind = kind


Call = Callable[[tuple[Any, ...]], Any]
"""What stands for a function or class: arguments → value, without effects."""


class PickleMachine:
    """Reads one pickle. known: "module.name" → what stands for it; storage: persistent id → value."""

    def __init__(self, known: Mapping[str, Any], storage: Call) -> None:
        self._known, self._storage = known, storage
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._steps = 0

    def run(self, stream: IO[bytes] | mmap.mmap) -> Any:
        """The value of the pickle that begins here; the stream then stands behind it. Raises RefusedPickleError."""
        try:
            for opcode, argument, _ in pickletools.genops(cast(IO[bytes], stream)):
                self._count(1)
                self._do(opcode.name, argument)
            return self._pop()
        except RefusedPickleError:
            raise
        except (ValueError, IndexError, KeyError, TypeError, OverflowError, MemoryError, AttributeError) as error:
            raise RefusedPickleError(f"its pickle is damaged ({type(error).__name__})") from error

    def _count(self, steps: int) -> None:
        self._steps += steps
        if self._steps > MOST_STEPS:
            raise RefusedPickleError(f"its pickle has more than {MOST_STEPS:,} steps")

    def _do(self, name: str, argument: Any) -> None:
        if name in PUSHED:
            self._stack.append(argument)
        elif name in MADE:
            self._stack.append(MADE[name]())
        elif name in DONE:
            DONE[name](self, argument)
        else:
            raise RefusedPickleError(f"its pickle uses the opcode {name}, which files of weights have no need for")

    def _pop(self) -> Any:
        value = self._stack.pop()
        if value is MARK:
            raise ValueError("a mark instead of a value")
        return value

    def _top(self, kind: type | tuple[type, ...]) -> Any:
        value = self._stack[-1]
        if not isinstance(value, kind):
            raise TypeError(type(value).__name__)
        return value

    def _above_mark(self) -> list[Any]:
        place = len(self._stack) - 1
        while self._stack[place] is not MARK:
            place -= 1
            if place < 0:
                raise IndexError("no mark")
        values = self._stack[place + 1 :]
        del self._stack[place:]
        return values

    def _discard(self, _: Any) -> None:
        self._stack.pop()

    def _duplicate(self, _: Any) -> None:
        value = self._pop()
        self._stack += [value, value]

    def _tuple_of(self, count: int) -> None:
        values = [self._pop() for _ in range(count)]
        self._stack.append(tuple(reversed(values)))

    def _push_opaque(self, _: Any, kind: str) -> None:
        self._stack.append(Opaque(kind))

    def _append(self, values: list[Any]) -> None:
        """To a list; what is added to sets and opaque values is not kept."""
        target = self._top((list, set, Opaque))
        if isinstance(target, list):
            target.extend(values)

    def _set_items(self, flat: list[Any]) -> None:
        target = self._top((dict, Opaque))
        if len(flat) % 2:
            raise ValueError("a key without a value")
        if isinstance(target, dict):
            target.update(zip(map(as_key, flat[::2]), flat[1::2], strict=True))

    def _make_dict(self, flat: list[Any]) -> None:
        self._stack.append({})
        self._set_items(flat)

    def _two(self) -> list[Any]:
        value, key = self._pop(), self._pop()
        return [key, value]

    def _global(self, name: str) -> None:
        if name not in self._known:
            raise RefusedPickleError(f"its pickle asks for {name}, which is not among the names that weights need")
        self._stack.append(self._known[name])

    def _stack_global(self, _: Any) -> None:
        module, name = self._two()
        if not (isinstance(module, str) and isinstance(name, str)):
            raise TypeError("a name that is no text")
        self._global(f"{module}.{name}")

    def _call(self, function: Any, arguments: Any) -> None:
        if not isinstance(arguments, tuple):
            raise TypeError("arguments that are no tuple")
        self._count(COPYING * sum(len(one) for one in (arguments, *arguments) if isinstance(one, list | tuple | dict)))
        if isinstance(function, Opaque):
            self._stack.append(Opaque(function.kind))
        elif callable(function):
            self._stack.append(function(arguments))
        else:
            raise RefusedPickleError("its pickle calls something that is no function")

    def _new_with_keywords(self, _: Any) -> None:
        self._pop()
        self._call(*self._two())

    def _build(self, _: Any) -> None:
        self._pop()
        self._top((dict, Opaque))

    def _remember(self, place: int) -> None:
        value = self._stack[-1]
        if value is MARK:
            raise ValueError("a mark instead of a value")
        self._memo[place] = value


def as_key(value: Any) -> Any:
    """Plain values are keys as they are; all others are told apart, but not compared."""
    return value if isinstance(value, str | int | float | bytes | None) else Opaque("key")


def _call_marked(machine: PickleMachine) -> None:
    function, *arguments = machine._above_mark()
    machine._call(function, tuple(arguments))


def _inst(machine: PickleMachine, name: str) -> None:
    arguments = tuple(machine._above_mark())
    machine._global(name.replace(" ", ".", 1))
    machine._call(machine._pop(), arguments)


PUSHED = frozenset({
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "STRING", "BINSTRING",
    "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8", "UNICODE", "BINUNICODE",
    "SHORT_BINUNICODE", "BINUNICODE8",
})  # fmt: skip
"""Opcodes whose argument is the value."""

MADE: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None, "NEWTRUE": lambda: True, "NEWFALSE": lambda: False, "EMPTY_LIST": list, "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple, "EMPTY_SET": set, "MARK": lambda: MARK,
}  # fmt: skip
"""Opcodes that push something new."""

Act = Callable[[PickleMachine, Any], Any]
DONE: dict[str, Act] = {
    "PROTO": lambda m, a: None,
    "FRAME": lambda m, a: None,
    "STOP": lambda m, a: None,
    "POP": PickleMachine._discard,
    "POP_MARK": lambda m, a: m._above_mark(),
    "DUP": PickleMachine._duplicate,
    "LIST": lambda m, a: m._stack.append(m._above_mark()),
    "TUPLE": lambda m, a: m._stack.append(tuple(m._above_mark())),
    "TUPLE1": lambda m, a: m._tuple_of(1),
    "TUPLE2": lambda m, a: m._tuple_of(2),
    "TUPLE3": lambda m, a: m._tuple_of(3),
    "DICT": lambda m, a: m._make_dict(m._above_mark()),
    "FROZENSET": lambda m, a: m._push_opaque(m._above_mark(), "frozenset"),
    "APPEND": lambda m, a: m._append([m._pop()]),
    "APPENDS": lambda m, a: m._append(m._above_mark()),
    "ADDITEMS": lambda m, a: m._append(m._above_mark()),
    "SETITEM": lambda m, a: m._set_items(m._two()),
    "SETITEMS": lambda m, a: m._set_items(m._above_mark()),
    "PUT": lambda m, a: m._remember(a),
    "BINPUT": lambda m, a: m._remember(a),
    "LONG_BINPUT": lambda m, a: m._remember(a),
    "MEMOIZE": lambda m, a: m._remember(len(m._memo)),
    "GET": lambda m, a: m._stack.append(m._memo[a]),
    "BINGET": lambda m, a: m._stack.append(m._memo[a]),
    "LONG_BINGET": lambda m, a: m._stack.append(m._memo[a]),
    "GLOBAL": lambda m, a: m._global(a.replace(" ", ".", 1)),
    "STACK_GLOBAL": PickleMachine._stack_global,
    "REDUCE": lambda m, a: m._call(*m._two()),
    "NEWOBJ": lambda m, a: m._call(*m._two()),
    "NEWOBJ_EX": PickleMachine._new_with_keywords,
    "OBJ": lambda m, a: _call_marked(m),
    "INST": _inst,
    "BUILD": PickleMachine._build,
    "BINPERSID": lambda m, a: m._stack.append(m._storage(m._pop())),
}
"""Opcodes that do something with the stack. Extension codes, textual persistent ids and out-of-band buffers are not here."""
