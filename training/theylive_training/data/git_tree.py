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

"""The name that git gives to a folder by what is in it: one word that tells whether every file is there, unchanged, and none besides.

A file is hashed as "blob", its size and its bytes; a folder as "tree" and its entries (mode, name, hash) in order of name, where folders
sort as if their names ended in /. SHA-1, as git has it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

_FILE, _FOLDER = b"100644", b"40000"  # modes; no file of the data set is a program


def blob_id(data: bytes) -> str:
    """git's hash of a file's content, in hex."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def tree_id(blobs: Mapping[PurePosixPath, str]) -> str:
    """git's hash of a folder, in hex. blobs: `blob_id` of each file, by its path in the folder."""
    folders: dict[str, dict[PurePosixPath, str]] = {}
    entries = []
    for path, blob in blobs.items():
        if len(path.parts) == 1:
            entries.append((path.name.encode(), _FILE, path.name, blob))
        else:
            folders.setdefault(path.parts[0], {})[path.relative_to(path.parts[0])] = blob
    entries += [(f"{name}/".encode(), _FOLDER, name, tree_id(inner)) for name, inner in folders.items()]
    body = b"".join(mode + b" " + name.encode() + b"\0" + bytes.fromhex(digest) for _, mode, name, digest in sorted(entries))
    return hashlib.sha1(b"tree %d\0" % len(body) + body, usedforsecurity=False).hexdigest()


def folder_id(folder: Path) -> str:
    """`tree_id` of a folder on disk. Raises OSError."""
    files = (p for p in folder.rglob("*") if p.is_file())
    return tree_id({PurePosixPath(p.relative_to(folder).as_posix()): blob_id(p.read_bytes()) for p in files})
