"""A small Ray cluster on this machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import peploss


@pytest.fixture(scope="module")
def cluster():  # type: ignore[no-untyped-def]
    """Ray on this machine with two workers."""
    ray = pytest.importorskip("ray", reason="Ray is not installed; it is an optional engine")
    pytest.importorskip("ray.data", reason="Ray Data is not installed; it is an optional engine")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    root = str(Path(peploss.__file__).resolve().parents[1])
    ray.init(
        num_cpus=2, include_dashboard=False, logging_level="ERROR", log_to_driver=False,
        runtime_env={"env_vars": {"PYTHONPATH": root + os.pathsep + os.environ.get("PYTHONPATH", "")}},
    )  # fmt: skip
    yield ray
    ray.shutdown()
