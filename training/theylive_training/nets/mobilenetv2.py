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

"""MobileNetV2 (Sandler et al. 2018) for one head at most: its class, and where its centre is.

The class comes from the mean of the last features, as in the paper. A mean forgets places, so the centre comes from the features at stride
16: a map of how likely the centre is in each cell, through a softmax, weighs the cells' places (a "soft argmax"). All of it is made of
operators that the Edge TPU has.
"""

from __future__ import annotations

import os
import warnings
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # else TensorFlow tells at length what it found in the machine

import keras
import numpy as np

from theylive_training.errors import TrainingError
from theylive_training.nets.spec import NetSpec

SCORES, CENTRE = "scores", "centre"
_MOMENTUM = 0.9  # of the normalisations' statistics; Keras' own 0.999 would take thousands of steps to forget their start
_PLACE_FEATURES = "block_13_expand_relu"  # the last ones at stride 16
_PLACE_CHANNELS = 64
_PUBLISHED_WIDTHS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)


def build(spec: NetSpec) -> keras.Model:
    """The net with random weights. Picture: float32 (n, side, side, 3) RGB in 0..1. Outputs: the probabilities of spec.kind.labels (n, 3)
    and the head's centre x, y as shares of the picture (n, 2), which means nothing where there is no head.

    Keras' global seed (keras.utils.set_random_seed) decides its weights.
    """
    layers = keras.layers
    trunk = _trunk(spec)
    pooled = layers.GlobalAveragePooling2D(name="pooled")(trunk.output)
    scores = layers.Dense(len(spec.kind.labels), activation="softmax", name=SCORES)(pooled)
    places = trunk.get_layer(_PLACE_FEATURES).output
    places = layers.Conv2D(_PLACE_CHANNELS, 1, use_bias=False, name="place_features")(places)
    places = layers.BatchNormalization(momentum=_MOMENTUM, name="place_norm")(places)
    places = layers.ReLU(6.0, name="place_relu")(places)
    places = layers.Conv2D(1, 1, name="place_map")(places)
    cells = spec.side // 16
    places = layers.Softmax(name="place_shares")(layers.Reshape((cells * cells,), name="place_row")(places))
    centre = layers.Dense(2, name=CENTRE)(places)
    net = keras.Model(trunk.input, [scores, centre], name=spec.kind.stem)
    net.get_layer(CENTRE).set_weights([_cells(cells), np.full(2, 0.5)])
    return net


def load_weights(net: keras.Model, path: Path) -> None:
    """Give a net of `build` the weights of a run. Raises TrainingError for another file, or another net's weights."""
    try:
        _load_strictly(net, path)
    except Exception as cause:  # Keras raises whatever it likes for a file that is not its own
        raise TrainingError(f"{path} holds no weights of this net ({type(cause).__name__}): train again") from cause


def trunk_layers(net: keras.Model) -> list[keras.Layer]:
    """The layers of the published net, without our heads: what `load_trunk` fills."""
    ours = (SCORES, CENTRE, "pooled", "place_")
    return [layer for layer in net.layers if not layer.name.startswith(ours)]


def load_trunk(net: keras.Model, spec: NetSpec, weights: Path) -> None:
    """Give the net's trunk the weights of a Keras MobileNetV2 without its top, as a .h5, .weights.h5 or .keras file of the same width.

    Those of keras.applications are meant for pictures in -1..1: they are rewritten for 0..1. Raises TrainingError.
    """
    given = keras.applications.MobileNetV2((spec.side, spec.side, 3), alpha=spec.channels, include_top=False, weights=None)
    try:
        _load_strictly(given, weights)
    except Exception as cause:  # Keras raises whatever it likes for another file
        raise TrainingError(
            f"{weights} holds no MobileNetV2 of width {spec.channels:g} without its top ({type(cause).__name__}): give the file of "
            "keras.applications, mobilenet_v2_weights_tf_dim_ordering_tf_kernels_*_no_top.h5"
        ) from cause
    _adopt(net, given)


def load_imagenet(net: keras.Model, spec: NetSpec) -> None:
    """Give the net's trunk the weights that Keras offers, learned on ImageNet; they are fetched once. Raises TrainingError."""
    if spec.channels not in _PUBLISHED_WIDTHS:
        raise TrainingError(f"there are no ImageNet weights for a width of {spec.channels:g}: choose one of {_PUBLISHED_WIDTHS}")
    try:
        given = keras.applications.MobileNetV2((224, 224, 3), alpha=spec.channels, include_top=False, weights="imagenet")
    except Exception as cause:  # no network, another proxy, a damaged download: Keras raises a plain Exception
        raise TrainingError(
            f"the ImageNet weights cannot be fetched ({type(cause).__name__}): give their file as --weights, or train without"
        ) from cause
    _adopt(net, given)


def _load_strictly(net: keras.Model, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)  # of layers that the file does not have Keras only warns
        net.load_weights(path)


def _trunk(spec: NetSpec) -> keras.Model:
    trunk = keras.applications.MobileNetV2((spec.side, spec.side, 3), alpha=spec.channels, include_top=False, weights=None)
    for layer in trunk.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = _MOMENTUM
    return trunk


def _adopt(net: keras.Model, given: keras.Model) -> None:
    for ours, theirs in zip(trunk_layers(net), given.layers, strict=True):
        ours.set_weights(theirs.get_weights())
    # Theirs see 2 x - 1 where ours see x: twice the first kernel does the 2 x, and the normalisation behind it takes off what the -1 adds.
    # Only the padding at the picture's edge, grey to theirs and black to ours, stays different.
    (kernel,) = net.get_layer("Conv1").get_weights()
    scale, shift, mean, variance = net.get_layer("bn_Conv1").get_weights()
    net.get_layer("Conv1").set_weights([2 * kernel])
    net.get_layer("bn_Conv1").set_weights([scale, shift, mean + kernel.sum((0, 1, 2)), variance])


def _cells(side: int) -> np.ndarray:
    """Where the cells of a square map are, row by row, from the middle of the picture in shares of its side: x, y (side * side, 2)."""
    rows, columns = (np.mgrid[:side, :side].reshape(2, -1) + 0.5) / side - 0.5
    return np.stack([columns, rows], axis=1)
