"""ONNX Runtime as a contestant, for inference: the network as PyTorch exports it."""

from __future__ import annotations

import logging
import tempfile
import warnings
from pathlib import Path

import torch  # before netspec, as in theirs.py

from benchmarks.batch import noise
from benchmarks.contest import ONNX, Contest, Team, Timer, calling
from benchmarks.peers import Twin
from netspec.spec.model import Spec


def team(contest: Contest) -> Team:
    """The one contestant, or why it fails."""
    found = Team()
    if contest.task == "inference":
        found.enter(ONNX, lambda: _timer(contest, found))
    return found


def _timer(contest: Contest, found: Team) -> Timer:
    """All its graph optimizations, and as many threads as the others."""
    import onnxruntime

    spec = Spec.model_validate(contest.table)
    x, _ = noise(spec, contest.batch)
    settings = onnxruntime.SessionOptions()
    settings.intra_op_num_threads, settings.inter_op_num_threads = contest.threads, 1
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    settings.log_severity_level = 3
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.onnx"
        export(spec, torch.from_numpy(x), file)
        session = onnxruntime.InferenceSession(file, settings, providers=["CPUExecutionProvider"])
    inputs = {session.get_inputs()[0].name: x}
    found.logits[ONNX] = session.run(None, inputs)[0]
    return calling(lambda: session.run(None, inputs))


def export(spec: Spec, x: torch.Tensor, file: Path) -> None:
    """The network of a spec with netspec's initial weights, for this batch size."""
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision, which is not used here
    with warnings.catch_warnings():  # of the exporter about itself
        warnings.simplefilter("ignore")
        torch.onnx.export(Twin(spec).in_inference(), (x,), file, dynamo=True, verbose=False)
