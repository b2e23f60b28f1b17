"""Detection's rules once more, as plain loops: slow, obvious, and written apart from the code under test."""

from __future__ import annotations

import bisect
from typing import Any


def iou(a: Any, b: Any) -> float:
    """Intersection over union of two boxes."""
    wide = min(a[2], b[2]) - max(a[0], b[0])
    high = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(wide, 0.0) * max(high, 0.0)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return float(shared / union) if union > 0 else 0.0


def nms(boxes: Any, scores: Any, threshold: float) -> list[int]:
    """Greedy suppression, of equal scores the earlier row first."""
    left = sorted(range(len(boxes)), key=lambda i: (-scores[i], i))
    kept = []
    while left:
        first = left.pop(0)
        kept.append(first)
        left = [i for i in left if iou(boxes[first], boxes[i]) <= threshold]
    return kept


def voc_ap(pictures: Any, label: int, threshold: float, *, eleven: bool) -> float:
    """pictures: [(detections [class, score, box…], truth [class, box…, is_difficult])]; all detections in one list."""
    entries = sorted(
        ((-d[1], p, n) for p, (found, _) in enumerate(pictures) for n, d in enumerate(found) if d[0] == label))
    objects = [[t for t in truth if t[0] == label] for _, truth in pictures]
    total = sum(not t[5] for truth in objects for t in truth)
    used: set[tuple[int, int]] = set()
    hits = misses = 0
    curve = []
    for _, p, n in entries:
        found = pictures[p][0][n]
        best, place = 0.0, -1
        for k, t in enumerate(objects[p]):
            if iou(found[2:], t[1:5]) > best:
                best, place = iou(found[2:], t[1:5]), k
        if best >= threshold and objects[p][place][5]:
            continue
        if best >= threshold and (p, place) not in used:
            used.add((p, place))
            hits += 1
        else:
            misses += 1
        curve.append((hits / total, hits / (hits + misses)))
    if eleven:
        return sum(max([p for r, p in curve if r >= k / 10], default=0.0) for k in range(11)) / 11
    area, before = 0.0, 0.0
    for i, (recall, _) in enumerate(curve):
        area += (recall - before) * max(p for _, p in curve[i:])
        before = recall
    return area


def coco_ap(pictures: Any, label: int, threshold: float, most: int = 100) -> float:
    """The same by COCO's matching and 101 points; the last entry of a truth says whether it is a crowd."""
    verdicts = []
    total = 0
    for p, (found, truth) in enumerate(pictures):
        objects = sorted((t for t in truth if t[0] == label), key=lambda t: t[5])
        total += sum(not t[5] for t in objects)
        taken = [False] * len(objects)
        mine = sorted((d for d in found if d[0] == label), key=lambda d: -d[1])[:most]
        for n, d in enumerate(mine):
            best, place = min(threshold, 1 - 1e-10), -1
            for k, t in enumerate(objects):
                if taken[k] and not t[5]:
                    continue
                if place > -1 and not objects[place][5] and t[5]:
                    break
                overlap = _share(d[2:], t[1:5]) if t[5] else iou(d[2:], t[1:5])
                if overlap >= best:
                    best, place = overlap, k
            if place > -1:
                taken[place] = True
            verdicts.append((-d[1], p, n, place > -1, place > -1 and bool(objects[place][5])))
    hits = misses = 0
    recalls, precisions = [], []
    for *_, hit, excused in sorted(verdicts):
        if not excused:
            hits, misses = hits + hit, misses + (not hit)
            recalls.append(hits / total)
            precisions.append(hits / (hits + misses))
    for i in range(len(precisions) - 1, 0, -1):
        precisions[i - 1] = max(precisions[i - 1], precisions[i])
    places = [bisect.bisect_left(recalls, 0.01 * k) for k in range(101)]
    return sum(precisions[i] if i < len(precisions) else 0.0 for i in places) / 101


def _share(a: Any, b: Any) -> float:
    wide = max(min(a[2], b[2]) - max(a[0], b[0]), 0.0)
    high = max(min(a[3], b[3]) - max(a[1], b[1]), 0.0)
    return wide * high / ((a[2] - a[0]) * (a[3] - a[1]))
