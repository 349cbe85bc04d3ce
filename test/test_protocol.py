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

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from theylive_ros.controller import protocol as p

numbers = st.integers(-(10**18) + 1, 10**18 - 1)
times = st.integers(0, 10**15)
seqs = st.integers(0, p.SEQUENCES - 1)
words = st.from_regex(r"[a-z_]{1,20}", fullmatch=True)
texts = st.text(max_size=300).map(p.clean)
flags = st.booleans()
small = st.integers(-(10**6), 10**6)
segments = st.tuples(*[st.integers(-(10**9), 10**9)] * 9).map(lambda t: p.WireSegment(*t))

commands = st.one_of(
    st.builds(p.Hello, numbers),
    st.builds(p.Move, flags, times, st.lists(segments, min_size=1, max_size=p.MAX_SEGMENTS).map(tuple)),
    st.builds(p.Light, times),
    st.sampled_from([p.Stop(), p.Brake(), p.Home(), p.Reference(), p.Reset(), p.Query(), p.Bye()]),
)
faults = st.one_of(st.just(("", "")), st.tuples(words, texts))
replies = st.one_of(
    st.builds(p.Welcome, small, small, flags, flags, times, times, small, small, small, small),
    st.builds(
        lambda head, bits, tail, fault: p.Report(*head, *bits, *tail, *fault),
        st.tuples(small, times, numbers, numbers),
        st.tuples(*[flags] * 7),
        st.tuples(times, times, times, small, small),
        faults,
    ),
    st.builds(p.Refusal, small, words, texts),
    st.builds(p.Notice, words, texts),
)
messages = st.one_of(commands.map(lambda m: (m, p.PLANNER)), replies.map(lambda m: (m, p.CONTROLLER)))


@given(messages, seqs)
def test_what_is_written_is_read_back_the_same(message, seq):
    said, sender = message
    line = p.encode(said, seq)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert len(line) <= p.MAX_LINE
    got = p.decode(line[:-1], sender)
    assert got == (seq, said)
    assert type(got.message) is type(said)


@given(messages, seqs, st.data())
def test_one_damaged_byte_never_makes_another_valid_line(message, seq, data):
    said, sender = message
    line = bytearray(p.encode(said, seq))
    at = data.draw(st.integers(0, len(line) - 1))
    line[at] = data.draw(st.integers(0, 255).filter(lambda b: b != line[at]))
    decoder = p.Decoder(sender)
    for item in decoder.feed(bytes(line)) + decoder.feed(b"\n"):
        assert isinstance(item, p.ProtocolError)


@given(st.lists(st.one_of(st.binary(max_size=60), commands.map(lambda m: p.encode(m, 7))), max_size=8), st.integers(1, 50))
def test_garbage_gives_protocol_errors_and_nothing_else(chunks, cut):
    stream = b"".join(chunks)
    decoder = p.Decoder(p.PLANNER)
    for i in range(0, len(stream), cut):
        for item in decoder.feed(stream[i : i + cut]):
            assert isinstance(item, p.Received | p.ProtocolError)


@given(st.text(alphabet="><*0123456789ABCDEF -MOVELIGHTSTU\n.+_", max_size=120))
def test_lines_that_only_look_right_are_refused(text):
    body = b">" + text.encode()
    try:
        got = p.decode(b"%s*%04X" % (body, p.checksum(body)), p.PLANNER)
    except p.ProtocolError:
        return
    assert p.encode(got.message, got.seq)[:-1].startswith(body)


@given(st.lists(commands, min_size=1, max_size=5), st.integers(1, 30))
def test_lines_survive_any_cutting_of_the_stream(said, cut):
    stream = b"\n" + b"".join(p.encode(m, i) for i, m in enumerate(said))
    decoder = p.Decoder(p.PLANNER)
    got = [item for i in range(0, len(stream), cut) for item in decoder.feed(stream[i : i + cut])]
    assert got == [p.Received(i, m) for i, m in enumerate(said)]


def test_a_garbled_start_costs_only_the_line_it_touches():
    decoder = p.Decoder(p.PLANNER)
    bad, good = decoder.feed(b"\xff\x00boot" + p.encode(p.Query(), 4) + p.encode(p.Stop(), 5))
    assert isinstance(bad, p.ProtocolError)
    assert good == p.Received(5, p.Stop())


def test_an_overlong_line_is_reported_once_and_dropped_to_its_end():
    decoder = p.Decoder(p.PLANNER)
    errors = [item for _ in range(5) for item in decoder.feed(b"x" * 3000)]
    assert [type(e) for e in errors] == [p.OverlongError]
    assert decoder.feed(b"tail\n" + p.encode(p.Query(), 0)) == [p.Received(0, p.Query())]


@pytest.mark.parametrize(("first", "second", "fits"), [(0, 1, True), (65535, 0, True), (3, 3, False), (3, 5, False), (3, 2, False)])
def test_numbers_must_follow_each_other(first, second, fits):
    decoder = p.Decoder(p.PLANNER)
    decoder.feed(p.encode(p.Query(), first))
    (item,) = decoder.feed(p.encode(p.Light(5), second))
    assert isinstance(item, p.Received if fits else p.SequenceError)
    (after,) = decoder.feed(p.encode(p.Query(), second + 1))
    assert isinstance(after, p.Received)  # the numbering goes on from what came


def test_a_greeting_starts_the_numbering_anew():
    decoder = p.Decoder(p.PLANNER)
    decoder.feed(p.encode(p.Query(), 900))
    assert decoder.feed(p.encode(p.Hello(2), 0)) == [p.Received(0, p.Hello(2))]


def test_test_vectors_for_firmware():
    assert p.checksum(b"123456789") == 0x29B1
    assert p.encode(p.Light(1050000), 7) == b">7 LIGHT 1050000*FC9C\n"
    move = p.Move(True, 1000000, (p.WireSegment(20000, 0, 0, 5000000, -7000, 0, 0, 0, 0),))
    assert p.encode(move, 8) == b">8 MOVE 1 1000000 1 20000 0 0 5000000 -7000 0 0 0 0*69A0\n"


def test_what_does_not_fit_a_line_is_refused_before_it_is_sent():
    long = p.WireSegment(*[10**17] * 9)
    with pytest.raises(ValueError, match="fewer segments"):
        p.encode(p.Move(True, 0, (long,) * p.MAX_SEGMENTS), 0)
    with pytest.raises(ValueError, match="1 to 32 segments"):
        p.encode(p.Move(True, 0, ()), 0)
    with pytest.raises(ValueError, match="too large"):
        p.encode(p.Light(10**18), 0)


def test_the_page_lists_every_verb_and_every_code_of_a_refusal():
    root = Path(__file__).resolve().parents[1]
    page = (root / "docs" / "controller.md").read_text()
    sources = "".join(path.read_text() for path in sorted((root / "theylive_ros" / "controller").glob("*.py")))
    codes = set(re.findall(r'(?:RefusedError|Refusal)\((?:\w+, )?"([a-z_]+)"', sources)) | set(
        re.findall(r'^    code = "([a-z_]+)"', sources, re.M)
    )
    assert len(codes) > 15
    assert [code for code in sorted(codes - {"protocol"}) if f"`{code}`" not in page] == []
    verbs = set(re.findall(r'"([A-Z]{3,10})"', (root / "theylive_ros" / "controller" / "protocol.py").read_text()))
    assert [verb for verb in sorted(verbs) if f"`{verb}" not in page] == []
