"""What a bare server lacks must not be needed: OpenCV with a screen wants libGL."""

from __future__ import annotations

from importlib.metadata import distributions

import cv2


def test_there_is_one_opencv_and_it_needs_no_screen() -> None:
    names = {str(d.metadata["Name"]).lower() for d in distributions()}
    assert {name for name in names if name.startswith("opencv")} == {"opencv-python-headless"}
    built = cv2.getBuildInformation()
    gui = next(line for line in built.splitlines() if line.strip().startswith("GUI:"))
    assert gui.split(":")[1].strip() in ("NONE", "")
