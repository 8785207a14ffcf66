"""What has to be settled before any test is read."""

from __future__ import annotations

import importlib.util
import os

import torch
from hypothesis import settings

if not torch.cuda.is_available():
    # Triton's kernels run in numpy, then, if it is told so before it is first imported.
    os.environ.setdefault("TRITON_INTERPRET", "1")

# How long an example takes says nothing on a machine that does other work, and the first one compiles kernels.
settings.register_profile("no_deadline", deadline=None)
settings.load_profile("no_deadline")

# Triton is for Linux; elsewhere there is nothing to read these files for.
collect_ignore_glob = [] if importlib.util.find_spec("triton") else ["peploss/kernels/gpu/*.py"]
