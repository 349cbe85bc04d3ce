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

"""A recording of ours is what everybody else reads: bit for bit, by rosbags, by the makers of mcap, by Humble's rules."""

import json
import sqlite3

import pytest
import yaml
from bag_bench import no_file_longer_than, qos, topic
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mcap.reader import make_reader
from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import Reader

from theylive_ros.bags.definitions import Definitions, installed_folder
from theylive_ros.bags.errors import BagError
from theylive_ros.bags.reader import BagReader
from theylive_ros.bags.writer import BagWriter, Storage

STORAGES = [Storage("mcap"), Storage("mcap", compress=True), Storage("sqlite3")]
IMAGE, TARGET = "sensor_msgs/msg/Image", "theylive_msgs/msg/Target"
# What rosbag2 of Humble asks of the metadata; more than that it does not look at.
HUMBLE = {
    "version": int,
    "storage_identifier": str,
    "duration": dict,
    "starting_time": dict,
    "message_count": int,
    "topics_with_message_count": list,
    "relative_file_paths": list,
    "compression_format": str,
    "compression_mode": str,
    "files": list,
}
HUMBLE_TOPIC = {"name": str, "type": str, "serialization_format": str, "offered_qos_profiles": str}


def stored(storage):
    return f"{storage.kind}{'-zstd' if storage.compress else ''}"


each_storage = pytest.mark.parametrize("storage", STORAGES, ids=stored)


def write(folder, messages, storage=None, custom=None):
    writer = BagWriter(folder, storage, custom)
    numbers = {
        "/image_raw": writer.add_topic(topic("/image_raw", IMAGE, qos(reliable=False, depth=1))),
        "/target": writer.add_topic(topic("/target", TARGET)),
    }
    writer.add_topic(topic("/silent", TARGET, qos(latched=True)))
    for name, stamp, data in messages:
        writer.write(numbers[name], stamp, data)
    writer.close()
    return folder


def some_messages(count=50, size=20_000):
    return [(("/image_raw", "/target")[i % 2], 10**18 + i * 10**7, bytes([i]) * (size + i)) for i in range(count)]


def by_rosbags(folder):
    with Reader(folder) as reader:
        return [(c.topic, stamp, bytes(data)) for c, stamp, data in reader.messages()]


def by_mcap(folder):
    found = []
    for path in sorted(folder.glob("*.mcap")):
        with path.open("rb") as file:
            reader = make_reader(file, validate_crcs=True)
            found += [(channel.topic, message.log_time, message.data) for _, channel, message in reader.iter_messages()]
    return found


def by_us(folder):
    with BagReader(folder) as reader:
        return [tuple(message) for message in reader.messages()]


@each_storage
def test_rosbags_reads_every_message_bit_for_bit(tmp_path, storage):
    sent = some_messages()
    folder = write(tmp_path / "bag", sent, storage)
    assert by_rosbags(folder) == sent
    assert by_us(folder) == sent
    with AnyReader([folder]) as reader:
        assert reader.message_count == len(sent)
        assert (reader.start_time, reader.end_time) == (sent[0][1], sent[-1][1] + 1)


@pytest.mark.parametrize("compress", [False, True])
def test_the_makers_of_mcap_read_every_message_bit_for_bit(tmp_path, compress):
    sent = some_messages(200)
    folder = write(tmp_path / "bag", sent, Storage("mcap", compress=compress))
    assert by_mcap(folder) == sent


def test_mcap_files_tell_types_qos_and_hashes_in_themselves(tmp_path):
    folder = write(tmp_path / "bag", some_messages(4), custom={"namespace": "/rig"})
    with (folder / "bag_0.mcap").open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        header, summary = reader.get_header(), reader.get_summary()
        (told,) = (m.metadata["serialized_metadata"] for m in reader.iter_metadata())
    assert header.profile == "ros2"
    channels = {c.topic: c for c in summary.channels.values()}
    assert channels["/image_raw"].message_encoding == "cdr"
    assert yaml.safe_load(channels["/image_raw"].metadata["offered_qos_profiles"])[0]["reliability"] == 2
    assert channels["/target"].metadata["topic_type_hash"].startswith("RIHS01_")
    schema = summary.schemas[channels["/target"].schema_id]
    assert (schema.name, schema.encoding) == (TARGET, "ros2msg")
    assert b"MSG: theylive_msgs/Track" in schema.data
    assert yaml.safe_load(told)["custom_data"] == {"namespace": "/rig"}
    assert {t: summary.statistics.channel_message_counts.get(c.id, 0) for t, c in channels.items()} == {
        "/image_raw": 2,
        "/target": 2,
        "/silent": 0,
    }


