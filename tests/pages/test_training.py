"""The page Training, run without a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import streamlit as st
import torch
from streamlit.testing.v1 import AppTest

from benchmarks.training_run import large_run
from peploss import CombinedLoss
from peploss.explorer.training.shown import TABS, Shown
from peploss.training.logged_run import LoggedRun
from peploss.training.sample_log import SampleLog

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "sample_spectra" / "training_run"
Open = Callable[..., AppTest]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a run of 200 samples at 4 steps, and two files that are runs or are not."""
    out = tmp_path_factory.mktemp("data")
    large_run(out / "drawn", 200, 4)
    sample = LoggedRun(EXAMPLE).sample(300, "held out 1")
    assert sample.logits is not None
    np.savez(out / "checkpoint-70.npz", all_logits=sample.logits[:, None], targets=sample.target[None])
    np.savez(out / "broken.npz", all_logits=np.zeros((1, 2, 3, 5)))
    return out


@pytest.fixture
def opened(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """``opened(see="Sample")``: the page as a link with these query parameters opens it."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("PEPLOSS_DATA_DIR", str(made))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))

    def open_page(**query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=300)
        for name, value in query.items():
            app.query_params[name] = value
        app.switch_page("pages/views/training.py").run()
        assert not app.exception
        return app

    yield open_page
    st.cache_resource.clear()
    st.cache_data.clear()


def said(app: AppTest) -> str:
    html = [block.proto.body for block in app.get("html")]
    blocks = [*app.markdown, *app.error, *app.info, *app.caption, *app.warning]
    return "\n".join([*(block.value for block in blocks), *html])


def box(app: AppTest, kind: str, key: str) -> Any:
    return next(widget for widget in getattr(app, kind) if widget.key == key)


def test_runs_of_the_folder_and_the_built_in_one_are_offered(opened: Open) -> None:
    app = opened()
    options = box(app, "selectbox", "training-run").options
    assert options == ["drawn", "broken.npz", "checkpoint-70.npz", "Built-in example"]
    app = opened(run="drawn")
    assert "200 samples, 4 checkpoints, steps 0 to 3,000." in said(app)
    assert not app.error


def test_a_file_that_is_no_run_is_told_and_the_rest_stays(opened: Open) -> None:
    app = opened(run="broken.npz")
    assert "all\\_logits has 5 tokens, and the default vocabulary has 24" in app.error[0].value
    app = opened(run="gone")
    assert "There is no run gone" in app.error[0].value


def test_the_table_follows_filter_order_and_checkpoints(opened: Open) -> None:
    app = opened(run="drawn")
    rows = app.dataframe[0].value
    assert rows["loss"].is_monotonic_decreasing
    assert len(rows) == 100
    assert "1 to 100 of 200" in said(app)
    box(app, "text_input", "training-find").set_value("spectrum 19").run()
    assert len(app.dataframe[0].value) == 11
    assert app.query_params["find"] == "spectrum 19"
    box(app, "selectbox", "training-by").set_value("flips").run()
    assert app.dataframe[0].value["flips"].is_monotonic_decreasing
    box(app, "selectbox", "training-cp1").set_value(2000).run()
    assert app.query_params["cp1"] == "2000"
    assert "From step 2,000 to 3,000" in said(app)
    box(app, "selectbox", "training-who").set_value("forgot").run()
    assert not app.exception
    again = opened(**{name: app.query_params[name] for name in ("run", "find", "by", "cp1", "who")})
    assert said(again) == said(app)


def test_another_run_drops_what_was_about_the_old_one() -> None:
    shown = Shown(run="a", see="Run", cp1=5, find="x", psm_id="s", row=3)
    assert shown.changed(run="b") == Shown(run="b", see="Run")
    assert shown.changed(find="y").row == 1
    assert Shown.of(shown.link()) == shown
    assert Shown.of({"cp1": "-3", "row": "x", "see": "nowhere", "who": "nobody"}) == Shown()


def test_a_sample_is_computed_again_as_it_was_logged(opened: Open) -> None:
    app = opened(run="Built-in example", see="Sample", psm_id="held out 3")
    logged = LoggedRun(EXAMPLE).sample(300, "held out 3").numbers["total_loss"]
    assert said(app).count(f"{logged:.6f}") == 2
    assert not app.warning
    assert "Weight of each step's cross-entropy: 0.333, 0.667." in said(app)
    app = opened(run="Built-in example", see="Sample", psm_id="held out 3", at="100")
    logged = LoggedRun(EXAMPLE).sample(100, "held out 3").numbers["total_loss"]
    assert said(app).count(f"{logged:.6f}") == 2


def test_a_sample_without_logits_shows_what_there_is(opened: Open) -> None:
    app = opened(run="drawn", see="Sample", psm_id="spectrum 5")
    assert "was logged with no logits" in said(app)
    assert "Probability of the most probable tokens" in said(app)
    assert "The run has no sample nobody" in said(opened(run="drawn", see="Sample", psm_id="nobody"))


def test_a_loss_that_differs_from_the_logged_one_is_told(opened: Open, made: Path) -> None:
    run = LoggedRun(EXAMPLE)
    sample = run.sample(300, "held out 2")
    assert sample.logits is not None
    logits = torch.tensor(np.array(sample.logits)).unsqueeze(1)
    target = torch.tensor(sample.target).unsqueeze(0)
    folder = made / "wrong"
    if not folder.exists():
        with SampleLog(folder, full_logits=True, loss=CombinedLoss(reduction="none")) as log:
            log.add(0, ["one"], logits, target, target >= 0, {"total_loss": torch.tensor([9.0])})
    app = opened(run="wrong", see="Sample")
    assert "differs from the logged one" in app.warning[0].value
    assert "does not hold the spectrum" in app.warning[0].value


@pytest.mark.parametrize("see", TABS[2:])
def test_tabs_about_one_spectrum_open(opened: Open, see: str) -> None:
    app = opened(see=see)
    told = {
        "By hand": "One right treatment and two known errors",
        "Descent": "From how far does each loss find back?",
        "Curriculum": "What each part costs a model of this accuracy",
    }
    assert told[see] in said(app)
    assert not app.error


def test_by_hand_the_sliders_move_the_loss(opened: Open) -> None:
    app = opened(see="By hand", sure="100.0", pads="0")
    sure = app.dataframe[0].value.set_index("treatment")
    assert np.ptp(sure["spectrum loss"]) < 1e-8
    box(app, "slider", "leak").set_value(20.0).run()
    leaking = app.dataframe[0].value.set_index("treatment")
    assert leaking["spectrum loss"]["residues only"] == pytest.approx(sure["spectrum loss"]["residues only"])
    assert leaking["mass off by, Da"]["special tokens weigh 0"] < -100
    box(app, "slider", "leak").set_value(0.0).run()
    box(app, "slider", "sure").set_value(90.0).run()
    assert "the expected masses drift by up to" in said(app)


def test_a_curriculum_of_ones_own(opened: Open) -> None:
    app = opened(see="Curriculum")
    area = box(app, "text_area", "curriculum-toml")
    area.set_value("steps_per_stage = 50\n[[stage]]\nspectrum_weight = 0.3\n[[stage]]\nnoise_peaks = 4").run()
    assert len(app.dataframe[0].value) == 2
    box(app, "text_area", "curriculum-toml").set_value("[[stage]]\nnoise = 4").run()
    assert "stage 1: There is no setting 'noise'" in app.error[0].value.replace("\\", "")
    assert len(app.dataframe[0].value) == 10


def test_a_descent_runs_to_its_end(opened: Open) -> None:
    app = opened(see="Descent")
    box(app, "number_input", "dsteps").set_value(20).run()
    box(app, "button", "descend").click().run()
    job = app.session_state["_descent"][1]
    job.wait(60)
    app.run()
    assert not app.exception
    assert job.error is None
    table = app.dataframe[0].value
    assert table["loss"].tolist() == [
        "cross-entropy", "spectrum", "spectrum, σ annealed", "cross-entropy + 0.1 × spectrum",
    ]  # fmt: skip
    assert table["residues right, start"].nunique() == 1
