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

"""Settings accept what they declare and refuse the rest in words a person can act on."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theylive_ros.settings import check, check_value, setting, setting_type


@dataclasses.dataclass
class Config:
    rate: float = setting(30.0, "Frames", unit="Hz", low=1.0, high=120.0)
    count: int = setting(3, "Hits", low=0)
    most: float = setting(1.0, "Top", high=2.0)
    flag: bool = setting(True, "Whether")
    mode: str = setting("fast", "How", choices=("fast", "slow"), read_only=True)
    name: str = setting("", "Anything")
    labels: list[str] = setting(["alien"], "Whom")
    weights: list[float] = setting([0.5], "How much", low=0.0, high=1.0)


def refusal(name, value):
    with pytest.raises(ValueError, match=f"^{name} is ") as caught:
        check_value(Config, name, value)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_defaults_pass():
    check(Config())


@given(st.floats(1.0, 120.0) | st.integers(1, 120))
def test_every_number_in_range_passes_and_an_int_does_for_a_float(value):
    check_value(Config, "rate", value)


@given(st.floats(allow_nan=True, allow_infinity=True).filter(lambda v: not 1.0 <= v <= 120.0))
def test_every_number_out_of_range_is_refused_with_range_and_unit(value):
    assert "from 1.0 to 120.0 Hz" in refusal("rate", value)


def test_nan_and_infinity_do_not_slip_through_a_one_sided_range():
    assert "at most 2.0" in refusal("most", math.nan)
    assert "at most 2.0" in refusal("most", math.inf)


@given(st.integers(max_value=-1))
def test_a_one_sided_range_names_its_side(value):
    assert "at least 0" in refusal("count", value)


@given(
    st.sampled_from(["rate", "count", "flag", "mode", "labels", "weights"]), st.none() | st.binary() | st.dictionaries(st.text(), st.text())
)
def test_values_of_no_fitting_type_are_refused(name, value):
    refusal(name, value)


@pytest.mark.parametrize("name", ["rate", "count"])
def test_a_bool_is_no_number(name):
    refusal(name, True)


def test_a_number_is_no_bool_and_a_float_is_no_int():
    refusal("flag", 1)
    refusal("count", 2.0)


@given(st.text().filter(lambda word: word not in ("fast", "slow")))
def test_a_word_that_is_no_choice_is_refused_with_the_choices(word):
    assert "one of fast, slow" in refusal("mode", word)


@given(st.lists(st.text()))
def test_lists_of_the_declared_type_pass(words):
    check_value(Config, "labels", words)


@given(st.lists(st.floats(0, 1)), st.floats(max_value=-1e-9))
def test_one_unfit_item_spoils_a_list(good, bad):
    refusal("weights", [*good, bad])
    refusal("labels", ["alien", 3])


def test_a_word_is_no_list_of_words():
    refusal("labels", "alien")


def test_the_first_unfit_field_is_named_with_the_callers_prefix():
    with pytest.raises(ValueError, match=r"^detector\.count is -1; it must be int of at least 0"):
        check(Config(count=-1, mode="odd"), prefix="detector.")


def test_instances_do_not_share_their_lists():
    one, other = Config(), Config()
    one.labels.append("john")
    assert other.labels == ["alien"]


def test_the_declared_types_are_real_types():
    assert setting_type(Config, "rate") is float
    assert setting_type(Config, "labels") == list[str]


def test_metadata_carries_what_a_parameter_descriptor_needs():
    (field,) = (f for f in dataclasses.fields(Config) if f.name == "mode")
    assert dict(field.metadata) == {
        "description": "How",
        "unit": "",
        "low": None,
        "high": None,
        "choices": ("fast", "slow"),
        "read_only": True,
    }
