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

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from theylive_ros.detector.nms import nms, vote

places = st.integers(0, 30)
box = st.tuples(places, places, st.integers(1, 15), st.integers(1, 15)).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))
head = st.tuples(box, st.integers(0, 8), st.integers(0, 2))
thresholds = st.sampled_from([0.0, 0.3, 0.5, 0.9, 1.0])


def iou(box, boxes):
    """Intersection over union of one box with each of boxes, by its definition."""
    overlap = np.maximum(np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2]), 0.0).prod(axis=1)
    size = np.maximum(boxes[:, 2:] - boxes[:, :2], 0.0).prod(axis=1)
    total = np.maximum(box[2:] - box[:2], 0.0).prod() + size - overlap
    return np.divide(overlap, total, out=np.zeros_like(overlap), where=total > 0)


def arrays(heads):
    boxes = np.array([h[0] for h in heads], np.float32).reshape(-1, 4)
    return boxes, np.array([h[1] / 8 for h in heads], np.float32), np.array([h[2] for h in heads], np.intp)


def content(boxes, scores, classes, kept):
    return [(*boxes[i], scores[i], classes[i]) for i in kept]


@given(st.lists(head, max_size=40), thresholds)
def test_no_two_kept_boxes_of_a_class_overlap_beyond_the_threshold(heads, threshold):
    boxes, scores, classes = arrays(heads)
    kept = nms(boxes, scores, classes, threshold, 1000)
    for n, i in enumerate(kept):
        rest = [j for j in kept[n + 1 :] if classes[j] == classes[i]]
        assert (iou(boxes[i], boxes[rest]) <= threshold).all()


@given(st.lists(head, max_size=40), thresholds)
def test_every_dropped_box_overlaps_a_better_kept_one(heads, threshold):
    boxes, scores, classes = arrays(heads)
    kept = set(nms(boxes, scores, classes, threshold, 1000).tolist())
    for i in set(range(len(heads))) - kept:
        better = [j for j in kept if classes[j] == classes[i] and scores[j] >= scores[i]]
        assert (iou(boxes[i], boxes[better]) > threshold).any()


@given(st.lists(head, max_size=25), thresholds, st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(heads, threshold, random):
    first = arrays(heads)
    shuffled = heads.copy()
    random.shuffle(shuffled)
    second = arrays(shuffled)
    assert content(*first, nms(*first, threshold, 1000)) == content(*second, nms(*second, threshold, 1000))


@given(st.lists(head, max_size=40), thresholds)
def test_a_second_pass_changes_nothing(heads, threshold):
    found = arrays(heads)
    kept = nms(*found, threshold, 1000)
    again = tuple(a[kept] for a in found)
    assert nms(*again, threshold, 1000).tolist() == list(range(len(kept)))


@given(st.lists(head, min_size=1, max_size=40), thresholds, st.integers(1, 5))
def test_the_best_is_kept_first_and_no_more_than_asked_for(heads, threshold, most):
    boxes, scores, classes = arrays(heads)
    kept = nms(boxes, scores, classes, threshold, most)
    assert scores[kept[0]] == scores.max()
    assert len(kept) <= most
    assert len(set(kept.tolist())) == len(kept)
    assert (np.diff(scores[kept]) <= 0).all()
    assert kept.tolist() == nms(boxes, scores, classes, threshold, 1000)[:most].tolist()


def test_an_alien_and_a_john_in_one_place_are_both_kept():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 10]], np.float32)
    assert sorted(nms(boxes, np.array([0.9, 0.8]), np.array([0, 1]), 0.5, 10)) == [0, 1]


def test_nothing_in_nothing_out():
    assert len(nms(np.zeros((0, 4)), np.zeros(0), np.zeros(0, np.intp), 0.5, 10)) == 0


def test_boxes_that_agree_vote_on_the_survivor_by_their_scores():
    boxes = np.array([[0, 0, 64, 64], [3, 0, 67, 64], [40, 0, 104, 64], [3, 3, 67, 67]], np.float32)
    scores, classes = np.array([0.9, 0.6, 0.8, 0.9], np.float32), np.array([0, 0, 0, 1])
    kept = nms(boxes, scores, classes, 0.5, 10)
    voted = dict(zip(kept.tolist(), vote(boxes, scores, classes, kept).tolist(), strict=True))
    assert np.allclose(voted[0], [1.2, 0, 65.2, 64])  # the third is another head, the fourth another label
    assert np.allclose(voted[2], boxes[2])
    assert np.allclose(voted[3], boxes[3])


def test_a_faint_box_is_not_heard():
    boxes = np.array([[0, 0, 64, 64], [3, 0, 67, 64]], np.float32)
    scores, classes = np.array([0.9, 0.4], np.float32), np.zeros(2, np.intp)
    kept = nms(boxes, scores, classes, 0.5, 10)
    assert vote(boxes, scores, classes, kept).tolist() == [boxes[0].tolist()]


@given(st.lists(head, max_size=40), thresholds)
def test_a_vote_moves_no_box_far_and_none_alone(heads, threshold):
    boxes, scores, classes = arrays(heads)
    kept = nms(boxes, scores, classes, threshold, 1000)
    voted = vote(boxes, scores, classes, kept)
    assert voted.shape == (len(kept), 4)
    for box, i in zip(voted, kept, strict=True):
        rest = np.delete(boxes[classes == classes[i]], np.flatnonzero(classes == classes[i]).tolist().index(i), axis=0)
        assert iou(box, boxes[i][None])[0] >= 0.7 or not boxes[i][2:].prod()
        if (iou(boxes[i], rest) < 0.8).all():
            assert np.allclose(box, boxes[i])


@given(hnp.arrays(np.float32, (3, 4), elements=st.integers(-5, 5).map(float)))
def test_boxes_without_area_hide_nothing_but_are_counted(boxes):
    boxes[1:, 2:] = np.minimum(boxes[1:, 2:], boxes[1:, :2])
    kept = nms(boxes, np.array([0.9, 0.8, 0.7], np.float32), np.zeros(3, np.intp), 0.5, 10)
    assert kept.tolist() == [0, 1, 2]
