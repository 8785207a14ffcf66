"""Code blocks of a Markdown page, run in order in one process as a reader would run them."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
_BLOCK = re.compile(r"^```(?P<language>[\w-]*)[^\n]*\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE)
NOT_RUN = (
    "pip ",
    "peploss serve",
    "streamlit ",
    "git ",
    "pytest",
    "ruff ",
    "mypy",
    "mkdocs ",
    "apt-get ",
    "python -m ",
)
"""Commands that a page names and no test runs: they install, serve, measure, or are the checks themselves."""


class Block(NamedTuple):
    """A code block, and the text block right under it: what it prints."""

    language: str
    code: str
    printed: str | None


def blocks(page: str) -> list[Block]:
    """Every code block of a page but those that show what another prints."""
    found = list(_BLOCK.finditer(page))
    out: list[Block] = []
    for at, one in enumerate(found):
        after = found[at + 1] if at + 1 < len(found) else None
        under = after and after["language"] == "text" and not page[one.end() : after.start()].strip()
        if one["language"] != "text":
            out.append(Block(one["language"], one["text"], after["text"] if after and under else None))
    return out


def script(block: Block) -> str:
    """A ``sh`` block with what is not run left out, for a shell in which ``peploss`` is this checkout's."""
    lines = block.code.replace("\\\n", " ").splitlines()
    kept = [line for line in lines if not line.startswith(NOT_RUN)]
    return "\n".join([f'peploss() {{ {shlex.quote(sys.executable)} -m peploss "$@"; }}', *kept])


def environment() -> dict[str, str]:
    """Of a process that finds this checkout from any folder."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def run_page(page: str, folder: Path) -> list[tuple[Block, str]]:
    """Runs Python and ``sh`` blocks of a page in order; what each printed.

    Args:
        folder: where they run; gets the built-in spectra.
    """
    if not (folder / "sample_spectra").exists():
        (folder / "sample_spectra").symlink_to(ROOT / "sample_spectra")
    run = [block for block in blocks(page) if block.language in ("python", "sh")]
    steps = [(block.language, script(block) if block.language == "sh" else block.code) for block in run]
    told = folder / "printed.json"
    done = subprocess.run(
        [sys.executable, "-P", __file__, str(told)], input=json.dumps(steps), cwd=folder,
        capture_output=True, text=True, timeout=300, env=environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return list(zip(run, json.loads(told.read_text()), strict=True))


def run_steps(steps: list[tuple[str, str]], told: str) -> None:
    """Python code in one namespace, shell scripts as processes; writes what each step printed to ``told``."""
    names: dict[str, object] = {"__name__": "__main__"}
    out = []
    for at, (language, code) in enumerate(steps):
        if language == "python":
            path = Path(f"step{at}.out")
            with path.open("w") as file, contextlib.redirect_stdout(file):
                exec(compile(code, f"block {at + 1}", "exec"), names)
            out.append(path.read_text())
            continue
        done = subprocess.run(["bash", "-euo", "pipefail", "-c", code], capture_output=True, text=True)
        if done.returncode:
            raise AssertionError(f"{code}\nended with {done.returncode}: {done.stderr}")
        out.append(done.stdout)
    Path(told).write_text(json.dumps(out))


if __name__ == "__main__":
    run_steps(json.load(sys.stdin), sys.argv[1])
