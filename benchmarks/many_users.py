"""Many users of one server at once: errors, cross-talk, memory and how long an answer takes.

    python -m benchmarks.many_users --seconds 60     # short, two to three minutes in all
    python -m benchmarks.many_users                  # ten minutes of twenty users

Starts the app on a folder of spectra, each user's in a file of their own, and on a set. First 5 users work for a fifth
of the time, then 20 while three more sessions keep scoring the set. A user drags the sigma slider, rests, steps to the
next spectrum, types another peptide, and thinks in between. Sessions speak the protocol of the browser, without one: an
answer is timed from the message to the server to the payload that draws it, and shares the machine with all of this.

Cross-talk is the title or a peptide of another user in anything a session receives, or a loss that is not the one
that this user's spectrum, peptide and sigma have when they are computed here. Memory is that of the server's process;
what libraries load, and jobs keep, comes in the first minute. ``--uploads 30`` uploads so many files of 20 MB, each by
a session of its own, instead. Linux only.
"""

from __future__ import annotations

import asyncio
import os
import re
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.browser import app
from benchmarks.common import arguments, show, write
from benchmarks.dataset import large_set, small_set
from benchmarks.streamlit_session import Session
from benchmarks.visits import GIVE_UP, SIGMAS, Found, User, Visit, score_again_and_again
from peploss.spectra.writers import to_mgf

USERS, FEW, JOBS = 20, 5, 3
PSMS: Final = 30_000  # in the set that is scored


def resident(process: int) -> float:
    """MB of a process."""
    found = re.search(r"^VmRSS:\s+(\d+) kB$", Path(f"/proc/{process}/status").read_text(), re.MULTILINE)
    return int(found[1]) * 1024 / 1e6 if found else 0.0


