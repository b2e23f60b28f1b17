"""Races of netspec against PyTorch and ONNX Runtime; see docs/speed.md.

PyTorch is loaded before netspec: each then has an OpenMP library of its own. The other way round PyTorch would get the one
that netspec has told to let its threads sleep (netspec/kernels/threads.py), and would not be at its best.
"""

import torch  # noqa: F401
