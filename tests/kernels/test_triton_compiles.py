"""The kernels pass Triton's compiler for a real card, which needs none: the interpreter is more lenient."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from peploss.kernels.dispatch import has_triton

ROOT = Path(__file__).resolve().parents[2]

CODE = """
import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource
from peploss.kernels.gpu import cosine, landscape, prepare, render, launch

TYPES = {"places": "*i32", "counts": "*i64", "spans": "*i64", "h_bits": "i64"}
BOOLS = (True, False)


def kernels(real):
    tile = {"R": launch.ROWS, "REAL": real}
    for grid in BOOLS:
        yield prepare.prepare_kernel, {"R": launch.SORTED, "C": launch.KEYS, "GRID": grid, "REAL": real}, 4
        for grad in BOOLS:
            yield cosine.pairs_kernel, {**tile, "GRID": grid, "GRAD": grad, "PRODUCT": False}, 1
        yield cosine.pairs_kernel, {**tile, "GRID": grid, "GRAD": True, "PRODUCT": True}, 1
        yield landscape.landscape_kernel, {**tile, "GRID": grid, "PPM": grid}, 1
    for grad, product in ((True, False), (False, False), (True, True)):
        yield cosine.finish_kernel, {"BLOCK": launch.BLOCK, "GRAD": grad, "PRODUCT": product}, 1
    yield cosine.scale_kernel, {"BLOCK": launch.BLOCK, "BY_MZ": True, "BY_WEIGHT": False, "BY_SIGMA": True}, 1
    yield render.render_kernel, {"K": render.BINS, "C": render.PEAKS, "REAL": real}, 4


def kind(name, real):
    if name in TYPES:
        return TYPES[name]
    if name in prepare.SIZES:
        return "i32"
    return "*i64" if name.endswith("offsets") else f"*{real}" if name in ("peaks", "sums") else "*fp64"


def is_tested_in_float64(constants):
    return constants.get("GRAD") and not constants["PRODUCT"] or ("C" in constants and constants.get("GRID"))


for real in (tl.float32, tl.float64):
    for kernel, constants, warps in kernels(real):
        if real == tl.float64 and not is_tested_in_float64(constants):
            continue
        signature = {name: "constexpr" if name in constants else kind(name, real) for name in kernel.arg_names}
        source = ASTSource(fn=kernel, signature=signature, constexprs=constants)
        built = triton.compile(source, target=GPUTarget("cuda", 90, 32), options={"num_warps": warps})
        print(kernel.__name__, real, "cubin" in built.asm, "local_depot" in built.asm["ptx"])
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
    assert len(lines) == 15 + 4
    # Nor does one keep anything in the slow memory that a thread has of its own.
    assert all(line.endswith("True False") for line in lines), lines
