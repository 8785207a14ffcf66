"""A model's output from files: read exactly, or refused with one clear sentence."""

from __future__ import annotations

import io
import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file

from peploss import CombinedLoss, Vocabulary
from peploss.dataset.runs.open import is_run_name, looks_like_predictions, run_of
from peploss.dataset.runs.samples import Among, RunSamples
from peploss.errors import LimitError, SourceError
from peploss.training.descent.objective import Objective
from peploss.training.logged_run import LoggedRun
from peploss.training.one_sample import refinement
from peploss.training.synthetic import Difficulty, synthetic_batch

VOCABULARY = Vocabulary()
OBJECTIVE = Objective(spectrum_weight=0.3, precursor_weight=0.1, sigma=0.5)


def arrays() -> dict[str, Any]:
    generator = torch.Generator().manual_seed(1)
    batch = synthetic_batch(4, Difficulty(), generator=generator)
    logits = torch.randn(2, *batch.targets.shape, len(VOCABULARY), generator=generator)
    return {
        "all_logits": logits.numpy(),
        "targets": batch.targets.numpy(),
        "target_mask": batch.target_mask.numpy(),
        "observed_masses": batch.observed_masses.numpy(),
        "observed_intensities": batch.observed_intensities.numpy(),
        "peak_mask": batch.peak_mask.numpy(),
        "precursor_mass": batch.precursor_mass.numpy(),
        "charge": np.array([2, 2, 3, 3]),
        "step": np.array(1200),
    }


def texts() -> dict[str, Any]:
    masses = np.array([m or 0.0 for m in VOCABULARY.masses])
    return {
        "ids": np.array(["one", "two", "three", "four"]),
        "vocabulary": np.array(VOCABULARY.tokens),
        "vocabulary_masses": masses,
        "loss": np.array(json.dumps(OBJECTIVE.as_dict())),
    }


def save(path: Path, values: dict[str, Any]) -> Path:
    if path.suffix == ".npz":
        np.savez(path, **values)
        return path
    about = {name: json.dumps(values[name].tolist()) for name in ("ids", "vocabulary") if name in values}
    if "loss" in values:
        about["loss"] = str(values["loss"])
    plain = {name: np.ascontiguousarray(a) for name, a in values.items() if a.dtype.kind in "fiub"}
    save_file(plain, path, metadata=about)
    return path


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
def test_arrays_come_back_with_the_loss_they_have(tmp_path: Path, ending: str) -> None:
    values = arrays() | texts()
    folder = run_of(save(tmp_path / f"model.{ending}", values), tmp_path / "run")
    run = LoggedRun(folder)
    assert run.steps == [1200]
    assert run.objective == OBJECTIVE
    assert run.vocabulary == VOCABULARY
    loss = CombinedLoss(
        spectrum_weight=0.3, precursor_weight=0.1, sigma=0.5, iteration_weights="linear", reduction="none"
    )
    names = ("all_logits", "targets", "target_mask", "observed_masses", "observed_intensities", "peak_mask",
             "precursor_mass")  # fmt: skip
    total, _ = loss(*(torch.from_numpy(values[name]) for name in names))
    for i, name in enumerate(("one", "two", "three", "four")):
        sample = run.sample(1200, name)
        assert sample.numbers["total_loss"] == pytest.approx(total[i].item(), abs=1e-6)
        keep = values["target_mask"][i]
        np.testing.assert_array_equal(sample.logits, values["all_logits"][:, i][:, keep])
        again = refinement(sample, run.spectrum(name), OBJECTIVE, VOCABULARY)
        assert again.total[-1] == pytest.approx(total[i].item(), abs=1e-6)
    assert run_of(folder, tmp_path / "other") == folder
    assert RunSamples(folder).charges() == [2, 3]


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    few = {name: arrays()[name] for name in ("all_logits", "targets")}
    run = LoggedRun(run_of(save(tmp_path / "checkpoint-0300.npz", few), tmp_path / "run"))
    assert run.steps == [300]
    sample = run.sample(300, "sample 0")
    assert (sample.target != 0).all()  # padding is masked
    assert "spectrum_loss" not in sample.numbers
    assert run.spectrum("sample 0") is None


