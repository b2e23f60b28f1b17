"""The same bits for 1, 2, 3 and 4 threads, and from run to run: every layer, loss and optimizer of the registry."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from netspec.registry import plugins
from tests.kit.every_plugin import network_of_every_layer, networks_of_every_loss

ROOT = Path(__file__).parent.parent
Digests = Mapping[str, Mapping[str, str]]


def digests_of(*threads: str, seed_of_hashes: str) -> Digests:
    """What a fresh process computes with these numbers of threads."""
    environment = {**os.environ, "NUMBA_NUM_THREADS": "4", "PYTHONHASHSEED": seed_of_hashes}
    ended = subprocess.run(
        [sys.executable, "-m", "tests.kit.thread_digests", *threads],
        cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    found: Digests = json.loads(ended.stdout)
    return found


@pytest.fixture(scope="module")
def digests() -> Digests:
    return digests_of("1", "2", "3", "4", seed_of_hashes="1")


def different(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    assert one.keys() == other.keys()
    return [name for name in one if one[name] != other[name]]


def test_the_networks_hold_every_plugin_of_the_registry() -> None:
    layers = {layer.type_name() for layer in network_of_every_layer().layers}
    networks = networks_of_every_loss().values()
    losses = {spec.loss.type_name() for spec in networks if spec.loss}
    optimizers = {optimizer.type_name() for spec in networks for optimizer in spec.optimizers}
    assert layers == set(plugins("netspec.layers"))
    assert losses == set(plugins("netspec.losses"))
    assert optimizers == set(plugins("netspec.optimizers"))


@pytest.mark.parametrize("threads", ["2", "3", "4"])
def test_results_have_the_same_bits_for_any_number_of_threads(digests: Digests, threads: str) -> None:
    assert len(digests["1"]) > 1000
    assert different(digests["1"], digests[threads]) == []


def test_results_have_the_same_bits_from_run_to_run(digests: Digests) -> None:
    assert different(digests["3"], digests_of("3", seed_of_hashes="2")["3"]) == []
