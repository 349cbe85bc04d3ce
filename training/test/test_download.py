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

"""A download goes on where it broke off, takes nothing that is not whole, and leaves what is there."""

import contextlib
import gzip
import io
import json
import socket
import subprocess
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import numpy as np
import pytest
from theylive_training.__main__ import main
from theylive_training.data import dataset, fetch, git_tree, public_set
from theylive_training.errors import TrainingError

QUICK = fetch.Pace(pauses=(), timeout=(2.0, 2.0))


class Server:
    """Serves one file. ranges: can it send the rest of it? breaks: after how many bytes each of the next answers breaks off."""

    def __init__(self, data):
        self.data, self.ranges, self.etag, self.status, self.length = data, True, '"1"', 200, True
        self.breaks, self.asked, self.sent = [], [], 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.answer(self)

            def log_message(self, *words):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.handle_error = lambda *words: None  # a client that hangs up is nothing to report
        self.url = f"http://127.0.0.1:{self._server.server_port}/set.tar.gz"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, request):
        wanted = request.headers.get("Range")
        self.asked.append(wanted)
        first = int(wanted.split("=")[1].rstrip("-")) if wanted and self.ranges else 0
        if request.headers.get("If-Range", self.etag) != self.etag:
            first = 0
        body, status = self.data[first:], self.status
        if first and first >= len(self.data):
            status, body = 416, b""
        elif first:
            status = 206
        request.send_response(status)
        if first:
            request.send_header(
                "Content-Range", f"bytes {first}-{len(self.data) - 1}/{len(self.data)}" if body else f"bytes */{len(self.data)}"
            )
        if self.etag:
            request.send_header("ETag", self.etag)
        if self.length:
            request.send_header("Content-Length", str(len(body)))
        else:
            request.send_header("Transfer-Encoding", "chunked")
        request.end_headers()
        end = self.breaks.pop(0) if self.breaks else len(body)
        self.sent += len(body[:end])
        if self.length:
            request.wfile.write(body[:end])
        else:
            request.wfile.write(b"%x\r\n%s\r\n" % (len(body[:end]), body[:end]) + (b"" if end < len(body) else b"0\r\n\r\n"))
        if end < len(body):
            request.close_connection = True

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A small data set of four heads and five backgrounds in the public layout, with things beside it that nobody wants."""
    root = tmp_path_factory.mktemp("set") / "humanxalien-dataset-5f49794"
    rng = np.random.default_rng(0)
    heads, table = root / "data_yolov8n" / "targets", []
    for i, part in enumerate(["train", "train", "val", "val"]):
        for sub in ("images", "labels"):
            (heads / sub / part).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(heads / "images" / part / f"capture_20250618_12000{i}.jpg"), rng.integers(0, 255, (64, 64, 3), np.uint8))
        (heads / "labels" / part / f"capture_20250618_12000{i}.txt").write_text(f"{i % 2} 0.5 0.5 1 1\n")
    (heads / "data.yaml").write_text("names: [alien, john]\n")
    (root / "data_mnetv2" / "targets").mkdir(parents=True)
    for i in range(5):
        cv2.imwrite(str(root / "data_mnetv2" / "targets" / f"capture_{i}.jpg"), rng.integers(0, 255, (64, 64, 3), np.uint8))
        table.append(f"capture_{i}.jpg,32,32,2\n")
    (root / "data_mnetv2" / "labels_mnetv2.csv").write_text("".join(table))
    (root / "README.md").write_text("words")
    (root / "run_me.py").write_text("raise SystemExit")
    return root


def packed(root, *more):
    """A .tar.gz of a folder, and of members (TarInfo, bytes) besides."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tar:
        tar.add(root, root.name)
        for info, data in more:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return file.getvalue()


@pytest.fixture
def server(tree):
    served = Server(packed(tree))
    yield served
    served.close()


@pytest.fixture
def release(tree, server):
    folders = {name: git_tree.folder_id(tree / name) for name in ("data_mnetv2", "data_yolov8n")}
    return public_set.Release(server.url, folders, heads=4, boards=5)


def get(out, release, url=None, pace=QUICK, said=None):
    return public_set.download(out, url or release.url, release, lambda have, total: None, (said if said is not None else []).append, pace)


def names(folder):
    return sorted(p.name for p in folder.iterdir())