BAD = {
    "no logits": ({"all_logits": None}, "no array all_logits"),
    "no targets": ({"targets": None}, r"no array targets \(B, L\)"),
    "flat logits": (
        {"all_logits": np.zeros((3, 4), np.float32)},
        r"all_logits must be numbers of shape \(T, B, L, V\)",
    ),
    "whole logits": ({"all_logits": np.zeros((1, 4, 12, 24), np.int64)}, "of torch.int64"),
    "text targets": ({"targets": np.full((4, 12), "A")}, "targets holds <U1"),
    "real targets": ({"targets": np.zeros((4, 12))}, "targets must be whole numbers"),
    "short targets": ({"targets": np.zeros((4, 3), np.int64)}, r"\(B, L\) = \(4, 12\), not \(4, 3\)"),
    "token beyond": ({"targets": np.full((4, 12), 99)}, "targets holds 99, and the vocabulary has 24"),
    "mask": ({"target_mask": np.ones((4, 2), bool)}, r"mask must be \(B, L\)"),
    "other vocabulary": ({"vocabulary": np.array(["A", "G"])}, "vocabulary has 2 tokens, and all_logits has 24"),
    "masses": (
        {"vocabulary": np.array(VOCABULARY.tokens), "vocabulary_masses": np.ones(3)},
        "vocabulary_masses must be",
    ),
    "half of the peaks": ({"observed_intensities": None}, "belong together"),
    "peaks of others": ({"observed_masses": np.ones((3, 5))}, r"Peaks must be \(B, P\) with B = 4"),
    "negative peak": ({"observed_intensities": -arrays()["observed_intensities"] - 1}, "no finite m/z"),
    "masses of others": ({"precursor_mass": np.ones(7)}, "precursor_mass must be"),
    "ids of others": ({"ids": np.array(["a"])}, "ids must be B = 4 names, not 1"),
    "loss": ({"loss": np.array("{")}, "loss must be JSON"),
    "loss that is a list": ({"loss": np.array("[]")}, "settings of a loss are names with their values, not list"),
    "vocabulary without names": ({"vocabulary": np.array(3.0)}, r"vocabulary must be a list of names, not an array of"),
    "ids of two dimensions": ({"ids": np.array([["a", "b"]])}, r"ids must be a list of names, not an array of shape"),
    "unknown setting": ({"loss": np.array('{"omega": 1}')}, "no setting 'omega'"),
}


@pytest.mark.parametrize("what", BAD)
def test_arrays_that_do_not_fit_are_told(tmp_path: Path, what: str) -> None:
    change, told = BAD[what]
    values = {name: value for name, value in (arrays() | change).items() if value is not None}
    with pytest.raises(SourceError, match=told) as error:
        run_of(save(tmp_path / "bad.npz", values), tmp_path / "run")
    assert str(error.value).startswith("bad.npz")
    assert not (tmp_path / "run").exists()


def test_logits_that_are_no_numbers_are_told_with_their_place(tmp_path: Path) -> None:
    values = arrays()
    values["all_logits"][1, 2, 3, 4] = np.nan
    with pytest.raises(SourceError, match="not finite at sample 2, position 3"):
        run_of(save(tmp_path / "nan.npz", values), tmp_path / "run")


def test_objects_and_pickles_are_never_loaded(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "exploded",)

    np.savez(tmp_path / "bomb.npz", all_logits=np.array([Bomb()], dtype=object))
    (tmp_path / "plain.npz").write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(SourceError, match="pickle"):
        run_of(tmp_path / "bomb.npz", tmp_path / "run")
    with pytest.raises(SourceError, match="damaged"):
        run_of(tmp_path / "plain.npz", tmp_path / "run")
    assert not (tmp_path / "exploded").exists()


