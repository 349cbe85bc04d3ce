# Copyright 2026 theylive_ros developers
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""What a JPEG file says of itself, without decoding it."""

import cv2
import numpy as np
import pytest

from theylive_ros.camera import jpeg


def encoded(*flags):
    return cv2.imencode(".jpg", np.zeros((24, 40, 3), np.uint8), list(flags))[1].tobytes()


@pytest.mark.parametrize("flags", [(), (cv2.IMWRITE_JPEG_PROGRESSIVE, 1), (cv2.IMWRITE_JPEG_RST_INTERVAL, 2)])
def test_the_size_stands_in_the_head(flags):
    assert jpeg.size(encoded(*flags)) == (40, 24)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", encoded()[:40], encoded()[:20] + b"\0" * 99])
def test_what_is_no_jpeg_has_no_size(data):
    assert jpeg.size(data) is None
