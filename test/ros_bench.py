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

"""What node tests share: nodes spun in a thread over real DDS, and ears on their topics."""

from __future__ import annotations

import contextlib
import threading
import time

import pytest

rclpy = pytest.importorskip("rclpy", reason="needs ROS 2 (rclpy)")

from rclpy.action import ActionClient  # noqa: E402
from rclpy.executors import SingleThreadedExecutor  # noqa: E402
from rclpy.impl.implementation_singleton import rclpy_implementation  # noqa: E402
from rclpy.node import Node  # noqa: E402
from rclpy.signals import SignalHandlerOptions  # noqa: E402


class Ear:
    """Collects the messages of a topic, or of each what `keep` makes of it."""

    def __init__(self, bench, kind, topic, profile, keep=lambda message: message):
        self.messages = []
        self._keep = keep
        self._condition = threading.Condition()
        bench.ear_node.create_subscription(kind, topic, self._hear, profile)

    def _hear(self, message):
        with self._condition:
            self.messages.append(self._keep(message))
            self._condition.notify_all()

    def wait(self, holds=bool, timeout=15.0):
        """Wait until `holds(messages)`; fails the test otherwise."""
        with self._condition:
            assert self._condition.wait_for(lambda: holds(self.messages), timeout), f"heard {len(self.messages)}: {self.messages[-1:]}"
            return list(self.messages)

    def next(self, holds=lambda message: True, timeout=15.0):
        """The first message from now on for which `holds(message)`."""
        with self._condition:
            start = len(self.messages)
            assert self._condition.wait_for(lambda: any(map(holds, self.messages[start:])), timeout), f"last: {self.messages[-1:]}"
            return next(m for m in self.messages[start:] if holds(m))


class Bench:
    """Nodes under test in one context."""

    def __init__(self, context):
        self.context = context
        self.nodes = []
        self._actions = []
        self._speakers = []
        self.executor = SingleThreadedExecutor(context=context)
        self.ear_node = Node("ear", context=context)
        self.executor.add_node(self.ear_node)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._spin, name="bench", daemon=True)  # a test that breaks off must not hang
        self._thread.start()

    def _spin(self):
        while not self._stop.is_set():
            # A test that changes a node's state from its own thread may take away what is just being waited for; a running node's
            # state changes in the thread that spins it.
            with contextlib.suppress(rclpy_implementation.InvalidHandle):
                self.executor.spin_once(timeout_sec=0.05)

    def add(self, make, *arguments, **options):
        """Build a node with ROS arguments (`-p x:=y`, ...) and spin it."""
        cli = ["--ros-args", *arguments] if arguments else None
        node = make(context=self.context, cli_args=cli, use_global_arguments=False, **options)
        self.nodes.append(node)
        self.executor.add_node(node)
        return node

    def hear(self, kind, topic, profile, **options):
        ear = Ear(self, kind, topic, profile, **options)
        self.executor.wake()
        return ear

    def say(self, kind, topic, profile):
        return self.ear_node.create_publisher(kind, topic, profile)

    def repeat(self, work, every=0.02):
        """Do this again and again (s) in a thread of its own, until the bench closes."""

        def run():
            while not self._stop.wait(every):
                work()

        self._speakers.append(threading.Thread(target=run, name="speaker"))
        self._speakers[-1].start()

    def action(self, kind, name):
        """A client of an action, for as long as the bench is there."""
        client = ActionClient(self.ear_node, kind, name)
        self._actions.append(client)
        self.executor.wake()
        return client

    def call(self, kind, name, request, timeout=10.0):
        """Call a service and return its answer."""
        client = self.ear_node.create_client(kind, name)
        try:
            self.executor.wake()
            assert client.wait_for_service(timeout), f"no service {name}"
            future = client.call_async(request)
            done = threading.Event()
            future.add_done_callback(lambda _: done.set())
            assert done.wait(timeout), f"{name} does not answer"
            return future.result()
        finally:
            self.ear_node.destroy_client(client)

    def until(self, holds, timeout=15.0):
        """Wait until `holds()`; fails the test otherwise."""
        end = time.monotonic() + timeout
        while not holds():
            assert time.monotonic() < end, "it never came to hold"
            time.sleep(0.01)

    def close(self):
        self._stop.set()
        for speaker in self._speakers:
            speaker.join()
        self._thread.join(10)
        for client in self._actions:
            client.destroy()
        for node in [*self.nodes, self.ear_node]:
            self.executor.remove_node(node)
            node.destroy_node()
        self.executor.shutdown()


@contextlib.contextmanager
def open_bench():
    """A bench in a ROS context of its own."""
    context = rclpy.Context()
    rclpy.init(args=[], context=context, signal_handler_options=SignalHandlerOptions.NO)
    bench = Bench(context)
    try:
        yield bench
    finally:
        bench.close()
        rclpy.try_shutdown(context=context)
