"""The arithmetic inside `${…}`: numbers, text, booleans and names, nothing that could run code."""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from netspec.spec.suggest import question

Value = int | float | str | bool
LONGEST = 400
"""Characters of one expression."""
LARGEST = 2**63 - 1


class ExpressionError(ValueError):
    """An expression cannot be evaluated; `code` is NS020 for an unknown variable, NS021 for the rest."""

    def __init__(self, message: str, hint: str, code: str = "NS021") -> None:
        super().__init__(f"{message}; {hint}")
        self.message, self.hint, self.code = message, hint, code


OPERATORS: dict[type, tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", operator.add),
    ast.Sub: ("-", operator.sub),
    ast.Mult: ("*", operator.mul),
    ast.Div: ("/", operator.truediv),
    ast.FloorDiv: ("//", operator.floordiv),
    ast.Mod: ("%", operator.mod),
    ast.Pow: ("**", operator.pow),
}
COMPARISONS: dict[type, Callable[[Any, Any], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {"min": min, "max": max, "int": int, "round": round, "abs": abs}
WHAT_IS_ALLOWED = (
    "use numbers, text, variables, + - * / // % **, comparisons, and/or/not, `a if c else b`, " + ", ".join(FUNCTIONS)
)


def evaluate(text: str, variables: Mapping[str, Value]) -> Value:
    """Value of an expression; raises ExpressionError."""
    if len(text) > LONGEST:
        raise ExpressionError(f"the expression has more than {LONGEST} characters", "split it into variables")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip(), mode="eval")
        return _checked(_evaluate(tree.body, variables))
    except (SyntaxError, RecursionError, MemoryError, ValueError) as problem:
        if isinstance(problem, ExpressionError):
            raise
        raise ExpressionError(f"${{{text}}} is not an expression", WHAT_IS_ALLOWED) from None


def names_in(text: str) -> set[str]:
    """Names that an expression reads; empty when it cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text.strip()[:LONGEST], mode="eval")
    except (SyntaxError, RecursionError, MemoryError, ValueError):
        return set()
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - FUNCTIONS.keys()


def _evaluate(node: ast.expr, variables: Mapping[str, Value]) -> Value:
    match node:
        case ast.Constant(value=bool() | int() | float() | str() as value):
            return value
        case ast.Name(id=name):
            return _variable(name, variables)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
            return _binary(type(op), _evaluate(left, variables), _evaluate(right, variables))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _evaluate(operand, variables)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as op, operand=operand):
            number = _number(_evaluate(operand, variables), "-")
            return -number if isinstance(op, ast.USub) else number
        case ast.BoolOp(op=op, values=values):
            return _boolean(isinstance(op, ast.And), values, variables)
        case ast.Compare(left=left, ops=ops, comparators=comparators):
            return _compare(left, ops, comparators, variables)
        case ast.IfExp(test=test, body=body, orelse=orelse):
            return _evaluate(body if _evaluate(test, variables) else orelse, variables)
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]) if name in FUNCTIONS:
            return _call(name, [_evaluate(argument, variables) for argument in arguments])
    raise ExpressionError(f"{ast.unparse(node)} is not allowed in an expression", WHAT_IS_ALLOWED)


def _variable(name: str, variables: Mapping[str, Value]) -> Value:
    if name not in variables:
        hint = question(name, variables, what="variables here")
        raise ExpressionError(f"there is no variable {name}", hint, "NS020")
    return variables[name]


def _binary(op: type, left: Value, right: Value) -> Value:
    symbol, function = OPERATORS[op]
    if op is ast.Add and isinstance(left, str) and isinstance(right, str):
        return left + right
    a, b = _number(left, symbol), _number(right, symbol)
    if op in (ast.Div, ast.FloorDiv, ast.Mod) and b == 0:
        raise ExpressionError(f"{a} {symbol} {b} divides by zero", "use a divisor other than 0")
    if op is ast.Pow and (abs(b) > 64 or abs(a) > 2**32 or (a == 0 and b < 0)):
        raise ExpressionError(f"{a} ** {b} is out of range", "use smaller numbers")
    try:
        return _checked(function(a, b))
    except OverflowError:
        raise ExpressionError(f"{a} {symbol} {b} is out of range", "use smaller numbers") from None


def _boolean(is_and: bool, values: list[ast.expr], variables: Mapping[str, Value]) -> Value:
    result: Value = is_and
    for value in values:
        result = _evaluate(value, variables)
        if bool(result) is not is_and:
            break
    return result


def _compare(left: ast.expr, ops: list[ast.cmpop], others: list[ast.expr], variables: Mapping[str, Value]) -> bool:
    first = _evaluate(left, variables)
    for op, other in zip(ops, others, strict=True):
        second = _evaluate(other, variables)
        if type(op) not in COMPARISONS:
            raise ExpressionError("only == != < <= > >= compare", WHAT_IS_ALLOWED)
        try:
            holds = COMPARISONS[type(op)](first, second)
        except TypeError:
            raise ExpressionError(f"{first!r} and {second!r} have no order", "compare like with like") from None
        if not holds:
            return False
        first = second
    return True


def _call(name: str, arguments: list[Value]) -> Value:
    try:
        value: Value = FUNCTIONS[name](*arguments)
    except (TypeError, ValueError, OverflowError):
        shown = ", ".join(repr(argument) for argument in arguments)
        raise ExpressionError(f"{name}({shown}) has no value", "give it numbers") from None
    return value


def _number(value: Value, symbol: str) -> int | float:
    if isinstance(value, str):
        raise ExpressionError(f"{symbol} needs numbers, but got the text {value!r}", "use a number")
    return value


def _checked(value: Value) -> Value:
    """The value, when it is a real number that a spec can hold (or text of sensible length)."""
    if isinstance(value, complex) or (isinstance(value, float) and not math.isfinite(value)):
        raise ExpressionError("the result is not a finite real number", "use other numbers")
    if isinstance(value, int) and abs(value) > LARGEST:
        raise ExpressionError("the result is beyond ±(2^63 − 1)", "use smaller numbers")
    return value
