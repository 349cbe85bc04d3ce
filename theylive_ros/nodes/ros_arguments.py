"""What a command tells ROS: a parameter file, and above it what its own command line says."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml


@contextlib.contextmanager
def ros_arguments(params: Path, said: Mapping[str, Mapping[str, Any]]) -> Iterator[list[str]]:
    """ROS arguments for `params`, overruled by `said`: node -> parameter -> value, where None says nothing. Good within the context.

    A file is written for it: only there is a node meant whatever its namespace, and a value has its type whatever it looks like.
    """
    given = {node: {name: value for name, value in values.items() if value is not None} for node, values in said.items()}
    text = yaml.safe_dump({f"/**/{node}": {"ros__parameters": values} for node, values in given.items() if values})
    with tempfile.TemporaryDirectory(prefix="theylive-") as folder:
        file = Path(folder) / "command_line.yaml"
        file.write_text(text, encoding="utf-8")
        yield ["--ros-args", "--params-file", str(params), "--params-file", str(file)]
