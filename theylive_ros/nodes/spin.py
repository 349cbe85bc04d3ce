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

"""Runs nodes until told to stop."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence

import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from theylive_ros.controller.stop_flag import StopFlag

LAUNCHED = "THEYLIVE_LAUNCHED"
"""Environment variable that a launch file sets: the process ends with the one that started it."""


def spin(nodes: Sequence[Node], stop: StopFlag, until: Callable[[], bool] = lambda: False) -> None:
    """Run nodes until `stop` is set or `until()`, asked twenty times a second, holds; then destroy them all, the last one first.

    So they do when the launch is gone that has started them: ended by SIGTERM or killed, `ros2 launch` ends nobody, and a laser that
    was armed would go on.

    Each node has an executor and a thread of its own: one executor for all would look at the entities of every node, in Python, at
    each message for one of them. An exception in a callback ends all nodes and is raised here: a stack with a dead node is no stack.
    """
    context = nodes[0].context
    parent = os.getppid()
    launched = LAUNCHED in os.environ
    done = threading.Event()
    errors: list[BaseException] = []
    threads = [threading.Thread(target=_spin_one, args=(n, done, errors), name=f"{n.get_name()}-spin", daemon=True) for n in nodes]
    try:
        for thread in threads:
            thread.start()
        while not (stop.wait(0.05) or errors or until() or not rclpy.ok(context=context)):
            if launched and os.getppid() != parent:
                nodes[0].get_logger().error("the launch that has started this is gone, so this ends too")
                break
    finally:
        done.set()
        for thread in threads:
            thread.join()
        for node in reversed(nodes):  # who depends on others is named after them, and goes before them
            node.destroy_node()
    if errors:
        raise errors[0]


def _spin_one(node: Node, done: threading.Event, errors: list[BaseException]) -> None:
    executor = SingleThreadedExecutor(context=node.context)
    executor.add_node(node)
    try:
        while not done.is_set() and rclpy.ok(context=node.context):
            executor.spin_once(timeout_sec=0.1)
    except BaseException as error:  # raised again by the thread that waits
        errors.append(error)
    finally:
        executor.remove_node(node)
        executor.shutdown()
