"""The compact net, built by ultralytics from compact.yaml, and its raw outputs as they are exported."""

from __future__ import annotations

import os
from importlib import resources

os.environ.setdefault("YOLO_OFFLINE", "1")  # nothing is looked up or downloaded

import theylive_training.torchvision_stub  # noqa: F401, I001  before ultralytics
import torch
import yaml
from torch import nn
from ultralytics.cfg import get_cfg
from ultralytics.nn.tasks import DetectionModel

from theylive_training.picture import LABELS

SIDE = 224  # px of the square input


def build() -> DetectionModel:
    """The net with random weights, for SIDE x SIDE RGB pictures in 0..1, ready for its loss."""
    text = resources.files("theylive_training").joinpath("compact.yaml").read_text(encoding="utf-8")
    net = DetectionModel(yaml.safe_load(text), ch=3, nc=len(LABELS), verbose=False)
    net.args = get_cfg()
    net.names = dict(enumerate(LABELS))
    return net


def parameters(net: nn.Module) -> int:
    """How many numbers the net has learned."""
    return sum(p.numel() for p in net.parameters())


class RawOutputs(nn.Module):
    """A trained net's maps (boxes: distances to the sides in cells; scores: 0..1), NCHW, without anchors or suppression.

    Both stay outputs of their own: one int8 tensor would share one scale between them, and the scores would collapse.
    """

    def __init__(self, net: DetectionModel) -> None:
        super().__init__()
        self._net = net.eval().fuse(verbose=False)
        for p in self.parameters():
            p.requires_grad_(False)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """x: (n, 3, SIDE, SIDE), RGB in 0..1."""
        kept: list[torch.Tensor | None] = []
        for module in self._net.model[:-1]:
            if module.f != -1:
                x = kept[module.f] if isinstance(module.f, int) else [x if k == -1 else kept[k] for k in module.f]
            x = module(x)
            kept.append(x if module.i in self._net.save else None)
        detect = self._net.model[-1]
        (source,) = detect.f
        features = x if kept[source] is None else kept[source]
        return detect.cv2[0](features), detect.cv3[0](features).sigmoid()
