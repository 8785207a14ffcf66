"""What a user of the app does: sessions that work on Explore, each on spectra of its own, and sessions that score."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import urlencode

import numpy as np

from benchmarks.streamlit_session import LONGEST, Drawn, Session, numbered
from peploss.analysis.one_psm.explanation import explain
from peploss.constants import PROTON
from peploss.peptides.fragments import fragments
from peploss.peptides.peptide import Peptide
from peploss.settings import LossSettings
from peploss.spectra.spectrum import Spectrum

SPECTRA: Final = 8  # of a user
SIGMAS: Final = (0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.35)
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


async def begin_scoring(session: Session, name: str) -> None:
    """On the page Outliers: open the dialog, name the scores and begin."""
    await session.press("Score")
    field_ = await session.found("text_input", "Name of the scores")
    await session.set(field_, string_value=name)
    await session.found("number_input", "Explain the worst … PSMs")

    def buttons() -> list[Drawn]:
        return [one for one in session.drawn("button") if one.proto.label == "Score"]

    for tries_left in reversed(range(5)):  # a run that begins in the same moment can take the click
        await session.set(buttons()[-1], trigger_value=True)
        try:
            await session.until(lambda: len(buttons()) < 2, "the end of the dialog", GIVE_UP)
            return
        except TimeoutError:
            if not tries_left:
                raise


async def score_again_and_again(url: str, number: int, found: Found, ends: float) -> None:
    """Score the set again and again by the page Outliers, until the time is over."""
    session = Session(url, page="outliers", query="data=large.parquet")
    try:
        await session.open()
        turn = 0
        while time.monotonic() < ends:
            turn += 1
            await begin_scoring(session, f"scores-{number}-{turn}")
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
