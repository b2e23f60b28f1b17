"""Races of netspec against PyTorch and ONNX Runtime; see docs/speed.md."""
