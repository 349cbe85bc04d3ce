"""Train a net. A training that was stopped goes on after its last whole epoch when the same command is given again.

A GPU is used where there is one and is never needed.
"""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path

from theylive_training.arguments import add_data, needed_data, positive
from theylive_training.nets.spec import KERAS, KINDS, NetSpec
from theylive_training.train.plan import Plan, Schedule


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument("net", choices=KINDS, help="which net")
    add_data(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder of the run; one that was stopped goes on there")
    parser.add_argument("--epochs", type=positive, help="rounds over the pictures")
    parser.add_argument("--pictures", type=positive, help="pictures to learn from")
    parser.add_argument("--side", type=positive, default=224, help="of the net's square input (px; default: %(default)s)")
    parser.add_argument("--width", type=float, help="channels as a share of the published net's")
    parser.add_argument("--seed", type=positive, default=1, help="of all chance")
    parser.add_argument("--start", type=Path, metavar="RUN", help="folder of another run whose net to begin with")
    parser.add_argument("--rate", type=float, help="highest learning rate")
    parser.add_argument("--threads", type=positive, default=0, help="on the CPU (default: what suits the machine)")
    parser.add_argument("--smoke", action="store_true", help="the least that can be called a training; without --data on drawn pictures")


def run(args: argparse.Namespace) -> int:
    """Train. Raises TrainingError."""
    spec = NetSpec(args.net, args.side, args.width)
    schedule = Schedule(seed=args.seed, epochs=args.epochs or (1 if args.smoke else Schedule.epochs), rate=args.rate or Schedule.rate)
    data = args.data if args.smoke else needed_data(args)
    plan = Plan(spec, args.out, data, args.split, schedule=schedule, threads=args.threads, start=args.start, command=args.command_line)
    pictures = args.pictures or (48 if args.smoke else plan.pictures)
    plan = dataclasses.replace(plan, pictures=pictures)
    if spec.kind.framework == KERAS:
        from theylive_training.train.mobilenetv2 import train_mobilenetv2 as train
    else:
        from theylive_training.train.yolo import train_yolo as train
    train(plan, lambda line: print(line, flush=True))
    return 0
