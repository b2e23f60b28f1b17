"""The battery every layer must pass. A layer's test file only lists cases:

    from netspec.layers.max_pool2d import MaxPool2d
    from tests.kit.battery import Battery, Case

    class TestMaxPool2d(Battery):
        cases = (
            Case(MaxPool2d(name="a", kernel_size=2), [(3, 6, 8)],
                 twin=lambda torch, x, p: torch.nn.functional.max_pool2d(x[0], 2)),
            ...
        )

        def test_something_of_its_own(self): ...

`twin(torch, x, p)` is the same layer in PyTorch: x is the list of input tensors (N, C, H, W or N, F), p the parameters
and states by name (a twin that updates running statistics writes into them, as torch does); it returns y.
The battery runs each case once per test below: gradients against central differences, float32 against float64,
every partition into chunks, samples alone and together, NaN, unwanted gradients, and the twin in both directions.
`tests/layers/test_coverage.py` fails for a layer of the registry that no test file lists.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest

from netspec.layers.base import Layer, Shape
from tests.kit.apart import run_chunks_apart
from tests.kit.bench import Array, LayerRun
from tests.kit.gradcheck import compare_with_differences

Twin = Callable[[Any, list[Any], dict[str, Any]], Any]


@dataclass(frozen=True)
class Case:
    """One configuration of a layer with the shapes of its inputs (without the batch)."""

    layer: Layer
    shapes: Sequence[Shape]
    twin: Twin | None = None
    n: int = 3
    training: bool = True
    special: Sequence[float] = ()
    """Values planted at the start of the first input when comparing with the twin: kinks, extremes."""
    scale: float = 2.0
    """Standard deviation of the random inputs."""
    couples_samples: bool = False
    """A sample's output depends on the other samples or on its place in the batch (batch statistics, dropout)."""
    sums_over_chunks: bool = False
    """y or dx contain sums whose order follows the chunks, so another number of chunks may give other last bits."""
    adds_zeros: bool = False
    """y has elements that no input reaches, and they are 0."""
    given: Sequence[int] = ()
    """Inputs that the layer takes as they are: their gradient is 0, whatever y depends on."""
    indices: int = 0
    """The first input holds whole numbers below this one instead of normal ones; 0: it does not."""
    tolerance: Mapping[str, float] = field(default_factory=lambda: {"float32": 1e-5, "float64": 1e-10})
    """For the comparison with the twin; relative to each value plus the median size of its tensor."""

    @property
    def label(self) -> str:
        given = [key for key in type(self.layer).model_fields if key in self.layer.model_fields_set - {"name", "type"}]
        text = ",".join(f"{key}={getattr(self.layer, key)}" for key in given)
        shapes = "+".join("x".join(map(str, shape)) for shape in self.shapes)
        return f"{self.layer.type_name()}({text})-{shapes}{'' if self.training else '-inference'}"

    def rng(self) -> np.random.Generator:
        return np.random.default_rng(zlib.crc32(self.label.encode()))

    def run(self, dtype: str = "float64", planted: bool = False, **changes: Any) -> tuple[LayerRun, Array]:
        """A bench with random inputs, parameters and states, and a random gradient of y; the same on every call."""
        rng = self.rng()
        inputs = [rng.normal(0, self.scale, (self.n, *shape)) for shape in self.shapes]
        if self.indices:
            inputs[0] = rng.integers(0, self.indices, inputs[0].shape).astype(np.float64)
        parameters = {p.name: rng.normal(0, 0.5, p.shape) for p in self.layer.parameters(self.shapes)}
        states = {s.name: rng.uniform(0.5, 1.5, s.shape) for s in self.layer.states(self.shapes)}
        dy = rng.normal(0, 1, (self.n, *self.layer.infer_shape(self.shapes)))
        if planted:
            inputs[0].reshape(-1)[: len(self.special)] = self.special
        arguments = {"inputs": inputs, "parameters": parameters, "states": states, "dtype": dtype,
                     "training": self.training} | changes
        return LayerRun(self.layer, **arguments), dy


@dataclass(frozen=True)
class Result:
    """What a layer computed."""

    y: Array
    dx: Sequence[Array]
    dp: Mapping[str, Array] = field(default_factory=dict)
    states: Mapping[str, Array] = field(default_factory=dict)

    def tensors(self) -> dict[str, Array]:
        inputs = {f"dx{i}": dx for i, dx in enumerate(self.dx)}
        return {"y": self.y, **inputs, **{f"d{k}": v for k, v in self.dp.items()}, **self.states}


def compute(case: Case, dtype: str = "float64", planted: bool = False, chunks: int | None = None,
            apart: bool = False, **changes: Any) -> Result:
    """Forward and backward of a case, whole or in a given number of chunks."""
    run, dy = case.run(dtype, planted, **changes)
    if chunks is not None:
        run.io.chunks = lambda items, cost, **_: max(1, min(items, chunks))
    if apart:
        run.io.run = lambda: run_chunks_apart(run.io)
    y = run.forward()
    dx, dp = run.backward(dy)
    return Result(y, dx, dp, run.new_states())


