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

"""The public data set as it stands on the web: where it is, and how to tell that all of it came.

It is a GitHub repository without releases, so what is fetched is the archive of one commit. GitHub makes such an archive when it is asked
for: its files are always the same, its bytes need not be, it has no length beforehand and cannot be fetched in pieces. So not the archive
is verified but the folders in it, by the names that git gave them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from theylive_training.data import find
from theylive_training.data.digest import sha256
from theylive_training.data.fetch import Pace, Progress, fetch, forget
from theylive_training.data.git_tree import folder_id
from theylive_training.data.new_folder import new_folder, refuse_used
from theylive_training.data.text import stays_inside
from theylive_training.data.unpack import unpack
from theylive_training.errors import TrainingError
from theylive_training.run_folder import read_json, write_json

MANIFEST = "download.json"
SCHEMA = 1
_COMMIT = "5f497940f68167ebaa1b1ac252996c30a109d016"


@dataclasses.dataclass(frozen=True)
class Release:
    """A version of the data set. folders: those that are taken, with git's hash of each. heads, boards: how many pictures of each."""

    url: str
    folders: Mapping[str, str]
    heads: int
    boards: int


PUBLIC = Release(
    f"https://github.com/chxadr/humanxalien-dataset/archive/{_COMMIT}.tar.gz",
    {"data_mnetv2": "d3c9823c368154a61e0cd8161bb9ded6b99d2f77", "data_yolov8n": "7d8e1d4b52ab407d1774a344cab68862d9ea273f"},
    heads=1001,
    boards=500,
)


@dataclasses.dataclass(frozen=True)
class Got:
    """What is in the folder. was_there: nothing had to be fetched. is_known: it is the very version of the Release."""

    heads: int
    boards: int
    was_there: bool
    is_known: bool


def download(out: Path, url: str, release: Release, progress: Progress, say: Callable[[str], None], pace: Pace | None = None) -> Got:
    """Have the data set in `out`, fetched from `url`. From another address than the release's, another version is taken too.

    Raises TrainingError; a download that broke off is kept beside `out` and goes on at the next call.
    """
    if _is_filled(out):
        return _already(out, release)
    refuse_used(out)
    part = out.absolute().with_name(f"{out.name}.tar.gz.part")
    try:
        part.parent.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise TrainingError(f"{out} cannot be made ({cause.strerror}): give a folder of your own as --out") from cause
    fetch(url, part, progress, say, pace)
    with new_folder(out) as folder:
        try:
            if not unpack(part, release.folders, folder):
                raise TrainingError(f"the archive of {url} holds no {' and no '.join(release.folders)}: give another --url")
            got = _verified(folder, release, must_be_known=url == release.url)
        except TrainingError:
            forget(part)  # what came is wrong: to go on with it would not help
            raise
        _write_manifest(folder, url, got)
    forget(part)
    return got


def _write_manifest(folder: Path, url: str, got: Got) -> None:
    files = {p.relative_to(folder).as_posix(): sha256(p) for p in sorted(folder.rglob("*")) if p.is_file()}
    write_json(folder / MANIFEST, {"schema": SCHEMA, "from": url, "heads": got.heads, "backgrounds": got.boards, "files": files})


def _is_filled(out: Path) -> bool:
    try:
        return out.is_dir() and any(out.iterdir())
    except OSError as cause:
        raise TrainingError(f"{out} cannot be read ({cause.strerror}): give a folder of your own as --out") from cause


def _verified(folder: Path, release: Release, must_be_known: bool) -> Got:
    """Raises TrainingError where something is missing or wrong."""
    is_known = all(folder_id(folder / name) == digest for name, digest in release.folders.items())
    if must_be_known and not is_known:
        raise TrainingError("what came is not the data set that was expected (a file is missing, changed or new): give the command again")
    try:
        found = find.survey(folder)
        found.refuse_errors()
    except TrainingError as cause:
        words = str(cause).replace(f"{folder}/", "").replace(str(folder), "it")
        raise TrainingError(f"what came is no whole data set: {words}") from cause
    heads = sum(bool(f.boxes) for f in found.files)
    got = Got(heads, len(found.files) - heads, was_there=False, is_known=is_known)
    if found.layout != find.PUBLIC or (is_known and (got.heads, got.boards) != (release.heads, release.boards)):
        raise TrainingError(f"{got.heads} heads and {got.boards} backgrounds came, which is not the data set: give another --url")
    return got


def _already(out: Path, release: Release) -> Got:
    """What a folder with something in it holds, if that is the whole data set. Raises TrainingError for all else."""
    manifest = read_json(out / MANIFEST) if (out / MANIFEST).is_file() else None
    lack = _lack(out, manifest) if manifest is not None else ""
    if lack or not all((out / name).is_dir() for name in release.folders):
        raise TrainingError(f"{out} is not empty and holds no whole data set{lack and f' ({lack})'}: give a new folder as --out")
    try:
        got = _verified(out, release, must_be_known=manifest is None)
    except TrainingError as cause:
        raise TrainingError(
            f"{out} is not empty and holds no whole data set (a file is missing or changed): give a new folder as --out"
        ) from cause
    return dataclasses.replace(got, was_there=True)


def _lack(out: Path, manifest: Mapping[str, Any]) -> str:
    """What of the manifest's files is not as it came; nothing if all is well."""
    files = manifest.get("files")
    if not isinstance(files, dict) or not all(stays_inside(name) for name in files):
        return f"{MANIFEST} is damaged"
    for name, digest in files.items():
        if not (out / name).is_file():
            return f"{name} is missing"
        if sha256(out / name) != digest:
            return f"{name} has changed"
    return ""
