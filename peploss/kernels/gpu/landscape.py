"""Computes losses at many sigmas and bin widths; one program for each candidate, cell and shift of the grid.

A cell is ``1 - <S_a, S_o> / sqrt(<S_a, S_a> <S_o, S_o>)``; each inner product is a sum over pairs of peaks, see
``peploss.kernels.cpu.pairs`` for the formula. A grid moved up by a share of a bin is peaks moved down by it.
"""

import torch
import triton
import triton.language as tl
from torch import Tensor

from peploss.kernels.gpu.gaussian_sum import terms_for
from peploss.kernels.gpu.launch import FUSED, language, on_device_of
from peploss.kernels.gpu.pairs import pair, reach_of, window
from peploss.kernels.gpu.prepare import RENDER_REACH, SIZES, is_rendered, split_place
from peploss.kernels.peaks import Peaks

ROWS = 32  # peaks that a program takes at once


@triton.jit
def _load_cell(
    mz, weight, at, there, sigma, per_h, n_bins, shift, PPM: tl.constexpr, GRID: tl.constexpr, REAL: tl.constexpr
):
    """Peaks as ``pair`` takes them, on the grid moved up by ``shift`` of a bin."""
    m = tl.load(mz + at, mask=there, other=1.0)
    w = tl.load(weight + at, mask=there, other=0.0)
    s = tl.zeros_like(m) + sigma * per_h
    if PPM:
        s = s * 1e-6 * m
    place = m * per_h
    reach = s * RENDER_REACH
    live = there & (w > 0.0) & (place + reach >= 0.5) & (place - reach <= n_bins.to(tl.float64) - 0.5)
    place -= shift
    if GRID:
        live = live & is_rendered(place, s, n_bins)
    place = tl.where(live, place, 0.0)
    high, low, phase, bin_ = split_place(place, live, REAL)
    return high, low, phase, bin_.to(tl.int32), w.to(REAL), tl.where(live, s, 1.0).to(REAL), live


@triton.jit
def _sum_of_rows(
    mz, weight, row_at, row_there, narrow, first, count, other_narrow, other_wide, sigma, per_h, n_bins, shift,
    R: tl.constexpr, PPM: tl.constexpr, GRID: tl.constexpr, REAL: tl.constexpr,
):  # fmt: skip
    """(R,) what each row's peak adds to the inner product with ``count`` peaks from ``first`` on."""
    high, low, _, _, w, s, live = _load_cell(
        mz, weight, row_at, row_there, sigma, per_h, n_bins, shift, PPM, GRID, REAL
    )
    m = tl.load(mz + row_at, mask=row_there, other=1.0)
    reach = reach_of(s, other_wide.to(REAL)).to(tl.float64) / per_h
    terms = terms_for(narrow.to(REAL), other_narrow.to(REAL))
    j, past = window(mz + first, count, m - reach, m + reach)
    past = tl.where(live, past, j)
    sums = tl.zeros((R,), REAL)
    for _ in range(0, tl.max(past - j, 0)):
        o_high, o_low, o_phase, o_bin, o_w, o_s, o_live = _load_cell(
            mz, weight, first + j, j < past, sigma, per_h, n_bins, shift, PPM, GRID, REAL
        )
        of, _by_m, _by_s = pair(
            high, low, s, o_high, o_low, o_phase, o_bin, o_w, o_s, o_live, terms, n_bins, GRID, False, REAL
        )
        sums += of
        j += 1
    return tl.where(live, sums, 0.0).to(tl.float64) * w.to(tl.float64)


@triton.jit
def _ends(mz, start, count, sigma, per_h, PPM: tl.constexpr):
    """Widths in bins of the narrowest and the widest peak of a side."""
    narrow, wide = sigma * per_h, sigma * per_h
    if PPM:
        narrow = narrow * 1e-6 * tl.load(mz + start, mask=count > 0, other=1.0)
        wide = wide * 1e-6 * tl.load(mz + start + tl.maximum(count - 1, 0), mask=count > 0, other=1.0)
    return narrow, wide


