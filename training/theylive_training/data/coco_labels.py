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

"""COCO's json for detection: `images` with id, file_name, width, height; `annotations` with image_id, category_id, bbox; `categories`.

bbox is the box's left, top, width, height in px; it may reach beyond the picture. Ids of categories begin at 1, as in COCO itself: alien is
1, john 2. They are told by their names when read. An image without annotations shows no head.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from theylive_training.data.labelled import BAD_ROW, UNKNOWN_CLASS, UNREADABLE, Problem
from theylive_training.data.text import shown, stays_inside
from theylive_training.pictures.picture import LABELS, Box

_DIGITS = 7  # of px after the point


class Image(NamedTuple):
    """A picture of the json: its name there, width and height (px) where the json tells them, and its heads in their order."""

    name: str
    size: tuple[int, int] | None
    boxes: tuple[Box, ...]


def is_coco(value: Any) -> bool:
    """Does a json's content look like COCO's?"""
    return isinstance(value, dict) and all(isinstance(value.get(key), list) for key in ("images", "annotations", "categories"))


def parse(value: dict[str, Any], source: Path) -> Iterator[Image | Problem]:
    """Every image in its order, after the problems of the whole. value: json for which `is_coco` holds."""
    problems, names = [], {}
    for category in value["categories"]:
        if isinstance(category, dict) and isinstance(category.get("name"), str) and isinstance(category.get("id"), int):
            names[category["id"]] = category["name"].strip().lower()
        else:
            problems.append(Problem(UNREADABLE, source, f"{source} has a category without id and name"))
    boxes: dict[Any, list[Box]] = {}
    for number, annotation in enumerate(value["annotations"]):
        box = _box(annotation, names, f"{source} annotation {number}", source)
        if isinstance(box, Problem):
            problems.append(box)
        else:
            boxes.setdefault(annotation["image_id"], []).append(box)
    images, seen = [], set()
    for number, image in enumerate(value["images"]):
        where = f"{source} image {number}"
        if not isinstance(image, dict) or not isinstance(image.get("id"), int | str) or not stays_inside(image.get("file_name")):
            problems.append(Problem(BAD_ROW, source, f"{where} has no id and file_name within the folder"))
        elif image["id"] in seen:
            problems.append(Problem(BAD_ROW, source, f"{where} has the id {image['id']} of another image"))
        else:
            seen.add(image["id"])
            size = image.get("width"), image.get("height")
            known = size if all(isinstance(n, int) and n > 0 for n in size) else None
            images.append(Image(image["file_name"], known, tuple(boxes.pop(image["id"], ()))))
    problems += [Problem(BAD_ROW, source, f"{source} has annotations of image {shown(str(key))}, which is not in it") for key in boxes]
    yield from problems
    yield from images


def _box(annotation: Any, names: dict[int, str], where: str, source: Path) -> Box | Problem:
    try:
        left, top, w, h = map(float, annotation["bbox"])
        category, image = annotation["category_id"], annotation["image_id"]
        is_good = all(map(math.isfinite, (left, top, w, h))) and w > 0 and h > 0 and isinstance(image, int | str)
        is_known = names.get(category) in LABELS
    except (KeyError, TypeError, ValueError):
        return Problem(BAD_ROW, source, f"{where} has no image_id, category_id and bbox of four numbers")
    if not is_good or annotation.get("iscrowd"):
        return Problem(BAD_ROW, source, f"{where} is no box of one head (a crowd, or no size)")
    if not is_known:
        return Problem(UNKNOWN_CLASS, source, f"{where} has category {shown(str(category))}, which is none of {', '.join(LABELS)}")
    return Box(names[category], left + w / 2, top + h / 2, w, h)


def format_images(images: Iterable[Image]) -> str:
    """The json of pictures whose sizes are known. Ids count from 1."""
    pictures, annotations = [], []
    for image_id, (name, size, boxes) in enumerate(images, 1):
        if size is None:
            raise ValueError(f"{name} has no size")
        pictures.append({"id": image_id, "file_name": name, "width": size[0], "height": size[1]})
        for b in boxes:
            bbox = [round(v, _DIGITS) for v in (b.x - b.width / 2, b.y - b.height / 2, b.width, b.height)]
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image_id,
                    "category_id": LABELS.index(b.label) + 1,
                    "bbox": bbox,
                    "area": round(b.width * b.height, _DIGITS),
                    "iscrowd": 0,
                }
            )
    categories = [{"id": i, "name": name, "supercategory": "head"} for i, name in enumerate(LABELS, 1)]
    return json.dumps({"images": pictures, "annotations": annotations, "categories": categories}, indent=1) + "\n"
