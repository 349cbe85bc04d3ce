"""Fixtures that several files of tests share."""

import cv2
import numpy as np
import pytest


@pytest.fixture
def boards(tmp_path_factory):
    """A data set of one empty board."""
    folder = tmp_path_factory.mktemp("boards")
    cv2.imwrite(str(folder / "a.png"), np.zeros((64, 64, 3), np.uint8))
    (folder / "labels.csv").write_text("a.png,32,32,2\n")
    return folder
