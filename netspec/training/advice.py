"""Advice on transfer learning by amount of data, as lectures give it: hints with the numbers they rest on.

Little data, like those of the pretraining: a new head on frozen features. Little data of another kind: a head on earlier
layers, whose features are less special. Much data of the same kind: fine-tune all layers at a small rate. Much data of
another kind: fine-tune all, or train from scratch. How alike two tasks are nobody can measure here, so both are told.
Sources: Stanford CS231n, notes on transfer learning; Yosinski et al. 2014, arXiv:1411.1792.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from netspec.datasets.load import Data
from netspec.freezing import head, stages
from netspec.graph import build_graph
from netspec.look import count
from netspec.spec.sections import Transfer
from netspec.training.contract import Program

LITTLE, MUCH = 500, 2000
"""Samples a class: below LITTLE a network of a million parameters is soon learned by heart, above MUCH it is not. Rules of
thumb: the sources say "small" and "large"."""
CROWDED = 100.0
"""Trainable parameters a sample above which a network can know every sample by heart many times over."""


@dataclass(frozen=True)
class Facts:
    """The numbers that advice rests on."""

    samples: int
    classes: int | None
    """None for targets that are numbers."""
    parameters: int
    trainable: int
    pretrained: int
    """Parameters that were loaded."""
    source_samples: int | None = None
    """Training samples of the pretraining, where known."""
    in_the_end: int | None = None
    """Parameters that learn in the last stage; None: no others than at first."""
    head_first: bool = False
    """Whether at first nothing learns but the layers in [transfer] replace."""

    @property
    def thaws(self) -> bool:
        """Whether more learns later."""
        return self.in_the_end is not None and self.in_the_end > self.trainable

    @property
    def is_head_alone(self) -> bool:
        """Whether nothing but the new head ever learns."""
        return self.head_first and not self.thaws

    @property
    def per_class(self) -> float:
        """Samples a class; of a regression all."""
        return self.samples / (self.classes or 1)

    @property
    def per_sample(self) -> float:
        """Trainable parameters a sample."""
        return self.trainable / self.samples


@dataclass(frozen=True)
class Advice:
    """A sentence with its numbers, and what may be done."""

    message: str
    remedy: str
    values: dict[str, Any] = field(default_factory=dict)


def facts_of(program: Program, data: Data, loaded: Iterable[str], source_samples: int | None = None) -> Facts:
    """The numbers of a training before its first step; loaded: names of the tensors that came from a file."""
    layout = program.start.layout
    sizes = {name: math.prod(entry.tensor.shape) for name, entry in layout.parameters.items()}
    spec, graph = program.spec, build_graph(program.spec)
    reached = [stage for stage in stages(spec, graph) if stage.first_epoch < max(spec.train.epochs, 1)]
    learned = {entry.name for entry in layout.updated()}
    later = {name for name in sizes if name.rpartition(".")[0] not in reached[-1].frozen} if len(reached) > 1 else set()
    return Facts(
        samples=len(data.train),
        classes=None if data.classes is None else len(data.classes),
        parameters=sum(sizes.values()),
        trainable=sum(sizes[name] for name in learned),
        pretrained=sum(sizes.get(name, 0) for name in loaded),
        source_samples=source_samples,
        in_the_end=sum(sizes[name] for name in learned | later),
        head_first=set(reached[0].rates) <= head(spec.transfer or Transfer(), graph),
    )


def advise(facts: Facts) -> Iterator[Advice]:
    """All that the numbers suggest."""
    if facts.pretrained:
        yield strategy(facts)
    if facts.source_samples is not None and facts.source_samples < facts.samples:
        yield Advice(
            f"the weights were trained on {count(facts.source_samples)} samples, fewer than your {count(facts.samples)}",
            "train from scratch, too, and compare: transfer pays when the source is the larger one",
        )
    if facts.per_sample > CROWDED:
        freezing = "freeze more layers" if facts.pretrained else "begin with pretrained weights"
        yield Advice(
            f"{count(facts.trainable)} trainable parameters for {count(facts.samples)} samples, {_rounded(facts.per_sample)} a "
            "sample: they can be learned by heart", f"{freezing}, augment, or use weight_decay and dropout; watch validation",
            {"trainable_per_sample": facts.per_sample},
        )  # fmt: skip


def strategy(facts: Facts) -> Advice:
    """What suits so many samples, for a task like the old one and for another one."""
    amount = f"{_rounded(facts.per_class)} samples a class" if facts.classes else f"{count(facts.samples)} samples"
    share = f"{_percent(facts.trainable, facts)} % of the parameters learn"
    if facts.thaws:
        share += f" at first, {_percent(facts.in_the_end or 0, facts)} % in the end"
    values = {"samples_per_class": facts.per_class, "trainable_share": facts.trainable / max(facts.parameters, 1)}
    if facts.per_class < LITTLE:
        return Advice(f"{amount} are little (below {LITTLE}); {share}", _with_little(facts), values)
    if facts.per_class > MUCH:
        return Advice(f"{amount} are much (above {count(MUCH)}); {share}", _with_much(facts), values)
    return Advice(
        f"{amount} are neither little nor much ({LITTLE} to {count(MUCH)}); {share}", _in_between(facts), values
    )


def _with_little(facts: Facts) -> str:
    if facts.is_head_alone:
        return (
            "the new head alone, as this spec does, suits samples like those of the pretraining; for others put the head on "
            "earlier layers"
        )
    if facts.head_first:
        return (
            "when more than the head learns, so few may be learned by heart: watch validation, and compare with the new head "
            "alone (freeze the rest for good)"
        )
    return (
        "if they are like those of the pretraining, train the new head alone (freeze the rest); if not, put the head on "
        "earlier layers"
    )


def _with_much(facts: Facts) -> str:
    if (facts.in_the_end or facts.trainable) == facts.parameters:
        return (
            "all layers learn, as suits samples like those of the pretraining; for others train from scratch, too, and compare"
        )
    return (
        "if they are like those of the pretraining, fine-tune all layers at a small rate; if not, train from scratch, too, "
        "and compare"
    )


def _in_between(facts: Facts) -> str:
    if facts.head_first and facts.thaws:
        return "the head first, then more, as this spec does; see whether validation gains by it"
    return "train the head first, then unfreeze the last layers at a tenth of the rate, and see whether validation gains"


def note(facts: Facts) -> str:
    """One line for the start of a training with pretrained weights."""
    found = strategy(facts)
    return f"hint: {found.message}: {found.remedy} (netspec doctor tells more)"


def _percent(parameters: int, facts: Facts) -> str:
    return f"{100 * parameters / max(facts.parameters, 1):.3g}"


def _rounded(value: float) -> str:
    return count(round(value)) if value >= 10 else f"{value:.2g}"
