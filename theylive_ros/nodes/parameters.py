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

"""ROS parameters declared from config dataclasses, and held to what they accept."""

from __future__ import annotations

import array
import dataclasses
import typing
from collections.abc import Callable, Collection
from typing import Any, Generic, TypeVar

from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor, ParameterType, SetParametersResult
from rclpy.node import Node
from rclpy.parameter import Parameter

from theylive_ros import plugins
from theylive_ros.settings import check_value, setting_type

C = TypeVar("C")
_SCALARS = {
    bool: ParameterType.PARAMETER_BOOL,
    int: ParameterType.PARAMETER_INTEGER,
    float: ParameterType.PARAMETER_DOUBLE,
    str: ParameterType.PARAMETER_STRING,
}
# rclpy and rcl declare these themselves on every node.
_FOREIGN = ("use_sim_time", "start_type_description_service", "qos_overrides.")


class ConfigurationError(Exception):
    """A parameter that no retry will mend; the message names it and what it accepts."""


class Group(Generic[C]):
    """The parameters of one config dataclass under one prefix. `value` is replaced as a whole when one of them changes."""

    def __init__(self, value: C, prefix: str, on_change: Callable[[C], None] | None) -> None:
        self.value = value
        self.prefix = prefix
        self.on_change = on_change


class Parameters:
    """All parameters of one node."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._overrides: dict[str, Parameter] = dict(node._parameter_overrides)  # rclpy has no public way to read them
        self._owners: dict[str, tuple[Group[Any], str]] = {}
        self._plugins: dict[str, str] = {}
        node.add_on_set_parameters_callback(self._on_set)

    def declare(self, config: type[C], stage: str = "", on_change: Callable[[C], None] | None = None) -> Group[C]:
        """Declare every field of a config dataclass as `stage.field`. on_change hears the first config and each new one; a ValueError
        that it raises refuses it with its message. Raises ConfigurationError for an override that does not fit."""
        prefix = f"{stage}." if stage else ""
        group = Group(config(), prefix, on_change)
        values = {}
        for field in dataclasses.fields(config):  # type: ignore[arg-type]
            name = prefix + field.name
            value = getattr(group.value, field.name)
            if name in self._overrides:
                value = self._fit(config, field.name, self._overrides[name].value, f"{self._node.get_name()}: {prefix}")
            self._node.declare_parameter(name, value, _descriptor(config, field), ignore_override=True)
            self._owners[name] = (group, field.name)
            values[field.name] = value
        try:
            group.value = config(**values)
            if on_change is not None:
                on_change(group.value)
        except ValueError as error:
            raise ConfigurationError(str(error)) from error
        return group

    def declare_plugin(
        self, entry_points: str, name: str, stage: str, on_change: Callable[[Any], None] | None = None
    ) -> tuple[type, Group[Any]]:
        """Load a plugin of an entry point group and declare its config's fields under `stage`. Raises ConfigurationError."""
        try:
            plugin = plugins.load(entry_points, name)
        except plugins.PluginError as error:
            raise ConfigurationError(str(error)) from error
        self._plugins[stage] = entry_points
        return plugin, self.declare(plugin.Config, stage, on_change)

    @property
    def groups(self) -> list[Group[Any]]:
        """Every group, in the order of declaration."""
        return list({id(group): group for group, _ in self._owners.values()}.values())

    def refuse_undeclared(self) -> None:
        """Raise ConfigurationError if the command line or a file sets a parameter that does not exist.

        A file may hold the settings of several plugins, of which one is chosen by one word: those of the others are only named in the log.
        """
        unknown = {name for name in self._overrides if name not in self._owners and not name.startswith(_FOREIGN)}
        unused = unknown & self._settings_of_other_plugins() if unknown else set()
        if unused:
            self._node.get_logger().info(f"not a setting of the chosen plugin, so not used: {', '.join(sorted(unused))}")
        if unknown - unused:
            raise ConfigurationError(f"{self._node.get_name()}: {self.refusal_of(unknown - unused)}")

    def refusal_of(self, unknown: Collection[str]) -> str:
        """Why parameters are refused that nobody has declared."""
        return f"no parameter {', '.join(sorted(unknown))}; this node has: {', '.join(sorted(self._owners))}"

    def _settings_of_other_plugins(self) -> set[str]:
        found = set()
        for stage, entry_points in self._plugins.items():
            for plugin in plugins.load_all(entry_points)[0].values():
                found |= {f"{stage}.{field.name}" for field in dataclasses.fields(plugin.Config)}
        return found

    @staticmethod
    def _fit(config: type, name: str, value: Any, prefix: str) -> Any:
        if isinstance(value, (array.array, tuple)):
            value = list(value)
        declared = setting_type(config, name)
        if typing.get_origin(declared) is list and value in ([], None):
            value = []
        try:
            check_value(config, name, value, prefix)
        except ValueError as error:
            raise ConfigurationError(str(error)) from error
        if declared is float:
            return float(value)
        if declared == list[float]:
            return [float(item) for item in value]
        return value

    def _on_set(self, parameters: list[Parameter]) -> SetParametersResult:
        changes: dict[int, tuple[Group[Any], dict[str, Any]]] = {}
        try:
            for parameter in parameters:
                if parameter.name not in self._owners:
                    continue
                group, field = self._owners[parameter.name]
                value = self._fit(type(group.value), field, parameter.value, group.prefix)
                changes.setdefault(id(group), (group, {}))[1][field] = value
            fresh = [(group, dataclasses.replace(group.value, **values)) for group, values in changes.values()]
            for group, config in fresh:
                if group.on_change is not None:
                    group.on_change(config)
        except (ConfigurationError, ValueError) as error:
            return SetParametersResult(successful=False, reason=str(error))
        for group, config in fresh:
            group.value = config
        return SetParametersResult(successful=True)


def _descriptor(config: type, field: dataclasses.Field[Any]) -> ParameterDescriptor:
    declared = setting_type(config, field.name)
    data = field.metadata
    unit, low, high = data.get("unit", ""), data.get("low"), data.get("high")
    limits = []
    if data.get("choices"):
        limits.append("one of: " + ", ".join(data["choices"]))
    if low is not None and high is None:
        limits.append(f"at least {low}")
    if high is not None and low is None:
        limits.append(f"at most {high}")
    descriptor = ParameterDescriptor(
        description=data.get("description", "") + (f" ({unit})" if unit else ""),
        additional_constraints="; ".join(limits),
        read_only=bool(data.get("read_only", False)),
        # Typed by us: an int where a float is meant is welcome, and an empty list has no type in ROS.
        dynamic_typing=declared not in (bool, int, str),
    )
    if declared in _SCALARS and not descriptor.dynamic_typing:
        descriptor.type = _SCALARS[declared]
    if low is not None and high is not None:
        if declared is int:
            descriptor.integer_range = [IntegerRange(from_value=int(low), to_value=int(high), step=0)]
        elif declared is float:
            descriptor.floating_point_range = [FloatingPointRange(from_value=float(low), to_value=float(high), step=0.0)]
    return descriptor
