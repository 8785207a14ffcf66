"""What Outliers shows as one value: from an address and back, and what a change takes along."""

from __future__ import annotations

from dataclasses import fields

from peploss.explorer.outliers.filters import Filter
from peploss.explorer.outliers.shown import Shown

FULL = Shown(
    data="a.parquet", res="a.scores.parquet", filter=Filter(search="pep", cause="noise", tag="odd", sql="charge = 2",
    ranges={"loss": (0.1, 0.123456789012345678), "n_peaks": (20.0, 1e6 + 1 / 3)}), dist="ppm", by="charge", dx="mass",
    dy="rt", order="length", up=True, page=3, psm=41, see="Compare", other="b.scores.parquet", moved="explained",
)  # fmt: skip


def test_every_field_stands_in_the_address_with_all_its_digits() -> None:
    for field in fields(Shown):
        assert getattr(FULL, field.name) != getattr(Shown(), field.name), field.name
    assert Shown.of(FULL.link()) == FULL


def test_defaults_need_no_address() -> None:
    assert Shown().link() == {}
    assert Shown.of({}) == Shown()


def test_what_makes_no_sense_in_an_address_takes_its_default() -> None:
    assert Shown.of({"page": "0", "psm": "-3", "see": "Nothing", "up": "maybe", "i": "5"}) == Shown()
    assert Shown.of({"page": "x" * 30, "psm": "9" * 30}) == Shown()


def test_another_set_keeps_the_columns_and_nothing_about_psms() -> None:
    other = FULL.changed(data="b.parquet")
    assert other == Shown(
        data="b.parquet", dist="ppm", by="charge", dx="mass", dy="rt", order="length", up=True, see="Compare"
    )
    assert FULL.changed(data="b.parquet", res="b.scores.parquet").res == "b.scores.parquet"
    assert FULL.changed(data="a.parquet") == FULL


def test_another_filter_order_or_scores_begin_at_the_first_page() -> None:
    for change in ({"filter": Filter()}, {"order": "ppm"}, {"up": False}, {"res": "c.parquet"}):
        changed = FULL.changed(**change)
        assert changed.page == 1
        assert changed.psm == 41
    assert FULL.changed(psm=2).page == 3
    assert FULL.changed(page=2).page == 2