def assert_near(got: Result, expected: Result, tolerance: float) -> None:
    """Each value within the tolerance, relative to itself plus the median size of its tensor's nonzero values."""
    reference = expected.tensors()
    for name, value in got.tensors().items():
        wanted = np.asarray(reference[name], dtype=np.float64).reshape(value.shape)
        sizes = np.abs(wanted[np.isfinite(wanted) & (wanted != 0)])
        atol = tolerance * float(np.median(sizes)) if sizes.size else 0.0
        np.testing.assert_allclose(value, wanted, rtol=tolerance, atol=atol, err_msg=name)


def assert_same_bits(got: Result, expected: Result, but: Sequence[str] = ()) -> None:
    for name, value in got.tensors().items():
        if name not in but:
            np.testing.assert_array_equal(value, expected.tensors()[name], err_msg=name, strict=True)


class Battery:
    """Tests that hold for every layer; a subclass lists its cases."""

    cases: Sequence[Case] = ()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        if "case" in metafunc.fixturenames:
            applies = {"test_agrees_with_pytorch": lambda case: case.twin is not None,
                       "test_samples_do_not_mix": lambda case: not case.couples_samples}
            wanted = applies.get(metafunc.function.__name__, lambda case: True)
            metafunc.parametrize("case", [c for c in self.cases if wanted(c)], ids=lambda case: case.label)

    def test_gradients_are_the_central_differences(self, case: Case) -> None:
        compare_with_differences(*case.run(), case.rng(), case.given)

    def test_float32_agrees_with_float64(self, case: Case) -> None:
        assert_near(compute(case, "float32"), compute(case), 2e-5)

    @pytest.mark.parametrize("chunks", [1, 2, 7])
    def test_the_number_of_chunks_changes_nothing(self, case: Case, chunks: int) -> None:
        got, expected = compute(case, "float32", chunks=chunks), compute(case, "float32")
        assert_near(got, expected, 1e-5)
        if not case.sums_over_chunks:
            assert_same_bits(got, expected, but=[f"d{name}" for name in got.dp])

    def test_chunks_in_any_order_give_the_same_bits(self, case: Case) -> None:
        assert_same_bits(compute(case, "float32", apart=True), compute(case, "float32"))

    def test_samples_do_not_mix(self, case: Case) -> None:
        whole = compute(case, "float32")
        run, dy = case.run("float32")
        for k in range(case.n):
            alone, _ = case.run("float32", inputs=[x[k : k + 1] for x in run.inputs])
            y = alone.forward()
            dx, _ = alone.backward(dy[k : k + 1])
            assert_near(Result(y, dx), Result(whole.y[k : k + 1], [d[k : k + 1] for d in whole.dx]), 1e-5)

    def test_a_sample_has_the_same_bits_in_every_batch_in_inference(self, case: Case) -> None:
        whole = replace(case, n=7, training=False)
        run, _ = whole.run("float32")
        y = run.forward()
        for rows in (slice(0, 1), slice(1, 6), slice(3, 7)):
            part, _ = whole.run("float32", inputs=[x[rows] for x in run.inputs])
            assert part.forward().tobytes() == y[rows].tobytes()

    def test_nan_is_never_turned_into_a_number(self, case: Case) -> None:
        run, _ = case.run("float32")
        inputs = [x.copy() for x in run.inputs]
        for x in inputs:
            x[1] = np.nan
        y = case.run("float32", inputs=inputs)[0].forward()
        unreached = run.forward()[1] == 0 if case.adds_zeros else np.zeros(y[1].shape, dtype=bool)
        assert (np.isnan(y[1]) | unreached).all()
        assert case.couples_samples or np.isfinite(y[[0, 2]]).all()

    def test_unwanted_gradients_are_left_out(self, case: Case) -> None:
        whole = compute(case)
        assert_same_bits(compute(case, input_gradients=False), whole)
        assert_same_bits(compute(case, parameter_gradients=False), whole)

    @pytest.mark.peers
    @pytest.mark.parametrize("dtype", ["float32", "float64"])
    def test_agrees_with_pytorch(self, case: Case, dtype: str) -> None:
        torch = pytest.importorskip("torch", reason="PyTorch is in the extra `peers`")
        assert_near(compute(case, dtype, planted=True), twin_result(torch, case, dtype), case.tolerance[dtype])


def twin_result(torch: Any, case: Case, dtype: str) -> Result:
    """Forward and backward of the twin, in the same element type."""
    assert case.twin is not None
    run, dy = case.run(dtype, planted=True)

    def tensor(array: Array, learned: bool = True) -> Any:
        return torch.tensor(np.asarray(array), dtype=getattr(torch, dtype)).requires_grad_(learned)

    x = [tensor(a) for a in run.inputs]
    p = {name: tensor(a) for name, a in run.parameters.items()}
    states = {name: tensor(a, learned=False) for name, a in run.states.items()}
    y = case.twin(torch, x, {**p, **states})
    assert tuple(y.shape[1:]) == run.shape, "infer_shape gives the shape of the twin"
    y.backward(tensor(dy, learned=False))
    return Result(y.detach().numpy(), [t.grad.numpy() for t in x], {k: t.grad.numpy() for k, t in p.items()},
                  {k: t.numpy() for k, t in states.items()})
