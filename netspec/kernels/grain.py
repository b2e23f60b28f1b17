"""How many chunks a call is cut into: a function of its work alone, never of the number of threads."""

from __future__ import annotations

GRAIN = 16_384
"""Elementary operations worth a chunk of their own: about 3 µs, where entering a parallel region costs about 1 µs."""
MOST_CHUNKS = 64


class Chunks(int):
    """A number of chunks that knows whether each is a shard: the same range of whole samples as in every such call."""

    by_sample: bool = False

    @classmethod
    def of_shards(cls, shards: int) -> Chunks:
        """Chunks that are shards."""
        chunks = cls(shards)
        chunks.by_sample = True
        return chunks


def chunk_count(items: int, cost: float) -> int:
    """Chunks for `items` indivisible items of `cost` operations each; a power of two where items allow."""
    wanted = min(items, MOST_CHUNKS, int(items * cost / GRAIN))
    return 1 << max(0, wanted.bit_length() - 1)
