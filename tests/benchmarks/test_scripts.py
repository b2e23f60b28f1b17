"""Every script runs, here with tiny settings; what it measures is nobody's claim."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is in the extra `peers`")
pytestmark = pytest.mark.peers

from benchmarks import convolution, data_share, elementwise, frozen, growth, linear, normalization, pooling, scaling  # noqa: E402
from benchmarks import startup as startup_script  # noqa: E402
from benchmarks.harness import Timing  # noqa: E402
from benchmarks.layer_race import Case, flops, traffic  # noqa: E402
from tests.datasets.helpers import write_idx  # noqa: E402

FAMILIES = {
    "convolution": (convolution.main, "5×5 6→16", 3),
    "linear": (linear.main, "128→10", 3),
    "normalization": (normalization.main, "vectors", 2),
    "pooling": (pooling.main, "max 2/2, 512", 2),
    "elementwise": (elementwise.main, "tanh, vectors", 2),
}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_prints_a_line_for_each_direction(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    main, word, directions = FAMILIES[name]
    assert main([word, "--rounds", "1", "--seconds", "0.001", "--batch", "2", "--one-process"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith(f"| {word}")]
    assert len(lines) == directions
    assert all(float(line.split("|")[-4]) > 0 for line in lines), lines


def test_a_word_in_no_title_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        linear.main(["9→9"])
    assert "9→9: in none of the titles 784→256" in capsys.readouterr().err


def test_work_is_counted_by_hand() -> None:
    case = convolution.conv("", (4, 6, 6), 8, 3, batch=2, groups=2)
    assert flops(convolution.multiply_adds)(case, "forward") == 2 * (2 * 8 * 6 * 6) * (3 * 3 * 2)
    halved = Case("", {"type": "max_pool2d", "kernel_size": 2}, (4, 6, 6), 2)
    assert traffic(halved, "forward") == 4 * (2 * 4 * 36 + 2 * 4 * 9)
    assert traffic(halved, "dx") == 4 * (2 * 2 * 4 * 36 + 2 * 4 * 9)


@pytest.mark.slow
def test_scaling_tells_speed_ups_over_one_thread(capsys: pytest.CaptureFixture[str]) -> None:
    assert scaling.thread_counts(6) == [1, 2, 4, 6]
    assert scaling.main(["mlp", "--most", "1", "--rounds", "1", "--batch", "2"]) == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("| mlp"))
    assert [cell.strip() for cell in line.split("|")[5:8:2]] == ["1.00", "1.00"]


def test_growth_draws_a_small_picture(tmp_path: Path) -> None:
    values = growth.Growth("LeNet-5", "samples in a batch", [1, 2, 4], [1e-4, 2e-4, 3e-4], [2e-4, 3e-4, 5e-4])
    growth.draw([values, values], 2, tmp_path / "images" / "growth.png")
    picture = (tmp_path / "images" / "growth.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 100_000


@pytest.mark.slow
def test_growth_writes_what_it_measured(tmp_path: Path) -> None:
    command = ["--output", str(tmp_path / "g.png"), "--rounds", "1", "--batches", "1", "--sizes", "32", "--batch", "2"]
    assert growth.main(command) == 0
    document = json.loads((tmp_path / "g.json").read_text(encoding="utf-8"))
    assert [found["sizes"] for found in document["growth"]] == [[1], [32]]


def test_a_first_step_that_fails_tells_its_error(tmp_path: Path) -> None:
    assert startup_script.first_step("logistic", 2, 1, tmp_path) > 0
    assert any((tmp_path / "kernels").iterdir())
    with pytest.raises(RuntimeError, match="there is no layer conv9"):
        startup_script.first_step("lenet5", 2, 1, tmp_path, ["layers.conv9.out_channels=7"])


def test_data_share_takes_as_many_steps_alone_as_an_epoch_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    for prefix in ("train", "t10k"):
        write_idx(tmp_path, prefix, rng.integers(0, 256, (128, 28, 28)).astype(np.uint8), np.arange(128, dtype=np.uint8) % 10)
    options = ["--root", str(tmp_path), "--epochs", "2", "--threads", "1", "--limit-batches", "2"]
    assert data_share.main(options) in (0, 1)
    assert "% of the epoch is compute" in capsys.readouterr().out


def test_a_frozen_network_is_compared_with_the_fastest_of_pytorchs_ways() -> None:
    seconds = {
        "netspec, everything learns": 8.0, "netspec, frozen": 2.0, "netspec, from the cache": 0.5,
        "torch eager, everything learns": 1.0, "torch eager, frozen": 9.0, "torch.compile channels_last, frozen": 6.0,
        "torch eager, trunk under no_grad": 5.0, "torch eager, features given": 0.25,
    }  # fmt: skip
    found = {name: Timing(median, median, median, 1) for name, median in seconds.items()}
    assert frozen.ratios(found) == {
        "without the cache, PyTorch / netspec": 2.5, "with the cache, PyTorch / netspec": 10.0,
        "features given, PyTorch / netspec from the cache": 0.5, "netspec, everything learns / frozen": 4.0,
        "netspec, frozen / from the cache": 4.0,
    }  # fmt: skip


@pytest.mark.slow
def test_the_race_of_frozen_networks_has_every_way_of_both_sides(capsys: pytest.CaptureFixture[str]) -> None:
    frozen.main(["resnet20", "--samples", "20", "--batch", "10", "--rounds", "1", "--no-compile", "--format", "json"])
    (case,) = json.loads(capsys.readouterr().out)["cases"]
    assert len(case["seconds"]) == 10
    assert not case["absent"]
