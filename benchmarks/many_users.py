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
import random
import re
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import numpy as np

from benchmarks.app_latency import app
from benchmarks.common import arguments, show, write
from benchmarks.dataset import large_set, small_set
from benchmarks.streamlit_session import LONGEST, Session, numbered
from peploss.analysis.one_psm.explanation import explain
from peploss.constants import PROTON
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum
from peploss.spectra.writers import to_mgf

USERS, FEW, JOBS = 20, 5, 3
SPECTRA: Final = 8  # of a user
SIGMAS: Final = (0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.35)
PSMS: Final = 30_000  # in the set that is scored
THINKS: Final = 10.0  # s between a user's actions, on average
GIVE_UP: Final = 10.0  # s until it is asked again
MARK: Final = re.compile(rb"mark(\d\d)q")
LETTERS: Final = "ACDEFGHLMNPQSTVWY"


@dataclass(eq=False)
class User:
    """One user's spectra and peptides, and the losses that they have."""

    number: int
    spectra: list[Spectrum]
    peptides: list[str]
    losses: dict[tuple[int, str, float], str] = field(default_factory=dict)

    @classmethod
    def of(cls, number: int) -> User:
        """Spectra with the fragments of their peptides, moved a little, and noise."""
        rng = np.random.default_rng(number)
        peptides, spectra = [], []
        for at in range(SPECTRA):
            text = "".join(rng.choice(list(LETTERS), int(rng.integers(9, 16)))) + "K"
            peptides.append(text)
            peptide = Peptide.parse(f"{text}/2")
            ions = fragments(peptide, LossSettings(), 2).mz
            mz = np.concatenate([ions + rng.normal(0, 0.01, ions.size), rng.uniform(100, 1500, 200)])
            order = np.argsort(mz)
            spectra.append(Spectrum(
                mz=mz[order], intensity=rng.gamma(1, 100, mz.size)[order], title=f"mark{number:02d}q spectrum {at}",
                precursor_mz=peptide.neutral_mass / 2 + PROTON, precursor_charge=2, peptide=text, index=at,
            ))  # fmt: skip
        return cls(number, spectra, peptides)

    def loss(self, at: int, peptide: str, sigma: float) -> str:
        """What must stand on the page."""
        key = (at, peptide, sigma)
        if key not in self.losses:
            found = explain(self.spectra[at], Peptide.parse(peptide), LossSettings(sigma=sigma))
            self.losses[key] = f"{found.loss:.4f}"
        return self.losses[key]