@each_storage
def test_the_metadata_holds_all_that_humble_asks_for(tmp_path, storage):
    folder = write(tmp_path / "bag", some_messages(), storage)
    facts = yaml.safe_load((folder / "metadata.yaml").read_text())["rosbag2_bagfile_information"]
    assert {name: type(facts[name]) for name in HUMBLE} == HUMBLE
    assert 5 <= facts["version"] < 9  # 9 writes the QoS as no older one reads it
    for entry in facts["topics_with_message_count"]:
        told = entry["topic_metadata"]
        assert {name: type(told[name]) for name in HUMBLE_TOPIC} == HUMBLE_TOPIC
        profile = yaml.safe_load(told["offered_qos_profiles"])[0]
        assert all(type(profile[name]) is int for name in ("history", "depth", "reliability", "durability", "liveliness"))
        assert profile["deadline"] == {"sec": 9223372036, "nsec": 854775807}
    assert sum(f["message_count"] for f in facts["files"]) == facts["message_count"] == 50
    assert isinstance(facts["custom_data"], dict)  # Jazzy wants a map, and no null
    assert isinstance(facts["ros_distro"], str)


def test_the_tables_are_those_that_humble_selects_from(tmp_path):
    folder = write(tmp_path / "bag", some_messages(10), Storage("sqlite3"))
    connection = sqlite3.connect(folder / "bag_0.db3")
    try:
        rows = connection.execute("SELECT name, type, serialization_format, offered_qos_profiles FROM topics ORDER BY id").fetchall()
        query = "SELECT data, timestamp, topics.name, messages.id FROM messages JOIN topics ON messages.topic_id = topics.id"
        messages = connection.execute(f"{query} ORDER BY messages.timestamp").fetchall()
        assert connection.execute("SELECT ros_distro FROM schema").fetchone()
    finally:
        connection.close()
    assert [row[0] for row in rows] == ["/image_raw", "/target", "/silent"]
    assert [(name, stamp, data) for data, stamp, name, _ in messages] == some_messages(10)


@each_storage
@pytest.mark.parametrize("limit", [{"max_size": 200_000}, {"max_duration": 0.1}], ids=["size", "duration"])
def test_a_long_recording_is_split_and_every_file_is_whole_by_itself(tmp_path, storage, limit):
    sent = some_messages()
    chosen = Storage(storage.kind, storage.compress, **{"max_size": 0, "max_duration": 0.0, **limit})
    if storage.compress and "max_size" in limit:
        sent = [(name, stamp, bytes(range(256)) * 100 * (1 + i % 2)) for i, (name, stamp, _) in enumerate(sent)]
    folder = write(tmp_path / "bag", sent, chosen)
    files = sorted(p for p in folder.iterdir() if p.suffix in (".mcap", ".db3"))
    assert len(files) > 3
    assert by_rosbags(folder) == sent
    assert by_us(folder) == sent
    assert [m for path in sorted(files, key=lambda p: int(p.stem.rpartition("_")[2])) for m in by_us(path)] == sent
    with BagReader(files[-1]) as reader:
        assert reader.topics["/target"].definition


@each_storage
def test_what_was_flushed_outlives_a_recorder_that_is_killed(tmp_path, storage):
    sent = some_messages(30)
    writer = BagWriter(tmp_path / "bag", storage)
    number = writer.add_topic(topic("/image_raw", IMAGE))
    for _, stamp, data in sent[:20]:
        writer.write(number, stamp, data)
    writer.flush()
    for _, stamp, data in sent[20:]:
        writer.write(number, stamp, data)
    # as if it ended here: nothing is closed
    with BagReader(tmp_path / "bag") as reader:
        left = [m.data for m in reader.messages()]
        assert left == [data for _, _, data in sent[:20]]
        assert any("metadata" in line for line in reader.damage)
    writer.close()
    with BagReader(tmp_path / "bag") as reader:
        assert reader.count == 30
        assert not reader.damage