@pytest.mark.parametrize("ending", ["npz", "safetensors"])
@pytest.mark.parametrize("kept", [0, 5, 40, 0.5, 0.99])
def test_a_file_that_is_cut_off_is_told(tmp_path: Path, ending: str, kept: float) -> None:
    path = save(tmp_path / f"cut.{ending}", arrays())
    content = path.read_bytes()
    path.write_bytes(content[: int(kept if kept > 1 or not kept else kept * len(content))])
    with pytest.raises(SourceError, match="damaged or cut off"):
        run_of(path, tmp_path / "run")


def test_headers_that_promise_too_much_are_told(tmp_path: Path) -> None:
    head = json.dumps({"all_logits": {"dtype": "F32", "shape": [9, 9, 9, 9], "data_offsets": [0, 26244]}}).encode()
    path = tmp_path / "liar.safetensors"
    path.write_bytes(len(head).to_bytes(8, "little") + head + bytes(16))
    with pytest.raises(SourceError, match="damaged or cut off"):
        run_of(path, tmp_path / "run")
    path.write_bytes((2**60).to_bytes(8, "little") + head)
    with pytest.raises(SourceError, match="damaged or cut off"):
        run_of(path, tmp_path / "run")


def test_what_is_no_run_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no such file"):
        run_of(tmp_path / "none.npz", tmp_path / "run")
    (tmp_path / "model.pt").write_bytes(b"PK")
    with pytest.raises(SourceError, match=r"A run is a folder of a SampleLog or a file named \.npz"):
        run_of(tmp_path / "model.pt", tmp_path / "run")
    assert is_run_name("a.NPZ")
    assert not is_run_name("a.pkl")


INSTANOVO = """predictions,targets,log_probs,token_log_probs,precursor_charge,precursor_mz,scan_number
PEPTIDEK,PEPTIDEK,-0.5,"[-0.1, -0.1, -0.1, -0.1, -0.1, -0.1, -0.1, -0.2]",2,464.7348,11
PEPM[UNIMOD:35]K,PEPMK,-2.0,"[-0.1, -0.1, -0.1, -0.1, -1.6]",2,309.1,12
PEPZZK,PEPTK,-2.0,"[-0.1]",2,309.1,13
"""


def test_instanovo_csv_is_a_run_of_one_step(tmp_path: Path) -> None:
    path = tmp_path / "predictions.csv"
    path.write_text(INSTANOVO)
    assert looks_like_predictions(path)
    run = LoggedRun(run_of(path, tmp_path / "run"))
    rows = {row["id"]: row for row in run.read().to_pylist()}
    assert len(rows) == 2  # Z has no mass of its own; the third line is told below
    first, second = rows["11"], rows["12"]
    assert (first["n_correct"], first["length"], second["n_correct"]) == (8, 8, 4)
    np.testing.assert_allclose(first["top_probability"], np.exp([-0.1] * 7 + [-0.2]), rtol=1e-6)
    assert [run.vocabulary.tokens[i] for i in second["decoded"][0]][3] == "M[Oxidation]"
    assert first["answer_loss"] == pytest.approx(0.9 / 8)
    assert first["ppm_error"] < 10
    assert first["refused_lines"] == 1
    assert RunSamples(run.folder).curve("accuracy").mean[0] == pytest.approx((1 + 4 / 5) / 2)


def test_casanovo_mztab_is_a_run_with_its_terminal_tokens(tmp_path: Path) -> None:
    head = ["sequence", "PSM_ID", "accession", "unique", "database", "database_version", "search_engine",
            "search_engine_score[1]", "modifications", "retention_time", "charge", "exp_mass_to_charge",
            "calc_mass_to_charge", "spectra_ref", "pre", "post", "start", "end", "opt_ms_run[1]_aa_scores"]  # fmt: skip
    row = ["+42.011PEC+57.021K", "1", "null", "null", "null", "null", "[MS, MS:1003281, Casanovo, 5.0]", "0.98", "null",
           "null", "2", "280.6294", "280.6294", "ms_run[1]:index=3", "null", "null", "null", "null",
           "0.9,0.8,0.95,0.97,0.99"]  # fmt: skip
    lines = ["MTD\tmzTab-version\t1.0.0", "MTD\tms_run[1]-location\tfile:///run1.mgf", "\t".join(["PSH", *head]),
             "\t".join(["PSM", *row])]  # fmt: skip
    path = tmp_path / "casanovo.mztab"
    path.write_text("\n".join(lines) + "\n")
    run = LoggedRun(run_of(path, tmp_path / "run"))
    (row_read,) = run.read().to_pylist()
    tokens = [run.vocabulary.tokens[i] for i in row_read["decoded"][0]]
    assert len(tokens) == 4
    assert tokens[0].startswith("[")
    assert tokens[0].endswith("-P")
    np.testing.assert_allclose(row_read["top_probability"], [0.9 * 0.8, 0.95, 0.97, 0.99], rtol=1e-6)
    assert row_read["n_correct"] is None
    found = RunSamples(run.folder)
    assert found.loss == "answer_loss"
    assert found.page(Among(), 0, 0).num_rows == 1


