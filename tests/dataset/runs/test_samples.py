"""Questions about a run, against the same by pandas."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.training_run import large_run
from peploss import Vocabulary
from peploss.dataset.runs.samples import Among, RunSamples
from peploss.errors import SettingsError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "run"
    large_run(out, 300, 4)
    return out


@pytest.fixture(scope="module")
def rows(folder: Path) -> pd.DataFrame:
    found = pd.concat(pq.read_table(path).to_pandas() for path in sorted(folder.glob("part-*.parquet")))
    found["right"] = found["n_correct"] == found["length"]
    return found


@pytest.fixture(scope="module")
def run(folder: Path) -> Iterator[RunSamples]:
    found = RunSamples(folder)
    yield found
    found.close()


def test_a_curve_has_the_quantiles_of_its_samples(run: RunSamples, rows: pd.DataFrame) -> None:
    assert run.metrics[:5] == ["total_loss", "ce_final", "spectrum_loss", "precursor_loss", "accuracy"]
    for metric in ("spectrum_loss", "accuracy"):
        rows["accuracy"] = rows["n_correct"] / rows["length"]
        found = run.curve(metric)
        each = rows.groupby("step")[metric]
        assert found.step.tolist() == [0, 1000, 2000, 3000]
        assert found.n.tolist() == [300] * 4
        np.testing.assert_allclose(found.mean, each.mean())
        for k, q in enumerate((0.05, 0.25, 0.5, 0.75, 0.95)):
            np.testing.assert_allclose(found.quantiles[:, k], each.quantile(q))
    with pytest.raises(SettingsError, match="no metric 'lr'"):
        run.curve("lr")


@pytest.mark.parametrize("among", [Among(low=12), Among(search="spectrum 7"), Among(who="learned"), Among(low=99)])
def test_a_curve_follows_the_filter(run: RunSamples, rows: pd.DataFrame, among: Among) -> None:
    table = run.page(among, 0, 2000, limit=1000).to_pandas()
    left = rows[rows["id"].isin(table["id"])]
    each = left.groupby("step")["ce_final"]
    for _ in range(2):  # the second answer comes from what is kept
        found = run.curve("ce_final", among, 0, 2000)
        assert found.n.tolist() == each.size().tolist()
        np.testing.assert_allclose(found.mean, each.mean())
        for k, q in enumerate((0.05, 0.25, 0.5, 0.75, 0.95)):
            np.testing.assert_allclose(found.quantiles[:, k], each.quantile(q))
    assert len(table) == run.count(among, 0, 2000) < 300
    assert run.curve("ce_final").n.tolist() == [300] * 4  # what was chosen before does not stay


def test_samples_whose_loss_is_no_number_are_counted(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "run"
    shutil.copytree(folder, copy)
    (part,) = copy.glob("part-*.parquet")
    table = pq.read_table(part)
    loss = table.column("total_loss").to_numpy().copy()
    loss[[5, 305, 7, 910]] = [np.nan, np.nan, np.inf, -np.inf]  # samples 5 (twice), 7 and 10
    place = table.schema.get_field_index("total_loss")
    pq.write_table(table.set_column(place, "total_loss", pa.array(loss)), part)
    run = RunSamples(copy)
    assert run.n_not_finite == 3
    assert run.curve("total_loss").n.tolist() == [298, 299, 300, 299]
    run.close()
    untouched = RunSamples(folder)
    assert untouched.n_not_finite == 0
    untouched.close()


def test_the_table_says_now_first_best_and_flips(run: RunSamples, rows: pd.DataFrame) -> None:
    table = run.page(Among(), 1000, 3000, limit=1000).to_pandas().set_index("id")
    assert len(table) == 300
    assert table["loss"].is_monotonic_decreasing
    by_id = {name: group.sort_values("step") for name, group in rows.groupby("id")}
    tokens = Vocabulary().tokens
    for name, row in table.iterrows():
        group = by_id[str(name)]
        losses = group["total_loss"].to_numpy()
        assert row["loss"] == losses[3]
        assert row["before"] == losses[1]
        assert row["change"] == pytest.approx(losses[3] - losses[1])
        assert (row["first"], row["best"]) == (losses[0], losses.min())
        assert row["flips"] == int((np.diff(group["right"].to_numpy().astype(int)) != 0).sum())
        assert row["sequence"] == "".join(tokens[i] for i in group["target"].iloc[0])
        last = group.iloc[-1]
        parts = {
            "spectrum": 0.1 * last["spectrum_loss"],
            "precursor": 0.01 * last["precursor_loss"],
            "cross-entropy": last["ce_final"],
        }
        assert row["part"] == max(parts, key=parts.__getitem__)
    assert table["flips"].max() > 0
    decoded = run.decoded(["spectrum 7"], 2000)
    said = rows[(rows["id"] == "spectrum 7") & (rows["step"] == 2000)]["decoded"].iloc[0][0]
    assert decoded == {"spectrum 7": "".join(tokens[i] for i in said)}


def test_pages_and_orders(run: RunSamples) -> None:
    whole = run.page(Among(), 0, 3000, order="id", descending=False, limit=300).column("id").to_pylist()
    assert whole == sorted(whole)
    part = run.page(Among(), 0, 3000, order="id", descending=False, limit=10, offset=20).column("id").to_pylist()
    assert part == whole[20:30]
    with pytest.raises(SettingsError, match="no column 'id; DROP'"):
        run.page(Among(), 0, 3000, order="id; DROP")


@pytest.mark.parametrize("a", [0, 2000])
def test_who_changed_between_two_checkpoints(run: RunSamples, rows: pd.DataFrame, a: int) -> None:
    before, after = (rows[rows["step"] == step].set_index("id") for step in (a, 3000))
    change = after["total_loss"] - before["total_loss"]
    expected = {
        "improved": int((change < 0).sum()),
        "worse": int((change > 0).sum()),
        "learned": int((after["right"] & ~before["right"]).sum()),
        "forgot": int((before["right"] & ~after["right"]).sum()),
    }
    assert expected["forgot"] > 0 or a == 0
    found = run.change(Among(), a, 3000)
    assert found.counts == expected | {"all": 300}
    assert found.bins.sum() + found.n_beyond == 300
    for who, n in expected.items():
        assert run.count(Among(who=who), a, 3000) == n  # type: ignore[arg-type]
    middle = len(found.bins) // 2
    assert found.bins[:middle].sum() <= expected["improved"]


def test_filters_leave_what_they_say(run: RunSamples, rows: pd.DataFrame) -> None:
    last = rows[rows["step"] == 3000]
    assert run.count(Among(low=9, high=11), 0, 3000) == int(last["length"].between(9, 11).sum())
    assert run.charges() == [2, 3]
    assert run.count(Among(charge=2), 0, 3000) + run.count(Among(charge=3), 0, 3000) == 300
    assert run.count(Among(search="SPECTRUM 29"), 0, 3000) == 11  # 29 and 290 to 299
    assert run.count(Among(search="' OR 1=1 --"), 0, 3000) == 0
    among = Among(low=9, high=11)
    inside = rows[rows["length"].between(9, 11)]
    np.testing.assert_allclose(run.curve("ce_final", among).mean, inside.groupby("step")["ce_final"].mean())
    assert run.steps_of("spectrum 3") == [0, 1000, 2000, 3000]


def test_a_sample_logged_twice_at_a_step_counts_once_as_it_was_last(folder: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "run"
    shutil.copytree(folder, copy)
    again = pq.read_table(copy / "part-000000.parquet", filters=[("step", "=", 3000)])
    changed = again.set_column(again.schema.get_field_index("total_loss"), "total_loss", [[7.0] * len(again)])
    pq.write_table(changed, copy / "part-000001.parquet")
    found = RunSamples(copy)
    assert found.n_samples == 300
    assert found.curve("total_loss").n.tolist() == [300] * 4
    assert found.curve("total_loss").mean[-1] == 7.0