@dataclass(eq=False)
class Found:
    """What came of all sessions."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))  # ms
    errors: list[str] = field(default_factory=list)
    cross_talk: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    jobs: int = 0


def _watch(user: User, everyone: list[User], found: Found) -> Any:
    others = [peptide for other in everyone if other is not user for peptide in other.peptides]
    theirs = re.compile("|".join(others).encode()) if others else None

    def received(data: bytes) -> None:
        for mark in MARK.findall(data):
            if int(mark) != user.number:
                found.cross_talk.append(f"user {user.number} received a title of user {int(mark)}")
        if theirs is not None and (other := theirs.search(data)):
            found.cross_talk.append(f"user {user.number} received the peptide {other[0].decode()}")

    return received


class Visit:
    """A user at work."""

    def __init__(self, url: str, user: User, everyone: list[User], found: Found, ends: float) -> None:
        self.user, self.found, self.ends = user, found, ends
        self.dice = random.Random(user.number)
        self.at, self.peptide, self.sigma, self.sent = 0, user.peptides[0], LossSettings.sigma, 0
        self.seen_seq, self.steps = 0, 0
        query = urlencode({"source": "Folder", "file": f"user{user.number:02d}.mgf"})
        self.session = Session(url, query=query, received=_watch(user, everyone, found))

    async def work(self) -> None:
        """Until the time is over."""
        try:
            await self._timed("open", self._open)
            while time.monotonic() < self.ends:
                await asyncio.sleep(self.dice.expovariate(1 / THINKS))
                act = self.dice.choices([self._drag, self._step, self._type], [6, 2, 1])[0]
                await act()
                self.found.errors += [f"user {self.user.number}: {e}" for e in self.session.errors]
                self.session.errors.clear()
        except (TimeoutError, OSError, LookupError, ValueError) as error:
            self.found.errors.append(f"user {self.user.number}: {error!r}")

    async def _open(self) -> None:
        if not self.session.id:
            await self.session.open()

    async def _drag(self) -> None:
        for _ in range(self.dice.randint(3, 8)):
            self.sigma = self.dice.choice([s for s in SIGMAS if s != self.sigma])
            drawn, head = self.session.component("stage") or (None, {})
            if drawn is None:
                raise LookupError("The plot is gone.")
            self.sent = max(self.sent, self.seen_seq) + 1
            view = {**head["view"], "sigma": self.sigma, "seq": self.sent}
            await self._timed("slider", partial(self.session.tell, drawn, view=view))
        drawn, _ = self.session.component("stage") or (None, {})
        if drawn is not None:
            await self.session.trigger(drawn, "settled", self.sent)

    async def _step(self) -> None:
        self.at = (self.at + 1) % SPECTRA
        self.peptide = self.user.peptides[self.at]
        drawn, head = self.session.component("steps") or (None, {})
        if drawn is None:
            raise LookupError("The buttons that step are gone.")
        self.steps += 1
        count = {"session": head["session"], "count": self.steps}
        await self._timed("next spectrum", partial(self.session.tell, drawn, count=count))

    async def _type(self) -> None:
        field_ = await self.session.found("text_input", "Peptide (ProForma)")
        self.peptide = self.dice.choice([p for p in self.user.peptides if p != self.peptide])
        await self._timed("peptide", partial(self.session.set, field_, string_value=self.peptide))

    async def _timed(self, what: str, ask: Callable[[], Awaitable[object]]) -> None:
        """Ask, wait for the answer, and look whether it is right; ask again where none comes, as the browser does."""
        start = time.perf_counter()
        end = time.monotonic() + LONGEST
        head = None
        while head is None:
            await ask()
            try:
                head = await self.session.until(self._answer, f"the answer to {what}", GIVE_UP)
            except TimeoutError:
                if time.monotonic() > end:
                    raise
                _, shown = self.session.component("stage") or (None, {})
                wanted = f"{self.user.spectra[self.at].title}, {self.peptide}, sigma {self.sigma:g}"
                self.found.lost.append(f"{what}: wanted {wanted}; shown {shown.get('caption', 'nothing')}")
        self.found.times[what].append((time.perf_counter() - start) * 1e3)
        self.seen_seq = head["seq"]
        shown = numbered(head, "loss")
        if shown != (right := self.user.loss(self.at, self.peptide, self.sigma)):
            self.found.cross_talk.append(
                f"user {self.user.number}: loss {shown} instead of {right} after {what} (spectrum {self.at}, "
                f"{self.peptide}, sigma {self.sigma})"
            )

    def _answer(self) -> dict[str, Any] | None:
        component = self.session.component("stage")
        if component is None:
            return None
        head = component[1]
        title, lines = head["caption"]["title"], head["caption"]["lines"]
        right = title == self.user.spectra[self.at].title and lines[0] == self.peptide
        return head if right and head["view"]["sigma"] == self.sigma and head["seq"] >= self.sent else None


async def _score(url: str, number: int, found: Found, ends: float) -> None:
    """Score the set again and again by the page Outliers, until the time is over."""
    session = Session(url, page="outliers", query="data=large.parquet")
    try:
        await session.open()
        turn = 0
        while time.monotonic() < ends:
            turn += 1
            await session.press("Score")
            name = await session.found("text_input", "Name of the scores")
            await session.set(name, string_value=f"scores-{number}-{turn}")
            await session.idle()
            begin = [one for one in session.drawn("button") if one.proto.label == "Score"]
            await session.set(begin[-1], trigger_value=True)
            while time.monotonic() < ends and not any(
                one.proto.label == "Look at it" for one in session.drawn("button")
            ):
                await asyncio.sleep(0.5)
            found.errors += [f"scoring {number}: {e}" for e in session.errors]
            if time.monotonic() < ends:
                found.jobs += 1
                await session.press("Dismiss")
                await session.idle()
    except (TimeoutError, OSError, LookupError, ValueError) as error:
        found.errors.append(f"scoring {number}: {error!r}")
    finally:
        for cancel in [one for one in session.drawn("button") if one.proto.label == "Cancel"][:1]:
            await session.set(cancel, trigger_value=True)
            await session.idle()
        await session.close()


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
    working += [asyncio.create_task(_score(url, n, found, ends)) for n in range(jobs)]
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
