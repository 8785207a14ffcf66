"""The program that runs MS2PIP in a process of its own, reading peptides and writing intensities as JSON lines.

MS2PIP brings pandas, psm-utils and compiled models of 160 MB. In a process of its own they cost the app nothing once
the predictions are made, and a crash in compiled code ends that process only.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any

from peploss.lifeline import hold

UNLOG_OFFSET = 0.001
"""MS2PIP predicts ``log2(intensity + 0.001)``."""


def _no_network(*_: object, **__: object) -> None:
    raise OSError("MS2PIP runs without a network here.")


def main() -> None:
    """Read one JSON object from stdin: ``{"model", "model_dir", "peptidoforms": ["AC[+57.021464]K/2", ...]}``.

    Writes one JSON line for each: ``{"b": [...], "y": [...], ...}``, or ``{"error": "..."}``.
    """
    hold()
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what MS2PIP prints must not mix with the answers
    socket.socket.connect = _no_network  # type: ignore[method-assign]
    asked = json.load(sys.stdin)
    for row in _predicted(asked["peptidoforms"], asked["model"], asked["model_dir"]):
        out.write(json.dumps(row) + "\n")
    out.flush()


def _predicted(peptidoforms: list[str], model: str, model_dir: str | None) -> list[dict[str, Any]]:
    from ms2pip.core import predict_batch
    from psm_utils import PSM, PSMList

    psms = PSMList(psm_list=[PSM(peptidoform=text, spectrum_id=i) for i, text in enumerate(peptidoforms)])
    rows: list[dict[str, Any]] = [{"error": "MS2PIP made no prediction."} for _ in peptidoforms]
    for result in predict_batch(psms, model=model, model_dir=model_dir, processes=1):
        if result.predicted_intensity is not None:
            rows[result.psm_index] = {
                name: [max(2.0 ** float(v) - UNLOG_OFFSET, 0.0) for v in values]
                for name, values in result.predicted_intensity.items()
            }
    return rows


if __name__ == "__main__":
    main()