@pytest.mark.parametrize("shape", [(2, 4, 12, 24), (2, 4, 12, 10**12)])
def test_an_array_whose_header_promises_more_than_it_holds(tmp_path: Path, shape: tuple[int, ...]) -> None:
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f4", "fortran_order": False, "shape": shape})
    path = tmp_path / "liar.npz"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("all_logits.npy", head.getvalue() + bytes(64))
    with pytest.raises(SourceError, match="damaged or cut off"):
        run_of(path, tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_file_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEPLOSS_MAX_UNPACKED_BYTES", "1000")
    with pytest.raises(LimitError, match=r"At most 1,000 bytes of an unpacked file.*PEPLOSS_MAX_UNPACKED_BYTES"):
        run_of(save(tmp_path / "large.npz", arrays()), tmp_path / "run")


def test_a_small_file_that_unpacks_to_a_large_one_is_not_unpacked(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "zeros.npz", all_logits=np.zeros((1, 1, 700_000, 24), np.float32))
    assert (tmp_path / "zeros.npz").stat().st_size < 100_000
    with pytest.raises(LimitError, match="PEPLOSS_MAX_RATIO"):
        run_of(tmp_path / "zeros.npz", tmp_path / "run")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"all_logits": np.zeros((1, 0, 5, 24), np.float32)}, "all_logits is empty: its shape is (1, 0, 5, 24)"),
        ({"target_mask": np.zeros((4, 1), bool)}, "mask must be (B, L)"),
        ({"target_mask": None}, "No position counts"),
        ({"ids": np.array(["a", "b", "a", "c"])}, "Each name must be in ids once; 'a' is there 2 times"),
        ({"ids": np.array(["", "b", "", "c"])}, "Each name must be in ids once; '' is there 2 times"),
        ({"vocabulary": np.array(["A"] * 24)}, "Each name must be in vocabulary once; 'A' is there 24 times"),
        ({"vocabulary_masses": np.array(["x"] * 24)}, "vocabulary_masses holds <U1, and numbers were expected"),
        ({"charge": np.array(["2", "x", "3", "3"])}, "charge holds <U1, and numbers were expected"),
        ({"charge": np.array([2, np.nan, 3, 3])}, "charge must be whole numbers; it holds [nan]"),
        ({"charge": np.array([2, 2.5, 3, 3])}, "charge must be whole numbers; it holds [2.5]"),
        ({"step": np.array("abc")}, "step holds <U3, and numbers were expected"),
        ({"step": np.array([], np.int64)}, "step must be one whole number from 0 on, not []"),
        ({"step": np.array(np.nan)}, "step must be whole numbers; it holds [nan]"),
        ({"step": np.array([1, 2])}, "step must be one whole number from 0 on, not [1, 2]"),
    ],
)
def test_what_does_not_fit_together_is_told_in_one_sentence(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    values = arrays() | texts()
    if change.get("target_mask", 0) is None:
        change = {"target_mask": np.zeros_like(values["target_mask"])}
    path = save(tmp_path / "a.npz", values | change)
    with pytest.raises(SourceError) as error:
        run_of(path, tmp_path / "run")
    assert told in str(error.value)
    assert str(error.value).startswith("a.npz: ")
    assert not (tmp_path / "run").exists()
