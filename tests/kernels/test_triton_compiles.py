"""The kernels pass Triton's compiler for a real card, which needs none: the interpreter is more lenient."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from peploss.kernels.backends import has_triton

ROOT = Path(__file__).resolve().parents[2]

CODE = """
import itertools
import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from peploss.kernels.gpu import cosine, landscape, prepare, render

TYPES = {"n": "i32", "m": "i32", "n_bins": "i32", "h_bits": "i64", "n_sigmas": "i32", "n_widths": "i32",
         "peaks": "*fp32", "rows": "*fp32", "bins": "*i32", "order": "*i32", "lives": "*i32",
         "counts": "*i64", "spans": "*i64"}
BOOLS = (True, False)
ROWS = {"R": 32, "REAL": tl.float32}
KERNELS = [
    *((prepare.prepare_kernel, {**ROWS, "C": 64, "GRID": grid}) for grid in BOOLS),
    *((cosine.rows_kernel, {**ROWS, "GRID": grid}) for grid in BOOLS),
    *((cosine.cosine_kernel, {"BLOCK": 128, "PRODUCT": product}) for product in BOOLS),
    *((cosine.gradient_kernel, {**ROWS, "GRID": grid, "SIDE": side, "PRODUCT": False})
      for grid, side in itertools.product(BOOLS, (0, 1))),
    (cosine.gradient_kernel, {**ROWS, "GRID": True, "SIDE": 0, "PRODUCT": True}),
    *((landscape.landscape_kernel, {**ROWS, "GRID": grid, "PPM": grid}) for grid in BOOLS),
    (render.render_kernel, {"K": 128, "C": 32, "REAL": tl.float32}),
]
for kernel, constants in KERNELS:
    signature = {
        name: "constexpr" if name in constants else TYPES.get(name, "*i64" if name.endswith("offsets") else "*fp64")
        for name in kernel.arg_names
    }
    source = ASTSource(fn=kernel, signature=signature, constexprs=constants)
    built = triton.compile(source, target=GPUTarget("cuda", 90, 32), options={"num_warps": 1})
    print(kernel.__name__, len(built.asm["ptx"]) > 0)
"""


@pytest.mark.skipif(not has_triton(), reason="triton is not installed")
def test_every_kernel_compiles_for_a_card_that_is_not_there(tmp_path: Path) -> None:
    # A file, as Triton reads the source of what it compiles.
    script = tmp_path / "compile_kernels.py"
    script.write_text(CODE, encoding="utf-8")
    variables = {k: v for k, v in os.environ.items() if k != "TRITON_INTERPRET"}
    done = subprocess.run(
        [sys.executable, str(script)], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
        env={**variables, "PYTHONPATH": str(ROOT), "TRITON_CACHE_DIR": str(tmp_path / "cache")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stdout.split("\n")[:-1]
    assert len(lines) == 14
    assert all(line.endswith("True") for line in lines)
