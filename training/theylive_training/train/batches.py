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

"""Batches of pictures as ultralytics' loss wants them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch

from theylive_training.pictures.picture import LABELS, Picture
from theylive_training.train.chance import chanced

Batch = dict[str, torch.Tensor]  # img: (n, 3, side, side) RGB 0..1; batch_idx: (boxes,); cls: (boxes, 1); bboxes: (boxes, 4) shares


def epoch_batches(pictures: Sequence[Picture], size: int, seed: int, epoch: int, device: str) -> Iterator[Batch]:
    """All pictures once in a new order, `size` to a batch, each `worn` by its own chance. epoch: from 0."""
    rng = np.random.default_rng([seed, epoch])
    order = rng.permutation(len(pictures))
    for start in range(0, len(order), size):
        yield worn_batch([pictures[i] for i in order[start : start + size]], rng, device)


def worn_batch(pictures: Sequence[Picture], rng: np.random.Generator, device: str) -> Batch:
    """A batch of pictures as `chanced` makes them, with their labels."""
    turned, tints = chanced(pictures, rng)
    batch = plain_batch(turned, device)
    batch["img"] = (batch["img"] * torch.from_numpy(tints[:, :, None, None]).to(device, torch.float32)).clamp_(0, 1)
    return batch


def plain_batch(pictures: Sequence[Picture], device: str) -> Batch:
    """A batch of pictures as they are; all of one size."""
    images = torch.from_numpy(np.stack([p.image for p in pictures])).to(device)
    boxes = [(k, LABELS.index(b.label), b) for k, p in enumerate(pictures) for b in p.boxes]
    sides = [(p.image.shape[1], p.image.shape[0]) for p in pictures]
    shares = [[b.x / sides[k][0], b.y / sides[k][1], b.width / sides[k][0], b.height / sides[k][1]] for k, _, b in boxes]
    return {
        "img": images.flip(3).permute(0, 3, 1, 2).to(torch.float32, memory_format=torch.channels_last) / 255,
        "batch_idx": torch.tensor([k for k, _, _ in boxes], dtype=torch.float32, device=device),
        "cls": torch.tensor([[c] for _, c, _ in boxes], dtype=torch.float32, device=device).reshape(-1, 1),
        "bboxes": torch.tensor(shares, dtype=torch.float32, device=device).reshape(-1, 4),
    }