@pytest.mark.parametrize("name", [IMAGE, TARGET, "diagnostic_msgs/msg/DiagnosticArray", "theylive_msgs/msg/LaserState"])
def test_the_hash_of_a_type_is_the_one_that_ros_computes(name):
    package, kind, short = name.split("/")
    described = installed_folder(package) / kind / f"{short}.json"
    if not described.is_file():
        pytest.skip(f"this ROS 2 installs no {described.name}")
    (wanted,) = (t["hash_string"] for t in json.loads(described.read_text())["type_hashes"] if t["type_name"] == name)
    assert Definitions().find(name).digest == wanted


def test_a_type_that_is_not_installed_is_named_with_its_cure():
    with pytest.raises(BagError, match="ROS package no_such_msgs is not installed here: install it, or leave out its topics"):
        Definitions().find("no_such_msgs/msg/Thing")
    with pytest.raises(BagError, match=r"std_msgs/msg/NoSuch has no file .*NoSuch.msg"):
        Definitions().find("std_msgs/msg/NoSuch")
    with pytest.raises(BagError, match="is no message type"):
        Definitions().find("Header")


def test_nothing_is_overwritten(tmp_path):
    write(tmp_path / "bag", some_messages(2))
    with pytest.raises(BagError, match="is already there: choose another name"):
        BagWriter(tmp_path / "bag")
    assert len(by_us(tmp_path / "bag")) == 2


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BagError, match="cannot be made"):
        BagWriter(tmp_path / "file" / "bag")


@pytest.mark.parametrize("room_again", [False, True])
def test_a_full_disk_is_said_and_what_was_written_before_is_kept(tmp_path, room_again):
    sent = some_messages(10)
    writer = BagWriter(tmp_path / "bag")
    number = writer.add_topic(topic("/image_raw", IMAGE))
    for _, stamp, data in sent:
        writer.write(number, stamp, data)
    writer.flush()
    with no_file_longer_than((tmp_path / "bag" / "bag_0.mcap").stat().st_size + 5000):
        writer.write(number, sent[-1][1], b"x" * 20_000)
        with pytest.raises(BagError, match="File too large"):
            writer.flush()
        if not room_again:
            with pytest.raises(BagError, match="make room"):
                writer.close()
    if room_again:
        with pytest.raises(BagError, match="a part of it is lost"):
            writer.close()
    with BagReader(tmp_path / "bag") as reader:
        assert [m.data for m in reader.messages()] == [data for _, _, data in sent]
        assert "bag_0.mcap: has no end: its recorder was cut short, or still writes" in reader.damage


def test_sqlite3_is_not_compressed_and_other_storages_are_not_known(tmp_path):
    with pytest.raises(BagError, match="only mcap files are compressed"):
        BagWriter(tmp_path / "bag", Storage("sqlite3", compress=True))
    with pytest.raises(BagError, match="no storage 'tape'; there are: mcap, sqlite3"):
        BagWriter(tmp_path / "bag", Storage("tape"))


@each_storage
def test_an_empty_recording_is_one(tmp_path, storage):
    folder = write(tmp_path / "bag", [], storage)
    assert by_rosbags(folder) == by_us(folder) == []


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    messages=st.lists(
        st.tuples(st.sampled_from(["/image_raw", "/target"]), st.integers(1, 2**62), st.binary(min_size=1, max_size=3000)), max_size=40
    ),
    storage=st.sampled_from(STORAGES),
    split=st.sampled_from([0, 2000]),
)
def test_whatever_is_written_is_read_whatever_its_stamps(tmp_path_factory, messages, storage, split):
    folder = tmp_path_factory.mktemp("bags") / "bag"
    write(folder, messages, Storage(storage.kind, storage.compress, max_size=split))
    assert sorted(by_us(folder)) == sorted(messages)
    if storage.kind == "mcap":
        assert sorted(by_mcap(folder)) == sorted(messages)
