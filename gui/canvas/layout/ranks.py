"""Links between numbered nodes → the row each node stands in, so that every link points downwards."""

from __future__ import annotations

from collections.abc import Sequence

Link = tuple[int, int]
"""From giver to reader."""


def back_links(size: int, links: Sequence[Link]) -> frozenset[int]:
    """Places of the links that close a circle, found by going through the nodes in their order; without them there is none."""
    following: list[list[tuple[int, int]]] = [[] for _ in range(size)]
    for place, (giver, reader) in enumerate(links):
        following[giver].append((reader, place))
    state = [0] * size  # 0 not seen, 1 on the way, 2 done
    found: set[int] = set()
    for start in range(size):
        if state[start]:
            continue
        state[start] = 1
        stack = [(start, iter(following[start]))]
        while stack:
            node, rest = stack[-1]
            for reader, place in rest:
                if state[reader] == 1:
                    found.add(place)
                elif not state[reader]:
                    state[reader] = 1
                    stack.append((reader, iter(following[reader])))
                    break
            else:
                state[node] = 2
                stack.pop()
    return frozenset(found)


def assign_ranks(
    spans: Sequence[int], links: Sequence[Link], top: frozenset[int] = frozenset(), bottom: frozenset[int] = frozenset()
) -> list[int]:
    """Longest path from the top for each node of a graph without circles. spans: how many rows each node takes.

    Nodes that read nothing stand right above their first reader, unless they belong to `top`; those of `bottom` stand
    below all others, in one row.
    """
    size = len(spans)
    following: list[list[int]] = [[] for _ in range(size)]
    waiting = [0] * size
    for giver, reader in links:
        following[giver].append(reader)
        waiting[reader] += 1
    sources = [node for node in range(size) if not waiting[node]]
    ranks = [1 if top and node not in top else 0 for node in range(size)]
    ready = list(sources)
    for node in ready:  # grows while it is walked
        for reader in following[node]:
            ranks[reader] = max(ranks[reader], ranks[node] + spans[node])
            waiting[reader] -= 1
            if not waiting[reader]:
                ready.append(reader)
    for node in sources:
        if node not in top and following[node]:
            ranks[node] = min(ranks[reader] for reader in following[node]) - spans[node]
    if bottom:
        lowest = max((ranks[node] + spans[node] for node in range(size) if node not in bottom), default=0)
        for node in bottom:
            ranks[node] = lowest
    return ranks
