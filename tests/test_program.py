"""The compiled network against hand-made references: values, gradients, steps, freezing, threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import netspec
from netspec.load_report import LoadError
from netspec.memory import to_stored
from netspec.plan.plan import Goal
from netspec.room import NotEnoughMemoryError
from tests.kit.networks import CROSS_ENTROPY, SGD, small_convnet, spec_of

RNG = np.random.default_rng(7)
X = RNG.standard_normal((5, 2, 6, 6))
Y = RNG.integers(0, 3, 5)


def numeric_gradient(loss, array, index, h=1e-6):
    """Central difference of loss(array) to one element."""
    kept = array[index]
    values = []
    for value in (kept + h, kept - h):
        array[index] = value
        values.append(loss())
    array[index] = kept
    return (values[0] - values[1]) / (2 * h)


def test_gradients_of_a_branching_network_equal_central_differences():
    program = netspec.compile(small_convnet(), batch_size=5, dtype="float64")
    parameters = program.parameters
    r = RNG.standard_normal((5, 3))
    x = X.copy()

    def loss():
        program.load_parameters(parameters)
        return float((program.forward(x) * r).sum())

    loss()
    program.forward(x, training=True)
    dx = program.backward(r)
    gradients = program.gradients
    for name, gradient in gradients.items():
        index = tuple(RNG.integers(0, n) for n in gradient.shape)
        # h² and rounding leave about 1e-9.
        assert numeric_gradient(loss, parameters[name], index) == pytest.approx(gradient[index], abs=2e-8), name
    for _ in range(5):
        index = tuple(RNG.integers(0, n) for n in x.shape)
        assert numeric_gradient(loss, x, index) == pytest.approx(dx[index], abs=2e-8)


def test_a_step_moves_parameters_by_lr_times_gradient():
    program = netspec.compile(small_convnet(), batch_size=5, dtype="float64")
    before = program.parameters
    program.train_step(X, Y)
    gradients, after = program.gradients, program.parameters
    assert set(gradients) == set(before)
    for name in before:
        np.testing.assert_allclose(after[name], before[name] - 0.1 * gradients[name], rtol=1e-12, atol=1e-15)


def test_training_on_one_batch_brings_the_loss_down():
    program = netspec.compile(small_convnet(), batch_size=5)
    losses = [program.train_step(X, Y) for _ in range(60)]
    assert losses[-1] < 0.3 * losses[0]


def test_smaller_batches_use_the_same_program():
    program = netspec.compile(small_convnet(), batch_size=5, dtype="float64")
    whole = program.forward(X)
    np.testing.assert_array_equal(program.forward(X[:2]), whole[:2])
    np.testing.assert_array_equal(program.forward(X[2:]), whole[2:])


def test_accumulated_gradients_equal_those_of_the_whole_batch():
    whole, parts = (netspec.compile(small_convnet(), batch_size=5, dtype="float64") for _ in range(2))
    whole.train_step(X, Y)
    lane = parts.lanes[0]
    values = [lane.accumulate(to_stored(X[i], "float64"), Y[i]) for i in (slice(0, 3), slice(3, 5))]
    lane.update(lr=0.1)
    assert sum(v.weight for v in values) == 5
    for name, value in whole.parameters.items():
        np.testing.assert_allclose(parts.parameters[name], value, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("threads", [1, 2])
def test_results_have_the_same_bits_for_any_number_of_threads(threads):
    threads = min(threads, netspec.compile(small_convnet()).threads)
    reference = netspec.compile(small_convnet(), batch_size=5, threads=1)
    program = netspec.compile(small_convnet(), batch_size=5, threads=threads)
    for _ in range(3):
        assert reference.train_step(X, Y) == program.train_step(X, Y)
    for name, value in reference.parameters.items():
        np.testing.assert_array_equal(program.parameters[name], value)


def test_lanes_start_from_the_same_bits_and_do_not_touch_each_other():
    spec = small_convnet(optimizers=[SGD, {"type": "adam"}])
    program = netspec.compile(spec, batch_size=5)
    first, second = program.lanes
    before = second.tensors()
    for name, value in first.tensors().items():
        np.testing.assert_array_equal(value, before[name])
    first.train_step(to_stored(X, "float32"), Y, lr=0.1)
    for name, value in second.tensors().items():
        np.testing.assert_array_equal(value, before[name])
    assert (first.label, second.label) == ("sgd", "adam")


def test_a_network_with_frozen_layers_has_no_gradient_below_the_lowest_trainable_one():
    spec = small_convnet(transfer={"freeze_to": "sum"})
    program = netspec.compile(spec, batch_size=5)
    lane = program.lanes[0]
    digest = lane.frozen_digest()
    before = program.parameters
    program.train_step(X, Y)
    assert set(program.gradients) == {"fc.weight", "fc.bias"}
    assert lane.frozen_digest() == digest != ""
    moved = {name for name, value in program.parameters.items() if not np.array_equal(value, before[name])}
    assert moved == {"fc.weight", "fc.bias"}
    assert not [call for call in lane.training_calls(5) if call.owner == "conv1" and call.direction == "backward"]


def test_initial_parameters_do_not_change_when_a_layer_is_added():
    short = netspec.compile(spec_of([{"type": "relu"}, {"name": "fc", "type": "linear", "out_features": 3}]))
    layers = [{"type": "tanh"}, {"type": "relu"}, {"name": "fc", "type": "linear", "out_features": 3}]
    layers.append({"name": "fc2", "type": "linear", "out_features": 2})
    longer = netspec.compile(spec_of(layers))
    np.testing.assert_array_equal(short.parameters["fc.weight"], longer.parameters["fc.weight"])
    other = netspec.compile(spec_of(layers), seed=1)
    assert not np.array_equal(longer.parameters["fc.weight"], other.parameters["fc.weight"])


def test_strict_loading_refuses_what_does_not_fit_and_loads_nothing():
    program = netspec.compile(small_convnet())
    before = program.parameters
    tensors = {**before, "fc.bias": np.zeros(4), "extra": np.zeros(1)}
    del tensors["conv1.bias"]
    with pytest.raises(LoadError) as caught:
        program.load_parameters(tensors)
    assert str(caught.value) == (
        "4 loaded (652 parameters), 1 missing (conv1.bias), 1 unexpected (extra), "
        "1 of another shape (fc.bias: [3] here, [4] in the file); "
        "load with strict=False to take what fits"
    )
    np.testing.assert_array_equal(program.parameters["fc.weight"], before["fc.weight"])
    report = program.load_parameters(tensors, strict=False)
    assert report.missing == ("conv1.bias",)
    assert len(report.loaded) == 4


def test_a_load_that_loads_nothing_is_an_error_even_when_not_strict():
    program = netspec.compile(small_convnet())
    with pytest.raises(LoadError, match="is it the right file"):
        program.load_parameters({"module.fc.weight": np.zeros((3, 144))}, strict=False)


def test_several_outputs_are_a_dict_and_each_has_its_gradient():
    layers = [
        {"name": "fc1", "type": "linear", "out_features": 3},
        {"name": "a", "type": "relu", "inputs": ["fc1"]},
        {"name": "b", "type": "tanh", "inputs": ["fc1"]},
    ]
    program = netspec.compile(spec_of(layers, outputs=["a", "b"]), batch_size=5, dtype="float64")
    y = program.forward(X, training=True)
    assert isinstance(y, dict)
    da, db = RNG.standard_normal((2, 5, 3))
    program.backward({"a": da, "b": db})
    dy = da * (y["a"] > 0) + db * (1 - y["b"] ** 2)
    np.testing.assert_allclose(program.gradients["fc1.bias"], dy.sum(0), rtol=1e-12)


def test_the_same_layer_read_twice_gets_both_gradients():
    layers = [{"name": "id", "type": "identity"}, {"name": "twice", "type": "add", "inputs": ["id", "id"]}]
    program = netspec.compile(spec_of(layers, outputs=["twice"]), batch_size=5, dtype="float64")
    np.testing.assert_array_equal(program.forward(X, training=True), 2 * X)
    np.testing.assert_array_equal(program.backward(X), 2 * X)


def test_the_first_nan_is_named_by_layer_and_tensor():
    program = netspec.compile(small_convnet(), batch_size=5)
    lane = program.lanes[0]
    x = to_stored(X, "float32")
    assert lane.find_nonfinite(x, Y) is None
    weights = program.parameters
    weights["conv2.weight"][0, 0, 0, 0] = np.nan
    program.load_parameters(weights)
    found = lane.find_nonfinite(x, Y)
    assert found is not None
    assert found[:2] == ("conv2", "weight")


def test_no_nan_is_found_in_what_a_layer_has_not_written_yet():
    """A transposed convolution and a concat write their output in parts; the rest is what others have left in the arena."""
    layers = [
        {"name": "up", "type": "conv_transpose2d", "out_channels": 3, "kernel_size": 2, "stride": 2, "inputs": ["input"]},
        {"name": "wide", "type": "upsample", "scale": 2, "inputs": ["input"]},
        {"name": "both", "type": "concat", "inputs": ["up", "wide"]},
        {"name": "fc", "type": "linear", "out_features": 3},
    ]
    program = netspec.compile(spec_of(layers, [2, 6, 6], loss=CROSS_ENTROPY, optimizer=SGD), batch_size=5)
    lane, x = program.lanes[0], to_stored(X, "float32")
    for y in (Y, None):
        lane.find_nonfinite(x, y)  # makes the plan, and the arena with it
        program.arena.bytes[:] = 0xFF
        assert lane.find_nonfinite(x, y) is None


def test_wrong_shapes_are_named_with_both_shapes():
    program = netspec.compile(small_convnet(), batch_size=5)
    with pytest.raises(ValueError, match=r"samples of shape \[6, 6, 2\], expected \[2, 6, 6\]"):
        program.forward(X.transpose(0, 2, 3, 1))
    with pytest.raises(ValueError, match=r"1 … 5 at once"):
        program.forward(np.concatenate([X, X]))


def test_a_spec_without_loss_or_optimizer_says_what_to_add():
    bare = netspec.compile(spec_of([{"name": "fc", "type": "linear", "out_features": 3}]))
    with pytest.raises(ValueError, match=r"add \[optimizer\]"):
        bare.train_step(X, Y)
    no_loss = netspec.compile(spec_of([{"name": "fc", "type": "linear", "out_features": 3}], optimizer=SGD))
    with pytest.raises(ValueError, match=r"add \[loss\]"):
        no_loss.train_step(X, Y)


def test_errors_of_the_graph_are_raised_by_compile():
    spec = spec_of([{"name": "fc", "type": "linear", "out_features": 3, "inputs": ["nowhere"]}], loss=CROSS_ENTROPY)
    with pytest.raises(netspec.SpecError, match="NS301"):
        netspec.compile(spec)


def test_values_of_another_lane_are_not_passed_off_as_ones_own():
    program = netspec.compile(small_convnet(optimizers=[SGD, {"type": "adam"}]), batch_size=5)
    first, second = program.lanes
    first.forward(to_stored(X, "float32"), training=True)
    second.evaluate(to_stored(X, "float32"))
    with pytest.raises(ValueError, match="another lane has computed since"):
        first.backward({"fc": np.zeros((5, 3), np.float32)})
    with pytest.raises(ValueError, match="another lane"):
        _ = first.outputs
    assert second.outputs.shape == (5, 3)


def test_targets_of_another_size_are_refused():
    program = netspec.compile(small_convnet(), batch_size=5)
    with pytest.raises(ValueError, match=r"labels of shape \[5, 2\], but the loss reads \[5\] for outputs of shape \[3\]"):
        program.train_step(X, np.zeros((5, 2), int))
    with pytest.raises(ValueError, match=r"10 labels for 5 samples, but the loss reads 1 a sample"):
        program.lanes[0].train_step(to_stored(X, "float32"), np.zeros((5, 2), int), lr=0.1)


@pytest.mark.parametrize("label", [np.nan, np.inf, 0.5])
def test_what_is_no_whole_number_is_no_label(label):
    program = netspec.compile(small_convnet(), batch_size=5)
    with pytest.raises(ValueError, match=f"{label} is not a class label"):
        program.train_step(X, np.array([0, 1, 2, 0, label]))


def test_a_label_that_is_no_class_is_refused_unless_the_loss_ignores_it():
    labels = np.array([0, 1, 2, 0, -100])
    with pytest.raises(ValueError, match="label -100 is none of the classes 0 … 2"):
        netspec.compile(small_convnet(), batch_size=5).train_step(X, labels)
    ignoring = small_convnet(loss={"type": "cross_entropy", "ignore_index": -100})
    four = netspec.compile(small_convnet(), batch_size=5).train_step(X[:4], labels[:4])
    assert netspec.compile(ignoring, batch_size=5).train_step(X, labels) == pytest.approx(four, rel=1e-6)


def test_one_forward_allows_one_backward():
    program = netspec.compile(small_convnet(), batch_size=5)
    y = program.forward(X, training=True)
    program.backward(np.ones_like(y))
    with pytest.raises(ValueError, match="once for each"):
        program.backward(np.ones_like(y))


def test_a_failed_step_does_not_leave_half_a_batch_behind():
    program, twin = (netspec.compile(small_convnet(), batch_size=5, dtype="float64") for _ in range(2))
    for one in (program, twin):
        one.forward(X, training=True)
    with pytest.raises(ValueError, match="labels of shape"):
        program.train_step(2 * X, np.zeros((5, 2), int))
    np.testing.assert_array_equal(program.backward(np.ones((5, 3))), twin.backward(np.ones((5, 3))))


def test_weights_loaded_between_forward_and_backward_end_the_forward():
    program = netspec.compile(small_convnet(), batch_size=5)
    program.forward(X, training=True)
    program.load_parameters(program.parameters)
    with pytest.raises(ValueError, match="call forward"):
        program.backward(np.ones((5, 3)))


def two_heads(**sections):
    layers = [
        {"name": "body", "type": "linear", "out_features": 4},
        {"name": "h1", "type": "linear", "out_features": 3, "inputs": ["body"]},
        {"name": "h2", "type": "linear", "out_features": 3, "inputs": ["body"]},
    ]
    loss = {"type": "cross_entropy", "input": "h1"}
    return spec_of(layers, outputs=["h1", "h2"], loss=loss, **sections)


def test_parameters_that_the_loss_does_not_depend_on_are_left_alone():
    program = netspec.compile(two_heads(optimizer={"type": "adamw", "lr": 0.1, "weight_decay": 0.5}), batch_size=5)
    before = program.parameters
    program.forward(X, training=True)
    program.backward({"h1": np.ones((5, 3)), "h2": np.ones((5, 3))})
    assert np.abs(program.gradients["h2.weight"]).max() > 0
    program.train_step(X, Y)
    assert set(program.gradients) == {"body.weight", "body.bias", "h1.weight", "h1.bias"}
    for name in ("h2.weight", "h2.bias"):
        np.testing.assert_array_equal(program.parameters[name], before[name])


def test_waiting_gradients_do_not_leak_into_another_step():
    program = netspec.compile(small_convnet(), batch_size=5)
    lane, x = program.lanes[0], to_stored(X, "float32")
    lane.accumulate(x, Y)
    with pytest.raises(ValueError, match="are waiting"):
        lane.train_step(x, Y, lr=0.1)
    lane.load_tensors(lane.tensors())
    lane.train_step(x, Y, lr=0.1)


def test_names_with_dots_do_not_collide_with_gradient_parts():
    layers = [
        {"name": "a", "type": "tanh"},
        {"name": "a.b.0", "type": "tanh", "inputs": ["a"]},
        {"name": "b", "type": "silu", "inputs": ["a"]},
        {"name": "sum", "type": "add", "inputs": ["a.b.0", "b"]},
    ]
    program = netspec.compile(spec_of(layers), batch_size=5, dtype="float64")
    program.forward(X, training=True)
    dx = program.backward(np.ones_like(X))
    t = np.tanh(X)
    sigmoid = 1 / (1 + np.exp(-t))
    expected = (1 - t**2) * ((1 - np.tanh(t) ** 2) + sigmoid * (1 + t * (1 - sigmoid)))
    np.testing.assert_allclose(dx, expected, rtol=1e-10)


def test_threads_that_share_a_program_wait_for_each_other():
    program = netspec.compile(small_convnet(), batch_size=5)
    inputs = [X * scale for scale in (1.0, 2.0, 3.0)]
    expected = [program.forward(x) for x in inputs]
    with ThreadPoolExecutor(3) as pool:
        for found in pool.map(lambda _: [program.forward(x) for x in inputs], range(12)):
            np.testing.assert_array_equal(found, expected)


def test_numbers_that_float32_cannot_hold_are_refused():
    program = netspec.compile(small_convnet())
    weights = program.parameters
    weights["fc.bias"] = np.full(3, 1e300)
    with pytest.raises(ValueError, match=r"fc.bias has numbers beyond ±3.4e\+38"):
        program.load_parameters(weights)


@pytest.mark.parametrize(
    ("options", "message"),
    [({"batch_size": 0}, "use 1 or more"), ({"dtype": "float16"}, "use \"float32\""), ({"threads": 0}, "use 1 …")],
)
def test_options_of_compile_are_checked(options, message):
    with pytest.raises(ValueError, match=message):
        netspec.compile(small_convnet(), **options)


def test_complex_numbers_are_refused():
    with pytest.raises(ValueError, match="give real numbers"):
        netspec.compile(small_convnet()).forward(X + 1j)


def test_dropout_masks_differ_from_step_to_step_and_between_accumulated_parts():
    layers = [{"name": "drop", "type": "dropout", "p": 0.5}, {"name": "fc", "type": "linear", "out_features": 3}]
    program = netspec.compile(spec_of(layers, loss=CROSS_ENTROPY, optimizer={"type": "sgd", "lr": 0.0}), batch_size=5)
    lane, x = program.lanes[0], to_stored(X, "float32")
    alone = [lane.train_step(x, Y, lr=0.0).mean for _ in range(2)]
    parts = [lane.accumulate(x, Y).mean for _ in range(2)]
    assert len({*alone, *parts}) == 4
    again = netspec.compile(spec_of(layers, loss=CROSS_ENTROPY, optimizer={"type": "sgd", "lr": 0.0}), batch_size=5)
    assert [again.lanes[0].train_step(x, Y, lr=0.0).mean for _ in range(2)] == alone


@pytest.mark.parametrize("batch", [10**7, 10**13])
def test_a_batch_that_does_not_fit_is_refused_with_the_largest_that_does(batch, monkeypatch):
    monkeypatch.setattr("netspec.room.available_bytes", lambda: 2 << 30)
    message = rf"a batch of {batch} samples needs .* GiB, and 2.0 GiB are free; use batch_size ≤ \d+"

    def compile_and_plan():
        program = netspec.compile(small_convnet(), batch_size=batch)
        return program.plan(Goal(batch=batch, training=True, loss=True, gradients=True))

    with pytest.raises(NotEnoughMemoryError, match=message):
        compile_and_plan()


def test_more_threads_than_planned_for_get_their_own_memory():
    layers = [{"name": "conv", "type": "conv2d", "out_channels": 8, "kernel_size": 3, "padding": 1, "algorithm": "winograd"}]
    spec = spec_of(layers, [8, 80, 80])
    x = np.random.default_rng(0).standard_normal((3, 8, 80, 80))
    program = netspec.compile(spec, batch_size=3, threads=1)
    alone = program.forward(x)
    before = program.shared["scratch"].size
    program.threads = min(2, netspec.compile(spec).threads)
    np.testing.assert_array_equal(program.forward(x), alone)
    assert program.shared["scratch"].size == program.threads * before
