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

"""What the detectors of this package are: a network, and a way to read its outputs."""

from __future__ import annotations

import abc
from typing import Any, ClassVar

from theylive_ros.detector.interface import Detector, DetectorError
from theylive_ros.detector.network import Network, open_network


class NetworkDetector(Detector):
    """Holds the network. A subclass names its architecture and default model, prepares to read the outputs, and detects."""

    architecture: ClassVar[str]
    default_model: ClassVar[str]

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self._network: Network | None = None

    def load(self) -> None:
        """Read the model and take the device. Raises DetectorError."""
        self.close()
        self.hold(open_network(self.config, self.default_model, self.architecture))

    def hold(self, network: Network) -> None:
        """Take a network that is open already, in place of `load`; it is closed with the detector. Raises DetectorError."""
        self.close()
        try:
            self.prepare(network)
        except Exception:
            network.close()
            raise
        self._network = network

    @abc.abstractmethod
    def prepare(self, network: Network) -> None:
        """Look at the outputs of a network that was just opened. Raises DetectorError for outputs that cannot be read."""

    @property
    def network(self) -> Network:
        """The network. Raises DetectorError before load() and after close()."""
        if self._network is None:
            raise DetectorError("the detector is not loaded: call load() first")
        return self._network

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels that the model can name, in the order of its classes."""
        return self.network.labels

    @property
    def device(self) -> str:
        """Where the model runs, in words."""
        return self.network.device

    def close(self) -> None:
        """Release the device. Safe to call twice, and when never loaded."""
        if self._network is not None:
            self._network.close()
        self._network = None
