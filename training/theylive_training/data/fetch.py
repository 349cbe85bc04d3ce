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

"""Fetches a file over HTTP, and goes on where an earlier try broke off, if the server can.

What came so far lies in a file with a note beside it (its name and .json): from which address, and which version of the file it was (ETag).
"""

from __future__ import annotations

import dataclasses
import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import requests

from theylive_training.errors import TrainingError

_TIMEOUT = (10.0, 30.0)  # s: to connect, and from one piece to the next
_BLOCK = 1 << 13  # what is lost of a block when the connection breaks
_PAUSES = (1.0, 3.0, 9.0)  # s before it is tried again

Progress = Callable[[int, int | None], None]


@dataclasses.dataclass(frozen=True)
class Pace:
    """pauses: s before each new try after the connection broke. timeout: s to connect, and from one piece to the next."""

    pauses: tuple[float, ...] = _PAUSES
    timeout: tuple[float, float] = _TIMEOUT


def fetch(url: str, part: Path, progress: Progress, say: Callable[[str], None], pace: Pace | None = None) -> None:
    """Have the whole of `url` in the file `part`. progress: told the bytes that are there, and of how many (None: the server does not say).

    say: told why something was begun anew. Raises TrainingError; what came stays in `part`, so that the next call goes on.
    """
    pace = pace or Pace()
    for pause in (*pace.pauses, None):
        try:
            _go_on(url, part, progress, say, pace.timeout)
            return
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as cause:
            if pause is None:
                raise TrainingError(f"{url} cannot be fetched ({_reason(cause)}){_so_far(part)}") from cause
            time.sleep(pause)
        except requests.RequestException as cause:
            raise TrainingError(f"{url} cannot be fetched ({_reason(cause)}): give another --url") from cause
        except OSError as cause:
            raise TrainingError(f"{part} cannot be written ({cause.strerror}): make room, or give another --out") from cause


def forget(part: Path) -> None:
    """Remove what came, so that the next try begins anew."""
    part.unlink(missing_ok=True)
    _note(part).unlink(missing_ok=True)


def _go_on(url: str, part: Path, progress: Progress, say: Callable[[str], None], timeout: tuple[float, float]) -> None:
    known = _read_note(part)
    if known.get("url") != url:
        forget(part)
        known = {}
    have = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity", "User-Agent": "theylive-train"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if known.get("version"):
            headers["If-Range"] = known["version"]
    with requests.get(url, headers=headers, stream=True, timeout=timeout) as answer:
        if answer.status_code == requests.codes.requested_range_not_satisfiable and have:
            if answer.headers.get("Content-Range") == f"bytes */{have}":
                return  # it was all there
            say("what came earlier does not fit: begun anew")
            forget(part)
            return _go_on(url, part, progress, say, timeout)
        if answer.status_code >= 400:
            raise TrainingError(f"{url} cannot be fetched (the server says {answer.status_code} {answer.reason}): give another --url")
        is_rest = answer.status_code == requests.codes.partial_content and _first_byte(answer) == have
        if have and not is_rest:
            say("the server cannot go on where it broke off, or the file has changed: begun anew")
            have = 0
        elif answer.status_code == requests.codes.partial_content and not is_rest:
            raise TrainingError(f"{url} cannot be fetched (the server sends a piece that nobody asked for): give another --url")
        _write_note(part, url, answer)
        length = answer.headers.get("Content-Length", "")
        total = have + int(length) if length.isdigit() else None
        with open(part, "ab" if have else "wb") as file:
            progress(have, total)
            for block in answer.iter_content(_BLOCK):
                file.write(block)
                have += len(block)
                progress(have, total)
    if total is not None and have != total:
        raise requests.ConnectionError(f"{have} of {total} bytes came")


def _first_byte(answer: requests.Response) -> int:
    found = re.match(r"bytes (\d+)-", answer.headers.get("Content-Range", ""))
    return int(found[1]) if found else -1


def _note(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _read_note(part: Path) -> dict[str, Any]:
    try:
        note = json.loads(_note(part).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) and isinstance(note.get("version", ""), str) else {}


def _write_note(part: Path, url: str, answer: requests.Response) -> None:
    tag = answer.headers.get("ETag", "")
    version = answer.headers.get("Last-Modified", "") if not tag or tag.startswith("W/") else tag
    _note(part).write_text(json.dumps({"url": url, "version": version}), encoding="utf-8")


def _so_far(part: Path) -> str:
    have = part.stat().st_size if part.exists() else 0
    return f" after {have / 1e6:.1f} MB: give the command again, and it goes on" if have else ": is there a network? give the command again"


def _reason(cause: Exception) -> str:
    """The last and most telling of what requests wraps into each other."""
    text = str(cause)
    if isinstance(cause, requests.exceptions.SSLError):
        return "its certificate is not trusted"
    if isinstance(cause, requests.Timeout):
        return "no answer in time"
    for sign, words in (
        ("Name or service not known", "its host is not known"),
        ("Temporary failure in name resolution", "its host cannot be looked up"),
        ("No address associated", "its host is not known"),
        ("Failed to resolve", "its host is not known"),
        ("Connection refused", "the connection is refused"),
        ("unreachable", "the network is unreachable"),
    ):
        if sign in text:
            return words
    if isinstance(cause, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return "the connection broke"
    return text.splitlines()[0][:120]
