"""What the app installs: every distribution pinned with hashes, under a licence that an MIT project can pass on."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCKS = {"requirements.lock", "requirements-cuda.lock"}
PERMISSIVE = ["MIT", "BSD", "Apache", "ISC", "PSF", "Zlib", "CC0", "BSL-1.0", "Mozilla Public License 2.0", "MPL-2.0"]


def pins(name: str) -> dict[str, set[str]]:
    """Versions of each distribution in a requirements or lock file; several where markers choose."""
    found: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text().splitlines():
        if match := re.match(r"([A-Za-z0-9._-]+)==([^ ;\\]+)", line):
            found.setdefault(canonicalize_name(match[1]), set()).add(match[2])
    return found


def needed(name: str) -> set[str]:
    """Distributions that one needs on this machine, without its extras."""
    requirements = [Requirement(text) for text in metadata.requires(name) or []]
    return {canonicalize_name(r.name) for r in requirements if r.marker is None or r.marker.evaluate({"extra": ""})}


@pytest.mark.parametrize("lock", sorted(LOCKS))
def test_the_lock_holds_what_the_app_pins(lock: str) -> None:
    left_out = {"torch"} if lock == "requirements.lock" else set()
    asked, locked = pins("requirements.txt"), pins(lock)
    assert asked
    assert {name: locked.get(name) for name in asked if name not in left_out} == {
        name: versions for name, versions in asked.items() if name not in left_out
    }, "requirements.txt has changed since the lock was made: run .ci/lock"


@pytest.mark.parametrize("lock", sorted(LOCKS))
def test_every_distribution_of_the_lock_has_hashes(lock: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text())[1:]
    assert len(entries) > 50
    assert [entry.splitlines()[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_the_lock_holds_everything_that_its_distributions_need() -> None:
    locked = pins("requirements.lock")
    installed = {canonicalize_name(found.name) for found in metadata.distributions()}
    missing = {
        name: absent for name in sorted(set(locked) & installed) if (absent := needed(name) - set(locked) - {"torch"})
    }
    assert missing == {}


def test_the_locks_differ_by_torch_and_its_libraries_only() -> None:
    cpu, cuda = pins("requirements.lock"), pins("requirements-cuda.lock")
    assert cpu.items() <= cuda.items()
    extra = set(cuda) - set(cpu)
    assert {name for name in extra if not name.startswith(("nvidia-", "cuda-"))} == {"torch", "triton"}


def test_the_image_installs_by_hash() -> None:
    image = (ROOT / "Dockerfile").read_text()
    installs = re.findall(r"pip install ([^\\\n;]*)", image)
    assert {"--require-hashes" in line or "grep ^torch== requirements.txt" in line for line in installs} == {True}
    assert all(lock in image for lock in LOCKS)


def test_every_distribution_has_a_licence_that_can_be_passed_on() -> None:
    names = sorted(set(pins("requirements.lock")) | {"torch"})
    command = [
        sys.executable,
        "-m",
        "piplicenses",
        "--from=mixed",
        "--partial-match",
        "--format=csv",
        "--packages",
        *names,
    ]
    done = subprocess.run([*command, "--allow-only", ";".join(PERMISSIVE)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") > 50