def test_the_whole_set_comes_with_a_manifest_and_nothing_besides(server, release, tmp_path):
    got = get(tmp_path / "deep" / "set", release)
    assert (got.heads, got.boards, got.was_there, got.is_known) == (4, 5, False, True)
    out = tmp_path / "deep" / "set"
    assert names(out) == ["data_mnetv2", "data_yolov8n", "download.json"]
    assert names(out.parent) == ["set"]
    manifest = json.loads((out / "download.json").read_text())
    assert len(manifest["files"]) == 4 * 2 + 1 + 5 + 1
    data = dataset.load(out)
    assert (len(data.train.heads), len(data.val.heads), len(data.train.boards), len(data.val.boards)) == (2, 2, 4, 1)


def test_a_download_that_broke_goes_on_where_it_was(server, release, tmp_path):
    server.breaks = [20_000]
    with pytest.raises(TrainingError, match=r"broke.*give the command again, and it goes on"):
        get(tmp_path / "set", release)
    assert names(tmp_path) == ["set.tar.gz.part", "set.tar.gz.part.json"]
    assert get(tmp_path / "set", release).is_known
    assert server.asked == [None, "bytes=16384-"]  # whole blocks are kept
    assert server.sent == len(server.data) + 20_000 - 16_384
    assert names(tmp_path) == ["set"]


def test_a_connection_that_breaks_is_tried_again_by_itself(server, release, tmp_path):
    server.breaks = [10_000, 10_000]
    assert get(tmp_path / "set", release, pace=fetch.Pace((0.0, 0.0), (2.0, 2.0))).is_known
    assert server.asked == [None, "bytes=8192-", "bytes=16384-"]


@pytest.mark.parametrize("way", ["no ranges", "changed", "no length"])
def test_where_the_rest_cannot_be_had_all_comes_anew_and_that_is_said(server, release, tmp_path, way):
    server.breaks = [10_000]
    server.length = way != "no length"
    with pytest.raises(TrainingError, match="goes on"):
        get(tmp_path / "set", release)
    server.ranges = way == "changed"
    server.etag = '"2"' if way == "changed" else server.etag
    said = []
    assert get(tmp_path / "set", release, said=said).is_known
    assert len(said) == 1
    assert "begun anew" in said[0]


def test_what_had_come_whole_before_a_kill_is_not_fetched_again(server, release, tmp_path):
    part = tmp_path / "set.tar.gz.part"
    fetch.fetch(server.url, part, lambda have, total: None, print, QUICK)
    sent = server.sent
    assert get(tmp_path / "set", release).is_known
    assert server.sent == sent


def test_what_came_from_elsewhere_is_not_continued(server, release, tmp_path):
    (tmp_path / "set.tar.gz.part").write_bytes(b"of another address")
    (tmp_path / "set.tar.gz.part.json").write_text('{"url": "http://127.0.0.1/other", "version": ""}')
    assert get(tmp_path / "set", release).is_known
    assert server.asked == [None]


def test_a_whole_set_is_recognised_and_left(server, release, tree, tmp_path):
    get(tmp_path / "set", release)
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "set").rglob("*")}
    assert get(tmp_path / "set", release).was_there
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "set").rglob("*")} == before
    assert get(tree, release).was_there  # a clone, without a manifest
    assert len(server.asked) == 1


@pytest.mark.parametrize("way", ["missing", "changed", "mine", "manifest"])
def test_a_folder_with_anything_else_is_refused_and_left(server, release, tmp_path, way):
    out = tmp_path / "set"
    if way == "mine":
        out.mkdir()
        (out / "mine").write_text("mine")
    else:
        get(out, release)
        picture = out / "data_mnetv2" / "targets" / "capture_3.jpg"
        {
            "missing": picture.unlink,
            "changed": lambda: picture.write_bytes(b"x"),
            "manifest": lambda: (out / "download.json").write_text("{"),
        }[way]()
    before = sorted((p, p.read_bytes()) for p in out.rglob("*") if p.is_file())
    with pytest.raises(TrainingError, match=r"not empty|damaged") as error:
        get(out, release)
    assert "\n" not in str(error.value)
    assert sorted((p, p.read_bytes()) for p in out.rglob("*") if p.is_file()) == before


def link(name, kind, target):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


