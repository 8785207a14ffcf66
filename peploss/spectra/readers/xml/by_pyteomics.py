"""Reads one spectrum with pyteomics, if its XML is too unusual for the plain parser.

In a file of its own because pyteomics loads pandas if installed: most of the memory of a process that reads spectra.
"""

from __future__ import annotations

import io
import warnings
from typing import Any, Final

from lxml import etree
from pyteomics import mzml, mzxml
from pyteomics.auxiliary import PyteomicsError

from peploss import limits
from peploss.spectra.readers.xml.numpress import decode_linear, decode_pic, decode_slof
from peploss.spectra.readers.xml.unpack import DAMAGE, decode_base64, inflate

DECODE_ERRORS: Final = (etree.LxmlError, PyteomicsError, *DAMAGE)
"""What pyteomics and the decoders under it raise on damaged content."""

COMPRESSION: Final = {  # by the names of the PSI-MS vocabulary
    "no compression": bytes,
    "zlib compression": inflate,
    "MS-Numpress linear prediction compression": decode_linear,
    "MS-Numpress positive integer compression": decode_pic,
    "MS-Numpress short logged float compression": decode_slof,
    "MS-Numpress linear prediction compression followed by zlib compression": lambda data: decode_linear(inflate(data)),
    "MS-Numpress positive integer compression followed by zlib compression": lambda data: decode_pic(inflate(data)),
    "MS-Numpress short logged float compression followed by zlib compression": lambda data: decode_slof(inflate(data)),
}


class _StrictArrays:
    """Mixin for pyteomics readers: bounded decompression, and base64 that is checked instead of guessed."""

    compression_type_map = COMPRESSION
    _decoded = 0  # bytes of the arrays of this spectrum so far

    def _base64_decode(self, source: str) -> bytes:
        return decode_base64(source)

    def _decompress(self, source: bytes, compression_type: str | None = None) -> Any:
        found = super()._decompress(source, compression_type)  # type: ignore[misc]  # pyteomics'
        self._decoded += getattr(found, "nbytes", 0) or len(found)
        limits.DECODED.hold(self._decoded)
        return found


class _Mzml(_StrictArrays, mzml.MzML):
    """pyteomics' reader of mzML."""


class _Mzxml(_StrictArrays, mzxml.MzXML):
    """pyteomics' reader of mzXML."""


_READERS: Final[dict[str, Any]] = {"mzML": _Mzml, "mzXML": _Mzxml}


def one_spectrum(format: str, document: bytes) -> dict[str, Any]:
    """The spectrum of a document of one.

    Args:
        format: ``"mzML"`` or ``"mzXML"``.
    Raises:
        Exception: one of ``DECODE_ERRORS``, where it is damaged.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyteomics warns of what the caller checks
        with _READERS[format](io.BytesIO(document), use_index=False, huge_tree=True) as reader:
            return next(iter(reader))
