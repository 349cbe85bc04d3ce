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

"""A recording is read whoever made it; of a damaged one all that can be read is read, and what is lost is named."""

import itertools
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap

import pytest
from bag_bench import BEGIN, live_run, qos, record_rig, topic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcap.writer import CompressionType
from mcap.writer import Writer as OfficialWriter
from rosbags.rosbag2 import CompressionFormat, CompressionMode, StoragePlugin
from rosbags.rosbag2 import Writer as RosbagsWriter
from zstandard import ZstdCompressor

from theylive_ros.bags import mcap_writer
from theylive_ros.bags.errors import BagError
from theylive_ros.bags.reader import BagReader
from theylive_ros.bags.writer import BagWriter, Storage

KIND = "theylive_msgs/msg/Target"
# All that rosbags writes; it does not compress inside sqlite3.
ROSBAGS = sorted({*itertools.product(StoragePlugin, CompressionMode)} - {(StoragePlugin.SQLITE3, CompressionMode.STORAGE)})


def read(path):
    """All messages, and what is said to be lost."""
    with BagReader(path) as reader:
        messages = [tuple(m) for m in reader.messages()]
        return messages, reader.damage


def read_or_refused(path):
    """The same; None for what is refused in one line, which names it."""
    try:
        return read(path)
    except BagError as error:
        words = str(error)
    assert str(path) in words
    assert "\n" not in words
    return None


def payloads(count):
    return [(10**18 + i, random.Random(i).randbytes(500)) for i in range(count)]


def ours(folder, count=60, storage=None, chunk=4000):
    """A recording of ours with many small chunks."""
    sent = payloads(count)
    before, mcap_writer._CHUNK_SIZE = mcap_writer._CHUNK_SIZE, chunk
    try:
        writer = BagWriter(folder, storage)
        number = writer.add_topic(topic("/target", KIND))
        for stamp, data in sent:
            writer.write(number, stamp, data)
        writer.close()
    finally:
        mcap_writer._CHUNK_SIZE = before
    return [("/target", stamp, data) for stamp, data in sent]


def official(path, messages, **options):
    """A file as the makers of MCAP write it."""
    with path.open("wb") as file:
        writer = OfficialWriter(file, **options)
        writer.start("ros2")
        schema = writer.register_schema(KIND, "ros2msg", topic("/target", KIND).definition.text.encode())
        channel = writer.register_channel("/target", "cdr", schema)
        for stamp, data in messages:
            writer.add_message(channel, stamp, data, stamp)
        writer.finish()


@pytest.mark.parametrize("version", [8, 9])
@pytest.mark.parametrize(("plugin", "mode"), ROSBAGS)
def test_what_rosbags_wrote_is_read(tmp_path, version, plugin, mode):
    writer = RosbagsWriter(tmp_path / "bag", version=version, storage_plugin=plugin)
    writer.set_compression(mode, CompressionFormat.ZSTD)
    wanted = topic("/target", KIND)
    with writer:
        connection = writer.add_connection(
            "/target", KIND, msgdef=wanted.definition.text, rihs01=wanted.definition.digest, offered_qos_profiles=[qos(latched=True)]
        )
        for stamp, data in payloads(40):
            writer.write(connection, stamp, data)
    messages, damage = read(tmp_path / "bag")
    assert messages == [("/target", stamp, data) for stamp, data in payloads(40)]
    assert not damage
    with BagReader(tmp_path / "bag") as reader:
        assert reader.topics["/target"].type == KIND
        assert reader.topics["/target"].qos == (qos(latched=True),)


@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("compression", list(CompressionType))
def test_what_the_makers_of_mcap_wrote_is_read(tmp_path, chunked, compression):
    path = tmp_path / "one.mcap"
    official(path, payloads(30), chunk_size=2000, compression=compression, use_chunking=chunked)
    messages, damage = read(path)
    assert messages == [("/target", stamp, data) for stamp, data in payloads(30)]
    assert not damage


def test_of_an_mcap_file_without_check_sums_messages_that_are_not_found_are_counted(tmp_path):
    path = tmp_path / "one.mcap"
    official(path, payloads(30), chunk_size=2000, compression=CompressionType.NONE, enable_crcs=False)
    data = path.read_bytes()
    at = data.index(payloads(30)[9][1]) - 31
    path.write_bytes(data[:at] + b"\x99" + data[at + 1 :])  # a kind of record that nobody knows
    messages, damage = read(path)
    assert len(messages) == 29
    assert damage == ["one.mcap: 1 messages of 30 are lost"]


