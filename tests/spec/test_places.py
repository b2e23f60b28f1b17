from __future__ import annotations

from netspec.loading import read_text


def test_a_problem_points_to_the_value_and_not_to_the_comment_behind_it() -> None:
    found = read_text('input.shape = [4]\nlayers = [{ name = "a", type = "relu" }]\nseed = "one"   # a comment\n')
    (problem,) = found.problems
    assert problem.span is not None
    assert (problem.span.line, problem.span.column, problem.span.end_column) == (3, 8, 13)
