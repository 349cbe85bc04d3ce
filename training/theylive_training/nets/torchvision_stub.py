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

"""Lets ultralytics be imported where torchvision cannot be had: nothing that is trained here needs it.

Importing this module before ultralytics does nothing where a torchvision works.
"""

from __future__ import annotations

import importlib.machinery
import importlib.metadata
import sys
import types
from typing import Any

_VERSION = "0.28.0"  # the one that ultralytics pairs with torch 2.13


def _works() -> bool:
    try:
        import torch
        import torchvision

        torchvision.ops.nms(torch.zeros(1, 4), torch.zeros(1), 0.5)  # one that lacks its compiled part can be imported all the same
    except Exception:  # built for another torch, it raises whatever it likes
        for name in [n for n in sys.modules if n.split(".")[0] == "torchvision"]:
            del sys.modules[name]
        return False
    return True


def _install() -> None:
    known = importlib.metadata.version
    importlib.metadata.version = lambda name: _VERSION if name == "torchvision" else known(name)
    package, ops = types.ModuleType("torchvision"), types.ModuleType("torchvision.ops")
    package.__spec__ = importlib.machinery.ModuleSpec("torchvision", None, is_package=True)
    ops.__spec__ = importlib.machinery.ModuleSpec("torchvision.ops", None)
    package.__path__ = []
    package.__version__ = _VERSION
    package.ops = ops
    ops.nms = _nms
    sys.modules["torchvision"], sys.modules["torchvision.ops"] = package, ops


def _nms(boxes: Any, scores: Any, iou_threshold: float) -> Any:
    from ultralytics.utils.nms import TorchNMS

    return TorchNMS.nms(boxes, scores, iou_threshold)


if not _works():
    _install()