def test_what_humble_wrote_is_read_and_decoded_by_the_installed_types(tmp_path):
    """Schema 3 knows no types."""
    (frame,) = live_run(1)
    connection = sqlite3.connect(tmp_path / "old.db3")
    connection.executescript(
        """
        CREATE TABLE schema(schema_version INTEGER PRIMARY KEY, ros_distro TEXT NOT NULL);
        CREATE TABLE topics(id INTEGER PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, serialization_format TEXT NOT NULL,
                            offered_qos_profiles TEXT NOT NULL);
        CREATE TABLE messages(id INTEGER PRIMARY KEY, topic_id INTEGER NOT NULL, timestamp INTEGER NOT NULL, data BLOB NOT NULL);
        INSERT INTO schema VALUES (3, 'humble');
        """
    )
    connection.execute("INSERT INTO topics VALUES (1, '/target', ?, 'cdr', '')", (KIND,))
    connection.execute("INSERT INTO topics VALUES (2, '/image_raw', 'sensor_msgs/msg/Image', 'cdr', '')")
    connection.executemany("INSERT INTO messages VALUES (NULL, ?, ?, ?)", [(1, 5, frame.target), (2, 6, frame.picture)])
    connection.commit()
    connection.close()
    with BagReader(tmp_path / "old.db3") as reader:
        target, image = reader.messages()
        assert reader.decode(target).clears_protected is True
        assert (reader.decode(image).width, reader.decode(image).encoding) == (320, "bgr8")


def test_messages_come_by_log_time_although_chunks_overlap(tmp_path):
    path = tmp_path / "one.mcap"
    stamps = [10, 30, 20, 40, 15, 35, 5, 60]
    with path.open("wb") as file:
        writer = OfficialWriter(file, chunk_size=250)
        writer.start("ros2")
        channel = writer.register_channel("/target", "cdr", writer.register_schema(KIND, "ros2msg", b"bool a"))
        for stamp in stamps:
            writer.add_message(channel, stamp, bytes(100), stamp)
        writer.finish()
    assert [stamp for _, stamp, _ in read(path)[0]] == sorted(stamps)


@pytest.mark.parametrize("storage", [Storage(), Storage(compress=True)], ids=["plain", "zstd"])
def test_a_file_that_is_cut_off_anywhere_gives_all_that_comes_before_the_cut(tmp_path, storage):
    sent = ours(tmp_path / "bag", storage=storage)
    whole = (tmp_path / "bag" / "bag_0.mcap").read_bytes()
    counts = []
    for length in range(9, len(whole) - 1, 331):
        path = tmp_path / "cut.mcap"
        path.write_bytes(whole[:length])
        messages, damage = read(path)
        assert messages == sent[: len(messages)]
        assert damage == ["cut.mcap: has no end: its recorder was cut short, or still writes"] or len(messages) == len(sent)
        counts.append(len(messages))
    assert counts == sorted(counts)
    assert counts[-1] == len(sent)
    # a plain file loses only the message that is cut
    assert storage.compress or len(set(counts)) > 50


@pytest.mark.parametrize("compression", list(CompressionType))
def test_of_a_big_chunk_that_is_cut_off_what_comes_before_the_cut_is_read(tmp_path, compression):
    path = tmp_path / "one.mcap"
    official(path, payloads(1500), chunk_size=1 << 20, compression=compression)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    messages, damage = read(path)
    assert messages == [("/target", stamp, data) for stamp, data in payloads(len(messages))]
    assert 600 < len(messages) < 800
    assert damage


@pytest.mark.parametrize("storage", [Storage(), Storage(compress=True)], ids=["plain", "zstd"])
def test_a_broken_chunk_is_named_and_those_around_it_are_read(tmp_path, storage):
    sent = ours(tmp_path / "bag", storage=storage)
    path = tmp_path / "bag" / "bag_0.mcap"
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0x10
    path.write_bytes(data)
    messages, damage = read(tmp_path / "bag")
    assert len(messages) == len(sent) - 8
    assert set(messages) < set(sent)
    (line,) = damage
    assert line.startswith("bag_0.mcap: a chunk of ")
    assert "is lost (" in line


