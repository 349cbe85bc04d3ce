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

"""Train several nets in several sizes alike and judge them in one run: a table and a Pareto plot of accuracy against time.

Each training has a folder of its own in the sweep's; a sweep that was stopped goes on when the same command is given again. Writes
sweep.json and pareto.png. Without data, drawn pictures teach and judge.
"""

from __future__ import annotations

import argparse
import dataclasses

from theylive_training.arguments import add_data, number, one_of, place, positive, several, whole
from theylive_training.errors import TrainingError
from theylive_training.nets.spec import KINDS, NetSpec
from theylive_training.train.plan import SMOKE, USUAL_ON_CPU, Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    add_data(parser)
    parser.add_argument("--out", type=place, required=True, metavar="DIR", help="folder of the sweep; one that was stopped goes on there")
    parser.add_argument(
        "--nets", type=several(one_of(KINDS)), default=["compact"], metavar="NAMES", help=f"some of {','.join(KINDS)} (default: compact)"
    )
    parser.add_argument(
        "--sides", type=several(positive), default=[160, 192, 224], metavar="PX", help="of the input (default: 160,192,224)"
    )
    parser.add_argument(
        "--widths", type=several(number(0)), default=[0.5, 1.0], metavar="SHARES", help="of the nets' usual channels (default: 0.5,1)"
    )
    parser.add_argument("--epochs", type=positive, help="rounds over the pictures")
    parser.add_argument("--pictures", type=positive, help="pictures to learn from")
    parser.add_argument("--seed", type=positive, default=1, help="of all chance (default: %(default)s)")
    parser.add_argument("--threads", type=whole(1, 256), default=0, help="on the CPU (default: what suits the machine)")
    parser.add_argument("--runs", type=positive, default=300, metavar="N", help="frames timed per model (default: %(default)s)")
    parser.add_argument("--smoke", action="store_true", help="the least that can be called a training, for each")


def run(args: argparse.Namespace) -> int:
    """Sweep. Raises TrainingError."""
    if not args.smoke and args.data is None:
        raise TrainingError("no data set: give its folder as --data or in THEYLIVE_DATA")
    from theylive_training.run_folder import write_json
    from theylive_training.sweep import PLOT, RESULTS, SCHEMA, refuse_used, specs, sweep
    from theylive_training.sweep_plot import plot
    from theylive_training.train.progress import say

    plans = [_plan(args, spec) for spec in specs(args.nets, args.sides, args.widths)]
    refuse_used(args.out)
    points = sweep(plans, say, args.runs)
    judged_on = "the validation pictures" if args.data else "simulated pictures"
    write_json(args.out / RESULTS, {"schema": SCHEMA, "judged_on": judged_on, "points": [dataclasses.asdict(p) for p in points]})
    plot(points, judged_on, args.out / PLOT)
    print(f"{'model':38} {'ms':>6}  mAP50-95  accuracy  recall  aliens' centres off p50 px")
    for p in sorted(points, key=lambda p: p.ms):
        shares = "  ".join(f"{'-' if v is None else f'{v:.4f}':>{w}}" for v, w in ((p.map50_95, 8), (p.accuracy, 8), (p.recall, 6)))
        print(f"{p.model:38} {p.ms:6.2f}  {shares}  {'-' if p.centre_p50 is None else f'{p.centre_p50:.2f}'}")
    print(args.out / PLOT)
    return 0


def _plan(args: argparse.Namespace, spec: NetSpec) -> Plan:
    usual = SMOKE if args.smoke else USUAL_ON_CPU[spec.net]
    schedule = dataclasses.replace(usual.schedule, seed=args.seed, epochs=args.epochs or usual.schedule.epochs)
    out = args.out / spec.model_name
    pictures = args.pictures or usual.pictures
    return Plan(spec, out, args.data, args.split, pictures, schedule, args.threads, command=args.command_line)