@triton.jit(do_not_specialize=SIZES)
def landscape_kernel(
    mz, weight,  # (N,) float64: all candidates, then all spectra, each ascending; intensities up to 1
    spans,  # (C, 4) int64: where a candidate and its spectrum start, and how many peaks they have
    sigmas,  # (S,) float64
    widths, counts,  # (H,) float64 and int64: bin widths, and how many bins there are
    n_sigmas, n_widths,
    loss,  # (C, S, H, phases) float64
    R: tl.constexpr, PPM: tl.constexpr, GRID: tl.constexpr, REAL: tl.constexpr,
):  # fmt: skip
    """The three inner products of a cell, by the same instructions, and what they say."""
    cell = tl.program_id(0)
    phase, phases = tl.program_id(1), tl.num_programs(1)
    rest = cell % (n_sigmas * n_widths)
    spans += 4 * (cell // (n_sigmas * n_widths)).to(tl.int64)
    sigma = tl.load(sigmas + rest // n_widths)
    per_h, n_bins = 1.0 / tl.load(widths + rest % n_widths), tl.load(counts + rest % n_widths).to(tl.int32)
    shift = phase.to(tl.float64) / phases.to(tl.float64)
    a_start, a_count = tl.load(spans), tl.load(spans + 1).to(tl.int32)
    o_start, o_count = tl.load(spans + 2), tl.load(spans + 3).to(tl.int32)
    a_narrow, a_wide = _ends(mz, a_start, a_count, sigma, per_h, PPM)
    o_narrow, o_wide = _ends(mz, o_start, o_count, sigma, per_h, PPM)
    aa, oo, ao = sigma * 0.0, sigma * 0.0, sigma * 0.0
    for which in range(0, 3):  # the candidate with itself, the spectrum with itself, the two
        r_start, r_count = tl.where(which == 1, o_start, a_start), tl.where(which == 1, o_count, a_count)
        c_start, c_count = tl.where(which == 0, a_start, o_start), tl.where(which == 0, a_count, o_count)
        r_narrow, c_narrow = tl.where(which == 1, o_narrow, a_narrow), tl.where(which == 0, a_narrow, o_narrow)
        c_wide = tl.where(which == 0, a_wide, o_wide)
        sums = tl.zeros((R,), tl.float64)
        for i in range(0, r_count, R):
            at = i + tl.arange(0, R)
            sums += _sum_of_rows(
                mz, weight, r_start + at, at < r_count, r_narrow, c_start, c_count, c_narrow, c_wide,
                sigma, per_h, n_bins, shift, R, PPM, GRID, REAL,
            )  # fmt: skip
        total = tl.sum(sums, 0)
        aa, oo, ao = (
            tl.where(which == 0, total, aa),
            tl.where(which == 1, total, oo),
            tl.where(which == 2, total, ao),
        )
    norm = tl.sqrt(aa * oo)
    cosine = tl.minimum(ao / tl.where(norm > 0.0, norm, 1.0), 1.0)
    tl.store(loss + cell.to(tl.int64) * phases + phase, tl.where(norm > 0.0, 1.0 - cosine, 1.0))


def losses(
    mz: Tensor,  # (N,) float64, ascending in each candidate and spectrum
    weight: Tensor,  # (N,)
    spans: Tensor,  # (C, 4) int64
    sigmas: Tensor,  # (S,)
    widths: Tensor,  # (H,)
    counts: Tensor,  # (H,) int64
    *,
    ppm: bool,
    phases: int = 1,
    continuum: bool = False,
    real: torch.dtype = torch.float32,
) -> Tensor:
    """(C, S, H, phases) losses at equally spaced shifts of each grid; the continuum's are of the peaks in its range."""
    shape = (spans.shape[0], sigmas.shape[0], widths.shape[0], phases)
    out = mz.new_empty(shape)
    programs = shape[0] * shape[1] * shape[2]
    with on_device_of(mz):
        if programs:
            landscape_kernel[(programs, phases)](
                mz, weight, spans, sigmas, widths, counts, shape[1], shape[2], out,
                R=ROWS, PPM=ppm, GRID=not continuum, REAL=language(real), num_warps=1, **FUSED,
            )  # fmt: skip
    return out


def landscapes(
    pred: Peaks,
    obs: Peaks,
    spectrum: Tensor,  # (C,) int64, which spectrum a candidate belongs to
    first: Tensor,  # (B,) int64, each spectrum's first candidate
    sigmas: Tensor,  # (S,) float64
    widths: Tensor,  # (H,) float64
    counts: Tensor,  # (H,) int64
    *,
    ppm: bool,
    phases: int,
    at_once: int,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Losses (C, S, H); with more than one phase the first candidates' continuum and extremes, (B, S, H) each.

    Args:
        pred, obs: C candidates and B spectra in float64, on one device, in any order, padded or not. A spectrum whose
            values make no sense, or whose offsets do not fit, has NaN losses.
        at_once: losses to keep in memory; more are computed in parts.
    """
    wrong = _any_wrong(pred) | _any_wrong(obs)[spectrum]
    pred, obs = _ordered(pred), _ordered(obs)
    (starts, sizes), (o_starts, o_sizes) = _spans(pred), _spans(obs)
    spans = torch.stack((starts, sizes, o_starts[spectrum] + pred.mz.shape[0], o_sizes[spectrum]), 1)
    mz, weight = torch.cat((pred.mz, obs.mz)), torch.cat((pred.intensity, obs.intensity))

    def at(rows: Tensor, phases: int, continuum: bool = False) -> Tensor:
        parts = rows.split(max(1, at_once // max(1, sigmas.shape[0] * widths.shape[0] * phases)))
        of_part = (
            losses(mz, weight, part, sigmas, widths, counts, ppm=ppm, phases=phases, continuum=continuum)
            for part in parts
        )
        # Only the extremes of the phases are kept, one part after the other.
        return torch.cat([torch.stack((x[..., 0], x.amin(-1), x.amax(-1))) for x in of_part], 1)

    loss = at(spans, 1)[0].masked_fill(wrong[:, None, None], float("nan"))
    if phases == 1:
        none = loss.new_empty((0, *loss.shape[1:]))
        return loss, none, none, none
    _, lowest, highest = at(spans[first], phases)
    return loss, at(spans[first], 1, continuum=True)[0], lowest, highest


def _owners(peaks: Peaks) -> Tensor:
    """(N,) whose peak each one is; within the batch whatever the offsets are."""
    at = torch.arange(peaks.mz.shape[0], device=peaks.mz.device)
    return torch.searchsorted(peaks.offsets[1:].contiguous(), at, right=True).clamp(max=max(peaks.batch - 1, 0))


def _spans(peaks: Peaks) -> tuple[Tensor, Tensor]:
    """(B,) starts and numbers of peaks, within the peaks there are."""
    ends = peaks.offsets.clamp(0, peaks.mz.shape[0])
    return ends[:-1], ends.diff().clamp(min=0)


def _makes_sense(peaks: Peaks) -> Tensor:
    """(N,) bool: padding, or an m/z and an intensity to calculate with."""
    real = (peaks.mz > 0) & (peaks.intensity >= 0) & (peaks.intensity < float("inf"))
    return torch.isinf(peaks.mz) | real


def _any_wrong(peaks: Peaks) -> Tensor:
    """(B,) whether a spectrum holds a value that makes no sense, or its offsets do not fit."""
    n, ends = peaks.mz.shape[0], peaks.offsets
    wrong = torch.zeros(peaks.batch, device=peaks.mz.device).scatter_reduce(
        0, _owners(peaks), (~_makes_sense(peaks)).float(), "amax"
    )
    return (wrong > 0) | (ends.diff() < 0) | (ends[:-1] < 0) | (ends[1:] > n) | (ends[0] != 0) | (ends[-1] != n)


def _ordered(peaks: Peaks) -> Peaks:
    """Every spectrum ascending, and to a highest intensity of 1: float32 has no room for more magnitudes.

    Padding, and what makes no sense, weighs nothing and is put at the end.
    """
    owner = _owners(peaks)
    real = _makes_sense(peaks) & ~torch.isinf(peaks.mz)
    weight = torch.where(real, peaks.intensity, 0.0)
    top = weight.new_zeros(peaks.batch).scatter_reduce(0, owner, weight, "amax")
    weight = weight / torch.where(top > 0, top, 1.0)[owner]
    by_mz = torch.argsort(torch.where(real, peaks.mz, float("inf")), stable=True)
    order = by_mz[torch.argsort(owner[by_mz], stable=True)]
    # A finite m/z for padding as well, for a width in ppm would be infinite; it is that of the last peak.
    last = peaks.mz.new_ones(peaks.batch).scatter_reduce(0, owner, torch.where(real, peaks.mz, 1.0), "amax")
    return Peaks(torch.where(real, peaks.mz, last[owner])[order], weight[order], peaks.offsets)