@pytest.mark.parametrize("storage", [Storage(), Storage(compress=True)], ids=["plain", "zstd"])
def test_a_file_without_an_end_loses_one_chunk_where_it_was_changed(tmp_path, storage):
    """Unless it was changed where a record says how long it is."""
    sent = ours(tmp_path / "bag", storage=storage)
    path = tmp_path / "bag" / "bag_0.mcap"
    whole = path.read_bytes().partition(b"serialized_metadata")[0]
    lost = []
    for place in range(7000, len(whole), 97):  # behind the first chunk, which announces the topic
        data = bytearray(whole)
        data[place] ^= 0x10
        path.write_bytes(data)
        messages, damage = read(path)
        assert set(messages) <= set(sent)
        assert messages == sent or any("lost" in line for line in damage)
        lost.append(len(sent) - len(messages))
    assert 8 in lost
    assert sum(n > 8 for n in lost) < 3


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1, exclude_max=True), value=st.binary(min_size=1, max_size=40), compress=st.booleans())
def test_whatever_is_changed_in_an_mcap_file_no_message_is_invented(tmp_path_factory, at, value, compress):
    folder = tmp_path_factory.mktemp("bags")
    sent = ours(folder / "bag", 30, Storage(compress=compress), chunk=2000)
    path = folder / "bag" / "bag_0.mcap"
    data = bytearray(path.read_bytes())
    place = int(at * len(data))
    data[place : place + len(value)] = value
    changed = bytes(data) != path.read_bytes()
    path.write_bytes(data)
    result = read_or_refused(folder / "bag")
    if result is None:
        return
    messages, damage = result
    genuine = {(stamp, content) for _, stamp, content in sent}
    assert {(stamp, content) for _, stamp, content in messages} <= genuine
    if len(messages) < len(sent):
        assert changed
        assert damage


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.floats(0, 1, exclude_max=True), value=st.binary(min_size=1, max_size=3000), cut=st.booleans())
def test_a_sqlite3_file_that_was_changed_or_cut_ends_in_words_not_in_a_crash(tmp_path_factory, at, value, cut):
    folder = tmp_path_factory.mktemp("bags")
    sent = ours(folder / "bag", 60, Storage("sqlite3"))
    path = folder / "bag" / "bag_0.db3"
    data = bytearray(path.read_bytes())
    place = int(at * len(data))
    data[place : None if cut else place + len(value)] = b"" if cut else value
    path.write_bytes(data)
    result = read_or_refused(folder / "bag")
    if result is None:
        return
    messages, damage = result
    assert len(messages) == len(sent) or damage


def test_rows_of_sqlite3_that_are_no_messages_are_passed_over_and_counted(tmp_path):
    sent = ours(tmp_path / "bag", 5, Storage("sqlite3"))
    connection = sqlite3.connect(tmp_path / "bag" / "bag_0.db3")
    connection.execute("UPDATE messages SET timestamp = 'soon' WHERE id = 2")
    connection.execute("INSERT INTO topics VALUES (2, x'00', x'00', 'cdr', '', '')")
    connection.commit()
    connection.close()
    messages, damage = read(tmp_path / "bag")
    assert messages == [sent[0], *sent[2:]]
    assert damage == ["bag_0.db3: 4 messages of 5 are there"]


def test_behind_a_broken_page_of_sqlite3_it_goes_on(tmp_path):
    sent = ours(tmp_path / "bag", 400, Storage("sqlite3"))
    path = tmp_path / "bag" / "bag_0.db3"
    data = bytearray(path.read_bytes())
    middle = data.find(sent[200][2]) // 4096 * 4096
    data[middle : middle + 4096] = b"\xff" * 4096
    path.write_bytes(data)
    messages, damage = read(tmp_path / "bag")
    assert 300 < len(messages) < 400
    assert set(messages) < set(sent)
    assert messages[-1] == sent[-1]
    assert any("messages from number" in line for line in damage)


def test_a_lost_file_is_named_and_the_others_are_read(tmp_path):
    sent = ours(tmp_path / "bag", 60, Storage(max_size=8000))
    files = sorted((tmp_path / "bag").glob("*.mcap"))
    assert len(files) > 2
    files[1].unlink()
    messages, damage = read(tmp_path / "bag")
    assert 0 < len(messages) < len(sent)
    assert damage == ["bag_1.mcap: No such file or directory"]


WRONG = [
    "7",
    "{custom_data: [1]}",
    "{files: 7}",
    "{relative_file_paths: 7}",
    "{relative_file_paths: ['']}",
    "{topics_with_message_count: 3}",
]


