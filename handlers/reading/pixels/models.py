"""The networks inside pinned wheels, and ours; all run on one thread, from files on disk.

Only the ``.onnx`` files of the wheels are used, never their code. Their three networks are
PP-OCR's (PaddleOCR, Apache-2.0), repackaged by RapidOCR (Apache-2.0). The fourth is ours.
"""

from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

import onnxruntime

#: Finds print: 4.7 MB, a third faster than its successor and as good on receipts.
_DETECTOR = ("rapidocr_onnxruntime", "models/ch_PP-OCRv4_det_infer.onnx")
#: Tells upright print from print upside down.
_DIRECTION = ("rapidocr_onnxruntime", "models/ch_ppocr_mobile_v2.0_cls_infer.onnx")
#: Reads digits and Latin letters; it knows no Cyrillic.
_DIGITS = ("rapidocr", "models/PP-OCRv6_rec_small.onnx")


#: Reads whole lines in Cyrillic, Latin and figures; ``make teach`` makes it.
TRANSCRIBER = Path(__file__).with_name("transcriber.onnx")


class ModelMissing(Exception):
    """A wheel with a network is not installed."""

    def __init__(self, package: str) -> None:
        """Say how to get it."""
        super().__init__(f"{package} is not installed: run «pip install -r requirements.txt»")
        self.package = package


class Models:
    """The networks, each loaded when it is first used."""

    @cached_property
    def detector(self) -> onnxruntime.InferenceSession:
        """Grey picture to a map of where print is."""
        return _packed(*_DETECTOR)

    @cached_property
    def direction(self) -> onnxruntime.InferenceSession:
        """A line of print to "upright" or "upside down"."""
        return _packed(*_DIRECTION)

    @cached_property
    def digits(self) -> onnxruntime.InferenceSession:
        """A line of print to signs."""
        return _packed(*_DIGITS)

    @cached_property
    def transcriber(self) -> onnxruntime.InferenceSession:
        """Lines of print to the share of each of ``signs.SIGNS`` at each step."""
        return _session(TRANSCRIBER)

    @cached_property
    def ascii_signs(self) -> tuple[list[int], str]:
        """Classes of ``digits`` that are "nothing" or one ASCII sign, and these signs in order.

        Class 0 is "nothing" (CTC's blank), the last one the space.
        """
        known = self.digits.get_modelmeta().custom_metadata_map["character"].splitlines()
        ascii_only = [(place, sign) for place, sign in enumerate(known, 1) if sign.isascii()]
        signs = "".join(sign for _, sign in ascii_only)
        return [0, *(place for place, _ in ascii_only)], signs


def _packed(package: str, path: str) -> onnxruntime.InferenceSession:
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModelMissing(package)
    return _session(Path(found.submodule_search_locations[0]) / path)


def _session(file: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    #: an arena keeps the peak of the largest photo for ever; without it memory goes back
    options.enable_cpu_mem_arena = False
    return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
