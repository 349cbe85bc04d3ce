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

"""What is recorded stands in a file that rosbag2's own recorder takes, too; what is wrong in it is named."""

import pytest
import yaml

pytest.importorskip("rosbags", reason="recordings need rosbags: pip install 'rosbags<0.12'")
pytest.importorskip("mcap", reason="recordings need mcap: pip install 'mcap>=1.6,<2'")

from theylive_ros.bags.errors import BagError
from theylive_ros.bags.profile import Wanted, load_overrides, load_profile
from theylive_ros.bags.writer import Storage
from theylive_ros.share import share_path

# The parameters of rosbag2_transport's recorder, and the words of its QoS overrides, as far as they stand in our files.
ROSBAG2 = {
    "record": {"topics": list, "qos_profile_overrides_path": str},
    "storage": {"storage_id": str, "storage_preset_profile": str, "max_bagfile_size": int, "max_bagfile_duration": int},
}


def test_the_shipped_profile_records_what_a_replay_and_a_diagnosis_need():
    profile = load_profile(share_path("config", "record.yaml"))
    assert {"image_raw/compressed", "image_raw", "detections", "target", "joint_states", "laser", "/diagnostics"} <= set(profile.topics)
    assert profile.storage == Storage("mcap", False, 10**9, 300.0)
    assert profile.wanted("image_raw") == Wanted("keep_last", 120, "best_effort", "volatile")
    assert profile.wanted("laser").durability == "transient_local"
    assert profile.wanted("target") == Wanted()


def test_rosbag2s_recorder_takes_the_shipped_profile():
    (section,) = yaml.safe_load(share_path("config", "record.yaml").read_text()).values()
    told = section["ros__parameters"]
    assert {part: {name: type(value) for name, value in values.items()} for part, values in told.items()} == ROSBAG2
    overrides = yaml.safe_load(share_path("config", "record_qos.yaml").read_text())
    assert all(name.startswith("/") for name in overrides)
    assert all(set(values) == {"history", "depth", "reliability", "durability"} for values in overrides.values())


def profile(tmp_path, record=None, storage=None, **more):
    facts = {"record": {"topics": ["a"], **(record or {})}, "storage": storage or {}, **more}
    (tmp_path / "p.yaml").write_text(yaml.safe_dump({"/**": {"ros__parameters": facts}}))
    return tmp_path / "p.yaml"


def test_a_topic_is_named_once_and_storage_is_as_it_says(tmp_path):
    path = profile(tmp_path, {"topics": ["a", "/b", "a"]}, {"storage_id": "sqlite3", "max_bagfile_size": 5, "max_bagfile_duration": 2})
    assert load_profile(path).topics == ("a", "/b")
    assert load_profile(path).storage == Storage("sqlite3", False, 5, 2.0)
    assert load_profile(profile(tmp_path, storage={"storage_preset_profile": "zstd_fast"})).storage.compress


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"record": {"topics": []}}, "record.topics must be a list of topic names"),
        ({"record": {"topics": [3]}}, "record.topics must be a list of topic names"),
        ({"record": {"topics": "a"}}, "record.topics is 'a'; it must be of type list"),
        ({"record": {"all_topics": True}}, "no record.all_topics is known here; there are: topics, qos_profile_overrides_path"),
        ({"record": {"qos_profile_overrides_path": "none.yaml"}}, "none.yaml cannot be read"),
        ({"storage": {"storage_id": "tape"}}, "storage.storage_id is 'tape'; it must be one of mcap, sqlite3"),
        ({"storage": {"storage_preset_profile": "best"}}, "it must be one of none, zstd_fast"),
        ({"storage": {"max_bagfile_size": -1}}, "must be 0 or more"),
        ({"storage": {"max_bagfile_size": True}}, "must be of type int"),
        ({"play": {}}, "play is nothing that is known here; there are: record, storage"),
    ],
)
def test_what_is_wrong_in_a_profile_is_named(tmp_path, changes, says):
    with pytest.raises(BagError, match=r"\.yaml") as error:
        load_profile(profile(tmp_path, **changes))
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "- a", "a: {b: {}}", "{", "\udcff"])
def test_what_is_no_profile_is_refused(tmp_path, text):
    (tmp_path / "p.yaml").write_text(text, errors="surrogateescape")
    with pytest.raises(BagError, match=r"p\.yaml"):
        load_profile(tmp_path / "p.yaml")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"depth": 0}, "depth is 0; it must be from 1 to 10000"),
        ({"reliability": "sometimes"}, "reliability is 'sometimes'; it must be one of reliable, best_effort"),
        ({"colour": "red"}, "no policy 'colour' is known here; there are: history, reliability, durability, depth"),
        (3, "must hold policies such as reliability: best_effort"),
    ],
)
def test_what_is_wrong_in_an_override_is_named(tmp_path, values, says):
    (tmp_path / "q.yaml").write_text(yaml.safe_dump({"/a": values}))
    with pytest.raises(BagError) as error:
        load_overrides(tmp_path / "q.yaml")
    assert says in str(error.value)