@pytest.mark.parametrize("text", [None, "", "a: b", "{", "\udcff", *(f"rosbag2_bagfile_information: {wrong}" for wrong in WRONG)])
def test_without_usable_metadata_the_files_speak_for_themselves(tmp_path, text):
    sent = ours(tmp_path / "bag", 60, Storage(max_size=2500))
    assert (tmp_path / "bag" / "bag_10.mcap").exists()
    path = tmp_path / "bag" / "metadata.yaml"
    path.unlink()
    if text is not None:
        path.write_text(text, encoding="utf-8", errors="surrogateescape")
    messages, damage = read(tmp_path / "bag")
    assert messages == sent
    assert len(damage) == 1
    assert "metadata.yaml" in damage[0]


@pytest.mark.parametrize("content", [None, b"", b"not a bag", b"\x89MCAP0\r\n", b"SQLite format 3\0" + bytes(200)])
@pytest.mark.parametrize("suffix", [".mcap", ".db3", ".txt"])
def test_what_is_no_recording_is_refused_in_one_line(tmp_path, content, suffix):
    path = tmp_path / f"x{suffix}"
    if content is not None:
        path.write_bytes(content)
    result = read_or_refused(path)
    if result is not None:  # an mcap file that ends behind its first bytes
        assert not result[0]
        assert result[1]


def test_an_empty_folder_is_no_recording(tmp_path):
    with pytest.raises(BagError, match=r"it holds no data file, which ends in \.mcap or \.db3"):
        BagReader(tmp_path)


def test_a_compressed_file_that_is_broken_is_named(tmp_path):
    writer = RosbagsWriter(tmp_path / "bag", version=8, storage_plugin=StoragePlugin.MCAP)
    writer.set_compression(CompressionMode.MESSAGE, CompressionFormat.ZSTD)
    wanted = topic("/target", KIND)
    with writer:
        connection = writer.add_connection("/target", KIND, msgdef=wanted.definition.text, rihs01=wanted.definition.digest)
        for stamp, data in payloads(10):
            writer.write(connection, stamp, data)
    path = tmp_path / "bag" / "bag.mcap"
    data = path.read_bytes()
    fifth = ZstdCompressor().compress(payloads(10)[5][1])
    assert fifth in data
    path.write_bytes(data.replace(fifth, b"\xff" * len(fifth)))
    messages, damage = read(tmp_path / "bag")
    assert len(messages) == 5
    assert "the rest is lost" in damage[0]


@pytest.mark.parametrize("storage", ["mcap", "sqlite3"])
def test_a_recorder_that_was_killed_leaves_all_but_its_last_second(tmp_path, storage):
    program = textwrap.dedent(
        f"""
        import sys, time
        from pathlib import Path
        sys.path.insert(0, {os.path.dirname(__file__)!r})
        from bag_bench import topic
        from theylive_ros.bags.recording import Recording
        from theylive_ros.bags.writer import Storage
        recording = Recording(Path({str(tmp_path / "bag")!r}), Storage({storage!r}))
        recording.announce(topic("/target", {KIND!r}))
        number = 0
        while True:
            recording.put("/target", 10**18 + number, number.to_bytes(4, "little") * 100)
            number += 1
            if number % 100 == 0:
                print(number, flush=True)
            time.sleep(0.002)
        """
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        for line in process.stdout:
            if int(line) >= 1200:
                break
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()
    messages, damage = read(tmp_path / "bag")
    assert len(messages) > 300
    assert [int.from_bytes(data[:4], "little") for _, _, data in messages] == list(range(len(messages)))
    assert damage


def test_topics_are_chosen_and_a_start_is_kept(tmp_path):
    folder = record_rig(tmp_path / "bag", frames=10)
    with BagReader(folder) as reader:
        assert [m.topic for m in reader.messages(["/target"])] == ["/target"] * 10
        late = [m.stamp for m in reader.messages(start=BEGIN + 200_000_000)]
        assert late
        assert min(late) >= BEGIN + 200_000_000
        assert list(reader.messages([])) == []


def test_a_message_that_is_no_such_message_is_named(tmp_path):
    ours(tmp_path / "bag", 1)
    with BagReader(tmp_path / "bag") as reader:
        (message,) = reader.messages()
        with pytest.raises(BagError, match=r"/target: a message at 1000000000000000000 is no theylive_msgs/msg/Target"):
            reader.decode(message)