@pytest.mark.parametrize(
    ("member", "says"),
    [
        ((tarfile.TarInfo("top/data_mnetv2/../../../evil"), b"x"), "leads out"),
        ((tarfile.TarInfo("/tmp/evil"), b"x"), "leads out"),
        (link("top/data_mnetv2/evil", tarfile.SYMTYPE, "/etc/passwd"), "no plain file"),
        (link("top/data_mnetv2/evil", tarfile.LNKTYPE, "top/README.md"), "no plain file"),
        (link("top/data_mnetv2/evil", tarfile.CHRTYPE, ""), "no plain file"),
        ((tarfile.TarInfo("humanxalien-dataset-5f49794/data_mnetv2/labels_mnetv2.csv"), b"x"), "File exists"),
    ],
)
def test_an_archive_that_reaches_elsewhere_is_refused(server, release, tree, tmp_path, member, says):
    server.data = packed(tree, member)
    with pytest.raises(TrainingError, match=says):
        get(tmp_path / "set", release)
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (lambda whole: b"<html>log in first</html>", "no whole .tar.gz"),
        (lambda whole: b"", "no whole .tar.gz"),
        (lambda whole: whole[: len(whole) // 2], "no whole .tar.gz"),
        (lambda whole: whole[:-6] + b"\0\0\0\0" + whole[-2:], "no whole .tar.gz"),
        (lambda whole: gzip.compress(b"no tar"), "no whole .tar.gz"),
    ],
)
def test_what_is_no_whole_archive_is_refused_and_forgotten(server, release, tmp_path, data, says):
    server.data = data(server.data)
    with pytest.raises(TrainingError, match=says) as error:
        get(tmp_path / "set", release)
    assert "\n" not in str(error.value)
    assert names(tmp_path) == []


def test_another_content_than_expected_is_refused_from_the_known_address(server, release, tree, tmp_path):
    server.data = packed(tree, (tarfile.TarInfo(f"{tree.name}/data_mnetv2/new.txt"), b"x"))
    with pytest.raises(TrainingError, match="not the data set that was expected"):
        get(tmp_path / "set", release)
    assert names(tmp_path) == []
    other = public_set.Release("http://known.invalid/", release.folders, 4, 5)
    assert not get(tmp_path / "set", other, url=server.url).is_known


def test_from_another_address_damage_is_refused_too(server, tree, release, tmp_path):
    server.data = packed(tree / "data_mnetv2")
    other = public_set.Release("http://known.invalid/", release.folders, 4, 5)
    with pytest.raises(TrainingError, match="holds no data_mnetv2"):
        get(tmp_path / "set", other, url=server.url)
    server.data = packed(tree, (tarfile.TarInfo(f"{tree.name}/data_yolov8n/targets/labels/val/lonely.txt"), b""))
    with pytest.raises(TrainingError, match=r"no whole data set: data_yolov8n.*has no picture"):
        get(tmp_path / "set", other, url=server.url)
    assert names(tmp_path) == []


def test_a_full_disk_keeps_what_came(server, release, tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("theylive_training.data.public_set.unpack", full)
    with pytest.raises(TrainingError, match=r"No space left on device.*make room"):
        get(tmp_path / "set", release)
    assert names(tmp_path) == ["set.tar.gz.part", "set.tar.gz.part.json"]
    monkeypatch.undo()
    assert get(tmp_path / "set", release).is_known


def unknown_host(*_, **__):
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


@pytest.mark.parametrize(
    ("status", "url", "says"),
    [
        (404, None, "the server says 404"),
        (503, None, "the server says 503"),
        (200, "http://127.0.0.1:9/x", "refused"),
        (200, "http://no-such-host.invalid/x", "host"),
        (200, "file:///etc/passwd", "cannot be fetched"),
        (200, "nonsense", "cannot be fetched"),
    ],
)
def test_the_command_says_in_one_line_why_nothing_came(server, tmp_path, capsys, monkeypatch, status, url, says):
    server.status = status
    monkeypatch.setattr(fetch.time, "sleep", lambda seconds: None)
    if "no-such-host" in (url or ""):
        monkeypatch.setattr(socket, "getaddrinfo", unknown_host)
    assert main(["download", "--out", str(tmp_path / "set"), "--url", url or server.url]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert error.count("\n") == 1
    assert not (tmp_path / "set").exists()


def test_the_command_takes_a_mirror(server, tmp_path, capsys):
    assert main(["download", "--out", str(tmp_path / "set"), "--url", server.url]) == 0
    said = capsys.readouterr().out
    assert "4 heads and 5 backgrounds came whole, another version" in said
    assert main(["download", "--out", str(tmp_path / "set"), "--url", server.url]) == 0
    assert "was there already" in capsys.readouterr().out


def test_the_name_of_a_folder_is_gits(tree, tmp_path):
    git = ["git", "-c", "core.autocrlf=false", "-C", str(tmp_path)]
    with contextlib.suppress(FileNotFoundError):
        subprocess.run([*git, "init", "-q"], check=True, capture_output=True)
        subprocess.run([*git, f"--work-tree={tree}", "add", "-A"], check=True, capture_output=True)
        theirs = subprocess.run([*git, "write-tree"], check=True, capture_output=True, text=True).stdout.strip()
        assert git_tree.folder_id(Path(tree)) == theirs
    assert git_tree.blob_id(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