def processor() -> tuple[float, float, float]:
    """Processor time in s: of this process, of those that it started, and of the whole machine."""
    parents, used = {}, {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        number = int(path.parent.name)
        parents[number], used[number] = int(fields[1]), sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    below, found = {os.getpid()}, 0
    while len(below) != found:
        found = len(below)
        below |= {child for child, parent in parents.items() if parent in below}
    busy = list(map(int, Path("/proc/stat").read_text().partition("\n")[0].split()[1:9]))
    whole = (sum(busy) - busy[3] - busy[4]) / os.sysconf("SC_CLK_TCK")
    return time.process_time(), sum(used[k] for k in below - {os.getpid()}), whole


def server_of(url: str) -> int:
    """The process that listens there, of those that this one started."""
    port = f":{int(url.rpartition(':')[2]):04X} "
    inodes = {line.split()[9] for line in Path("/proc/net/tcp").read_text().splitlines() if port in line[:30]}
    for child in Path("/proc").glob("[0-9]*/fd"):
        try:
            if any(os.readlink(fd)[8:-1] in inodes for fd in child.iterdir() if "socket:" in os.readlink(fd)):
                return int(child.parent.name)
        except OSError:
            continue
    raise SystemExit("The server's process is not found.")


async def _at_work(
    url: str, users: list[User], found: Found, seconds: float, jobs: int, process: int
) -> dict[str, float]:
    """So many users and jobs for a while; memory after the first minute (or half the time) and at the end."""
    ends = time.monotonic() + seconds
    before = processor()
    visits = [Visit(url, user, users, found, ends) for user in users]
    working = [asyncio.create_task(v.work()) for v in visits]
    working += [asyncio.create_task(score_again_and_again(url, n, found, ends)) for n in range(jobs)]
    memory: dict[str, float] = {}
    await asyncio.sleep(min(60.0, seconds / 2))
    memory["first minute"] = resident(process)
    await asyncio.gather(*working)
    memory["end"] = resident(process)
    mine, servers, whole = (after - b for after, b in zip(processor(), before, strict=True))
    print(
        f"{len(users)} users, {jobs} jobs: processor time {servers:.0f} s of the server, {mine:.0f} s of these "
        f"sessions, {whole - servers - mine:.0f} s of others on this machine, of {os.cpu_count()} x {seconds:.0f} s",
        flush=True,
    )  # fmt: skip
    await asyncio.gather(*(v.session.close() for v in visits))
    return memory


def _folder(folder: Path, users: list[User]) -> None:
    for user in users:
        (folder / f"user{user.number:02d}.mgf").write_text("".join(to_mgf(s) for s in user.spectra))
        for at, own in enumerate(user.peptides):
            for sigma in SIGMAS:
                user.loss(at, own, sigma)
    (folder / "parts").mkdir()
    large_set(small_set(folder / "parts"), folder / "large.parquet", PSMS)


def _rows(found: Found, users: int, jobs: int) -> Iterator[dict[str, object]]:
    for what, times in found.times.items():
        yield {
            "users": users, "scoring": jobs, "what": what, "times": len(times), "median ms": statistics.median(times),
            "p95 ms": float(np.quantile(times, 0.95)), "most ms": max(times),
        }  # fmt: skip


async def _many(url: str, users: list[User], seconds: float, left: float) -> tuple[list[dict[str, object]], Found]:
    process = server_of(url)
    few, many = Found(), Found()
    started = resident(process)
    await _at_work(url, users[:FEW], few, seconds / 5, 0, process)
    memory = await _at_work(url, users, many, seconds, JOBS, process)
    gone = time.monotonic() + left
    while time.monotonic() < gone:
        await asyncio.sleep(1)
    rows = [*_rows(few, FEW, 0), *_rows(many, len(users), JOBS)]
    print(f"{len(few.errors) + len(many.errors)} errors, {len(few.cross_talk) + len(many.cross_talk)} of cross-talk")
    for told in [*few.errors, *many.errors, *few.cross_talk, *many.cross_talk][:20]:
        print(f"  {told}")
    lost = [*few.lost, *many.lost]
    print(f"{len(lost)} answers did not come within {GIVE_UP:.0f} s and were asked for again")
    for told in lost[:5]:
        print(f"  {told}")
    print(f"{many.jobs} scoring jobs came to their end")
    print(
        f"memory of the server in MB: {started:.0f} at its start, {memory['first minute']:.0f} after the first minute, "
        f"{memory['end']:.0f} at the end, {resident(process):.0f} when all had left for {left:.0f} s"
    )
    many.errors += few.errors
    many.cross_talk += few.cross_talk
    return rows, many


async def _uploads(url: str, n: int, left: float) -> None:
    """Each session uploads a file of 20 MB; memory and disk as they come, while they are open, and after."""
    process = server_of(url)
    block = "".join(to_mgf(s) for s in User.of(0).spectra)
    content = (block * (20_000_000 // len(block) + 1))[:20_000_000].rpartition("BEGIN IONS")[0].encode()

    def kept() -> float:
        return sum(f.stat().st_size for f in Path(tempfile.gettempdir()).glob("peploss-uploads-*/*/*/*")) / 1e6

    print(f"{'':34}{'memory MB':>10}{'disk MB':>10}")

    def told(what: str) -> None:
        print(f"{what:34}{resident(process):10.0f}{kept():10.0f}", flush=True)

    told("before")
    sessions = []
    for k in range(n):
        session = await Session(url, query="source=Upload").open()
        box = await session.until(lambda session=session: next(session.drawn("file_uploader"), None), "the box")
        await session.upload(box, {f"{k}.mgf": content})
        await session.until(lambda session=session: session.component("stage"), "the plot")
        sessions.append(session)
    told(f"{n} x {len(content) / 1e6:.0f} MB uploaded")
    await asyncio.sleep(10)
    told("10 s later, pages open")
    for session in sessions:
        await session.close()
    told("all left")
    for _ in range(int(left) // 30):
        await asyncio.sleep(30)
        told("30 s later")


def main() -> None:
    parser = arguments(__doc__, "many_users.csv")
    parser.add_argument("--seconds", type=float, default=600.0, help="of the many users (default: %(default)s)")
    parser.add_argument("--left", type=float, default=150.0, help="s after they left (default: %(default)s)")
    parser.add_argument("--users", type=int, default=USERS, help="(default: %(default)s)")
    parser.add_argument("--uploads", type=int, default=0, help="upload so many files of 20 MB instead")
    options = parser.parse_args()
    users = [User.of(number) for number in range(options.users)]
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "data"
        folder.mkdir()
        if not options.uploads:
            _folder(folder, users)
        os.environ["TMPDIR"] = tempfile.tempdir = temporary
        with app(PEPLOSS_DATA_DIR=str(folder), XDG_DATA_HOME=temporary) as url:
            if options.uploads:
                asyncio.run(_uploads(url, options.uploads, options.left))
                return
            rows, found = asyncio.run(_many(url, users, options.seconds, options.left))
        show(rows)
        write(rows, options.csv)
        if found.errors or found.cross_talk:
            raise SystemExit(1)


if __name__ == "__main__":
    main()
