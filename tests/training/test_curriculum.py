from __future__ import annotations

import itertools

import pytest
import torch

from peploss.errors import SettingsError
from peploss.training.curriculum import CURRICULUM_V2, CurriculumV2
from peploss.training.synthetic import synthetic_batch

TABLE = """
1  7-10 100 0  0  0  0.00 0.00
2  7-10 100 0  0  0  0.05 0.01
3  7-12 100 0  0  0  0.08 0.02
4  7-14 100 0  0  0  0.10 0.03
5  7-15 80  1  0  1  0.12 0.04
6  7-16 60  2  0  2  0.13 0.05
7  7-17 40  3  0  5  0.14 0.06
8  7-18 20  5  5  8  0.14 0.07
9  7-20 10  7  8  12 0.15 0.08
10 7-20 0   10 10 15 0.15 0.08
"""


def test_the_table():
    rows = []
    for stage in CURRICULUM_V2:
        d = stage.difficulty
        rows.append(
            f"{stage.number} {d.min_length}-{d.max_length} {d.clean_share * 100:g} {d.noise_peaks} {d.dropout * 100:g} "
            f"{d.mass_error_ppm:g} {stage.spectrum_weight:.2f} {stage.precursor_weight:.2f}"
        )
    assert rows == [" ".join(line.split()) for line in TABLE.strip().splitlines()]


def test_step_ramp():
    curriculum = CurriculumV2()
    assert curriculum.n_steps == 100_000
    for step, number in [(0, 1), (9_999, 1), (10_000, 2), (89_999, 9), (90_000, 10), (10**9, 10)]:
        assert curriculum.at(step) == CURRICULUM_V2[number - 1]


def test_linear_ramp_meets_the_table_where_a_stage_begins():
    curriculum = CurriculumV2(ramp="linear")
    for number, stage in enumerate(CURRICULUM_V2):
        assert curriculum.at(number * 10_000) == stage
    assert curriculum.at(10**9) == CURRICULUM_V2[-1]


def test_linear_ramp_between():
    stage = CurriculumV2(ramp="linear").at(65_000)  # half way from stage 7 to stage 8
    assert stage.number == 7
    assert stage.spectrum_weight == pytest.approx(0.14)
    assert stage.precursor_weight == pytest.approx(0.065)
    assert stage.difficulty.clean_share == pytest.approx(0.3)
    assert stage.difficulty.mass_error_ppm == pytest.approx(6.5)
    assert stage.difficulty.dropout == pytest.approx(0.025)
    assert stage.difficulty.noise_peaks == 4
    assert isinstance(stage.difficulty.noise_peaks, int)
    assert isinstance(stage.difficulty.max_length, int)


@pytest.mark.parametrize("ramp", ["step", "linear"])
def test_nothing_ever_gets_easier(ramp):
    curriculum = CurriculumV2(ramp=ramp, steps_per_stage=7)
    stages = [curriculum.at(step) for step in range(80)]
    for before, after in itertools.pairwise(stages):
        assert after.spectrum_weight >= before.spectrum_weight - 1e-12
        assert after.precursor_weight >= before.precursor_weight - 1e-12
        assert after.difficulty.max_length >= before.difficulty.max_length
        assert after.difficulty.clean_share <= before.difficulty.clean_share + 1e-12
        assert after.difficulty.noise_peaks >= before.difficulty.noise_peaks


def test_every_step_can_be_drawn():
    for step in range(0, 110_000, 5_000):
        stage = CurriculumV2(ramp="linear").at(step)
        batch = synthetic_batch(3, stage.difficulty, generator=torch.Generator().manual_seed(step))
        assert batch.peak_mask.any(1).all()


def test_bad_curricula():
    with pytest.raises(SettingsError, match="ramp"):
        CurriculumV2(ramp="cosine")
    with pytest.raises(SettingsError, match="steps_per_stage"):
        CurriculumV2(steps_per_stage=0)
    with pytest.raises(SettingsError, match="at least one stage"):
        CurriculumV2(stages=())
    with pytest.raises(SettingsError, match="at least 0"):
        CurriculumV2().at(-1)
