"""`[variables]` and `"${…}"`: before: texts with expressions → after: values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from netspec.problems import Path, Problem, Span, error, warning
from netspec.spec.expressions import ExpressionError, Value, evaluate, names_in
from netspec.spec.marks import Table, rewrite

EXPRESSION = re.compile(r"\$\$\{|\$\{([^{}]*)\}")
"""`${expression}`; `$${` stands for the characters `${`."""
ESCAPED = "$${"


def resolve_variables(table: Any, problems: list[Problem]) -> dict[str, Value]:
    """Values of the `[variables]` table, which may use each other in any order."""
    if not isinstance(table, Table):
        return {}
    values: dict[str, Value] = {}
    for name, value in table.items():
        if not isinstance(value, Value):
            message = f"{name} is a list or table, but a variable holds one number, text or boolean"
            problems.append(error("NS022", ("variables", name), table.at_value(name), message, "make it one value"))
        elif not name.isidentifier():
            message = f"{name!r} cannot be used in an expression"
            hint = "use letters, digits and _ only, and no digit first"
            problems.append(error("NS022", ("variables", name), table.at_key(name), message, hint))
    pending = {k: v for k, v in table.items() if isinstance(v, Value) and k.isidentifier()}
    while pending:
        ready = [name for name, value in pending.items() if not (_names(value) & pending.keys())]
        if not ready:
            problems.append(_cycle(table, pending))
            break
        for name in ready:
            span = table.at_value(name)
            values[name] = substitute_text(pending.pop(name), values, span, ("variables", name), problems)
    for name in table:
        values.setdefault(name, 0)  # a broken variable: no second message wherever it is used
    return values


def _names(value: Any) -> set[str]:
    if not isinstance(value, str):
        return set()
    return {name for match in EXPRESSION.finditer(value) if match[0] != ESCAPED for name in names_in(match[1])}


def used_variables(value: Any) -> set[str]:
    """Names that the expressions anywhere in a tree read."""
    if isinstance(value, dict):
        return {name for item in value.values() for name in used_variables(item)}
    if isinstance(value, list):
        return {name for item in value for name in used_variables(item)}
    return _names(value)


def check_use(table: Any, used: set[str], file: str, problems: list[Problem]) -> None:
    """Warn of variables of this file that nothing reads; those of a base may have been used by what a patch replaced."""
    for name in table if isinstance(table, Table) else ():
        span = table.at_key(name)
        if name not in used and (span is None or span.file == file):
            message = f"nothing uses the variable {name}"
            problems.append(
                warning("NS908", ("variables", name), span, message, f'use it as "${{{name}}}", or delete it')
            )


def _cycle(table: Table, pending: Mapping[str, Any]) -> Problem:
    """Walk along unresolved names until one repeats."""
    path = [next(iter(pending))]
    while True:
        following = next(name for name in sorted(_names(pending[path[-1]])) if name in pending)
        if following in path:
            cycle = [*path[path.index(following) :], following]
            break
        path.append(following)
    message = f"variables need each other: {' → '.join(cycle)}"
    return error("NS022", ("variables", cycle[0]), table.at_value(cycle[0]), message, "give one of them a plain value")


def substitute(value: Any, variables: Mapping[str, Value], problems: list[Problem], path: Path = ()) -> Any:
    """A copy of a tree in which every `${…}` has become its value."""
    return rewrite(value, lambda leaf, span, at: substitute_text(leaf, variables, span, at, problems), path=path)


def substitute_text(
    value: Any, variables: Mapping[str, Value], span: Span | None, path: Path, problems: list[Problem]
) -> Any:
    """One scalar; a text that is one expression takes the expression's type, others stay texts."""
    if not isinstance(value, str) or "${" not in value:
        return value
    try:
        whole = EXPRESSION.fullmatch(value)
        if whole and whole[0] != ESCAPED:
            return evaluate(whole[1], variables)
        text = EXPRESSION.sub(lambda match: _embedded(match, variables), value)
        if "${" in EXPRESSION.sub(" ", value):
            hint = "write ${expression}, or $${ for the characters"
            raise ExpressionError(f"{value!r} has a ${{ that is not closed", hint)
        return text
    except ExpressionError as problem:
        problems.append(error(problem.code, path, span, problem.message, problem.hint))
        return value


def _embedded(match: re.Match[str], variables: Mapping[str, Value]) -> str:
    if match[0] == ESCAPED:
        return "${"
    value = evaluate(match[1], variables)
    return str(value).lower() if isinstance(value, bool) else str(value)


def escape(text: str) -> str:
    """A text that `substitute_text` turns into this one."""
    return text.replace("${", ESCAPED)
