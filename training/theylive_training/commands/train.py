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

"""Train a net. A training that was stopped goes on after its last whole epoch when the same command is given again.

A GPU is used where there is one and is never needed. What is not given is chosen for the net and the machine, and said. The folder
then holds the net, its facts (run.json), its curves (curves.png, history.json) and some of the pictures (pictures.jpg).
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from theylive_training.arguments import add_data, needed_data, number, place, positive, whole
from theylive_training.errors import TrainingError
from theylive_training.nets.spec import KINDS, TORCH, NetSpec
from theylive_training.train.plan import SMOKE, USUAL_ON_CPU, USUAL_ON_GPU, Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("net", choices=KINDS, help="which net")
    add_data(parser)
    goal = parser.add_mutually_exclusive_group(required=True)
    goal.add_argument("--out", type=place, metavar="DIR", help="folder of the run; one that was stopped goes on there")
    goal.add_argument(
        "--preview", type=place, metavar="FILE", help="do not train: draw what the net would learn from, labels included (.png, .jpg)"
    )
    parser.add_argument("--epochs", type=positive, help="rounds over the pictures")
    parser.add_argument("--pictures", type=positive, help="pictures to learn from")
    parser.add_argument("--patience", type=positive, help="epochs without a better validation after which it ends")
    parser.add_argument("--batch", type=positive, help="pictures to a step")
    parser.add_argument("--rate", type=number(1e-6, 1), help="highest learning rate")
    parser.add_argument("--side", type=positive, default=224, help="of the net's square input (px; default: %(default)s)")
    parser.add_argument("--width", type=number(0.1, 2), help="channels as a share of the published net's")
    parser.add_argument("--seed", type=positive, default=1, help="of all chance (default: %(default)s)")
    parser.add_argument("--start", type=place, metavar="RUN", help="folder of another run whose net to begin with")
    parser.add_argument(
        "--weights", type=place, metavar="FILE", help="of mobilenetv2's trunk to begin with: a file, or imagenet, which are fetched"
    )
    parser.add_argument("--threads", type=whole(1, 256), default=0, help="on the CPU (default: what suits the machine)")
    parser.add_argument("--smoke", action="store_true", help="the least that can be called a training; without --data on drawn pictures")


def run(args: argparse.Namespace) -> int:
    """Train. Raises TrainingError."""
    spec = NetSpec(args.net, args.side, args.width)
    data = args.data if args.smoke else needed_data(args)
    if args.preview and args.preview.exists():
        raise TrainingError(f"{args.preview} is there already: give another name")
    if args.preview and args.preview.suffix.lower() not in (".png", ".jpg", ".jpeg"):
        raise TrainingError(f"{args.preview} is no name of a picture: end it in .png or .jpg")
    if args.weights and spec.kind.framework == TORCH:
        raise TrainingError(f"--weights is for mobilenetv2; {args.net} begins at random or with another run's net (--start)")
    plan = _plan(args, spec, data)
    if args.preview:
        from theylive_training.train.preview import save_preview

        save_preview(plan, args.preview)
        return 0
    from theylive_training.train.fit import fit

    fit(plan)
    return 0


def _plan(args: argparse.Namespace, spec: NetSpec, data: Path | None) -> Plan:
    from theylive_training.train.machine import has_gpu  # before torch is loaded

    on_gpu = args.out and not args.smoke and has_gpu(spec.kind.framework == TORCH)
    usual = SMOKE if args.smoke else (USUAL_ON_GPU if on_gpu else USUAL_ON_CPU)[spec.net]
    given = {k: getattr(args, k) for k in ("epochs", "batch", "rate", "patience") if getattr(args, k) is not None}
    schedule = dataclasses.replace(usual.schedule, seed=args.seed, **given)
    out = args.out or Path()
    pictures = args.pictures or usual.pictures
    command = args.command_line if data is None or "--data" in args.command_line else f"{args.command_line} --data DIR"
    return Plan(spec, out, data, args.split, pictures, schedule, args.threads, args.start, args.weights, command)
