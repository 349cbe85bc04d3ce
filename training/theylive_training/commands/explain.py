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

"""What a net costs, what it sees and what it makes of a picture: for learning, and for judging a net.

  cost NET              parameters, multiply-adds and memory by layer; depthwise-separable against plain convolution
  field NET             the receptive field by layer in closed form, and what of it the net really minds, drawn over an average head
  features NET PICTURE  the filters of the first layer, and the maps that each block makes of a picture
  kernels PICTURE       classic kernels (Sobel, Gauss, ...) at work, with their numbers
  relu                  why bottlenecks are linear, and what ReLU6 is for

NET is one of
  compact, yolov8n, mobilenetv2             the nets trained here
  yolov8n-coco, mobilenetv2-imagenet, vgg16 nets as their authors published them
  stack:32x32x3:8x3x3:8x3x3                 a net written as a word: input, then layers (FILTERSxKxK, dwKxK,
                                            maxKxK, upN; ending in sN for a stride, pN for padding)
  a file MODEL.tflite                       an exported model, such as the shipped ones
  a folder                                  of a training, with its weights

`theylive-train explain cost --help` and so on say more.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from theylive_training.arguments import number, place, positive

_EXAMPLES = {
    "cost": """examples:
  theylive-train explain cost compact
  theylive-train explain cost mobilenetv2-imagenet              3.5 M parameters, 300 M multiply-adds
  theylive-train explain cost stack:6x6x3:5x3x3                 five 3x3x3 filters on 6x6x3: 2,160 multiplications, separable 672
  theylive-train explain cost models/compact_yolo_224_int8.tflite --json cost.json""",
    "field": """examples:
  theylive-train explain field stack:32x32x3:4x3x3:4x3x3:4x3x3  three 3x3 layers see 3, 5, 7 px
  theylive-train explain field compact --out field.png
  theylive-train explain field runs/compact --data DIR --out field.png""",
    "features": """examples:
  theylive-train explain features models/compact_yolo_224_int8.tflite picture.jpg --out features
  theylive-train explain features runs/compact picture.jpg --out features

features.png  the strongest maps of each block; filters.png  the first layer; NN_BLOCK.png  a block's maps""",
    "kernels": """example:
  theylive-train explain kernels picture.jpg --out kernels.png""",
    "relu": """examples:
  theylive-train explain relu --out relu.png
  theylive-train explain relu --run runs/compact --data DIR --out relu.png""",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parsers = parser.add_subparsers(dest="topic", required=True, metavar="TOPIC")
    cost = _topic(parsers, "cost", "parameters, multiply-adds and memory by layer and in all", _cost)
    _add_net(cost)
    cost.add_argument("--json", type=place, metavar="FILE.json", help="write the figures")
    _add_force(cost)

    field = _topic(parsers, "field", "the receptive field by layer, in closed form and measured", _field)
    _add_net(field)
    field.add_argument("--data", type=place, metavar="DIR", help="data set whose average head is drawn under it (default: the simulator's)")
    field.add_argument("--rounds", type=positive, help="random pictures to measure with (default: 16; 4 for a .tflite file)")
    field.add_argument("--seed", type=positive, default=1, help="of the random pictures")
    field.add_argument("--out", type=place, metavar="FILE.png", help="draw it")
    field.add_argument("--json", type=place, metavar="FILE.json", help="write the figures")
    _add_force(field)

    features = _topic(parsers, "features", "the first layer's filters, and what each block makes of a picture", _features)
    _add_net(features)
    features.add_argument("picture", type=place, metavar="PICTURE", help="a JPEG or PNG file; fitted to the input as the robot does")
    features.add_argument("--out", type=place, required=True, metavar="DIR", help="folder for the drawings; a new one")
    _add_force(features)

    kernels = _topic(parsers, "kernels", "classic kernels at work on a picture, with their numbers", _kernels)
    kernels.add_argument("picture", type=place, metavar="PICTURE", help="a JPEG or PNG file")
    kernels.add_argument("--out", type=place, metavar="FILE.png", help="draw it")
    _add_force(kernels)

    relu = _topic(parsers, "relu", "what ReLU destroys in narrow layers, and what ReLU6 gains in int8", _relu)
    relu.add_argument(
        "--run", type=place, metavar="RUN", help="folder of a training of the compact net to measure (default: random weights)"
    )
    relu.add_argument("--data", type=place, metavar="DIR", help="data set whose pictures to measure with (default: the simulator's)")
    relu.add_argument("--seed", type=positive, default=1, help="of the random matrices and weights")
    relu.add_argument("--out", type=place, metavar="FILE.png", help="draw it")
    _add_force(relu)


def run(args: argparse.Namespace) -> int:
    """Explain. Raises TrainingError."""
    return args.explain(args)


def _topic(parsers: argparse._SubParsersAction, name: str, about: str, function: Callable[..., int]) -> argparse.ArgumentParser:
    parser = parsers.add_parser(
        name, help=about, description=about, epilog=_EXAMPLES[name], formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.set_defaults(explain=function)
    return parser


def _add_net(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "net", metavar="NET", help="a name, a stack:..., a .tflite file or a training's folder: `explain --help` lists them"
    )
    parser.add_argument("--side", type=positive, help="of the square input (px; default: what the net is made for)")
    parser.add_argument("--width", type=number(0.1, 2), help="channels as a share of the published net's (default: the net's usual share)")


def _add_force(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--force", action="store_true", help="replace files that are there")


def _cost(args: argparse.Namespace) -> int:
    from theylive_training.explain import cost, cost_text
    from theylive_training.explain.files import free
    from theylive_training.explain.open import Wanted, open_net
    from theylive_training.run_folder import write_json

    if args.json:
        free(args.json, ".json", args.force)
    net = open_net(Wanted(args.net, args.side, args.width))
    print(cost_text.table(net.graph, _titled(net)))
    if args.json:
        write_json(args.json, {"net": net.title, **cost.to_json(net.graph)})
    return 0


def _field(args: argparse.Namespace) -> int:
    from theylive_training.explain import effective, field, field_page, field_text
    from theylive_training.explain.average_head import average_head
    from theylive_training.explain.files import free, save_figure
    from theylive_training.explain.open import Wanted, open_net
    from theylive_training.run_folder import write_json

    for path, suffix in ((args.out, ".png"), (args.json, ".json")):
        if path:
            free(path, suffix, args.force)
    net = open_net(Wanted(args.net, args.side, args.width))
    found = field.fields(net.graph)
    print(field_text.table(net.graph, found, _titled(net)), flush=True)
    steps = field.worth_showing(net.graph, found)
    head = average_head(args.data, *net.graph.input[:2]) if args.out else None
    moved = net.sensitivity(steps, args.rounds or net.rounds, args.seed, _progress("random pictures"))
    measured = {step: uses for step, one in moved.items() if (uses := effective.extent(one))}
    print(f"\n{field_text.measured_table(net.graph, found, measured, net.learned, net.grain)}")
    if args.out:
        whose = f"the mean of the real aliens in {args.data.name}" if args.data else "the mean of the simulator's aliens"
        save_figure(field_page.draw(net.graph, found, steps, moved, head, f"{net.title}, {net.learned}", whose), args.out)
    if args.json:
        write_json(args.json, {"net": net.title, "learned": net.learned, **field_text.to_json(net.graph, found, measured)})
    return 0


def _features(args: argparse.Namespace) -> int:
    from theylive_ros.detector.fit import Fitter
    from theylive_training.errors import TrainingError
    from theylive_training.explain import features_page, field
    from theylive_training.explain.files import new_folder, read_picture
    from theylive_training.explain.open import Wanted, open_net

    image = read_picture(args.picture)
    with new_folder(args.out, args.force) as save:
        net = open_net(Wanted(args.net, args.side, args.width))
        if net.graph.input.channels != 3:
            raise TrainingError(f"{net.title} takes {net.graph.input.channels} channels, a picture has 3: give another net")
        given, _ = Fitter("letterbox", net.graph.input.width, net.graph.input.height).fit(image)
        made = net.results(given)
        title = f"{net.title}, {net.learned}"
        blocks = [(net.graph.steps[s].block, made[s]) for ends in net.graph.blocks.values() for s in ends]
        telling = field.worth_showing(net.graph, field.fields(net.graph))
        save(features_page.draw_overview([(net.graph.steps[s].block, made[s]) for s in telling], given, title), "features.png")
        save(features_page.draw_filters(net.filters(), given, title), "filters.png")
        progress = _progress("drawings")
        for number, (block, maps) in enumerate(blocks):
            save(features_page.draw_maps(maps, f"{block}: {title}"), f"{number:02d}_{block.replace(' ', '_')}.png")
            print(f"{block}: {'x'.join(map(str, maps.shape))}, {features_page.asleep(maps)} channels say the same everywhere")
            progress(number + 1, len(blocks))
    print(args.out)
    return 0


def _kernels(args: argparse.Namespace) -> int:
    from theylive_training.explain import kernels, kernels_page
    from theylive_training.explain.files import free, read_picture, save_figure

    if args.out:
        free(args.out, ".png", args.force)
    image = read_picture(args.picture)
    for name, kernel in kernels.KERNELS.items():
        print(f"{name}: {kernels.ABOUT[name]}\n{kernels.written(kernel)}\n")
    print(f"{kernels.MAGNITUDE}: {kernels.SQUARED}")
    if args.out:
        save_figure(kernels_page.draw(image, args.picture.name), args.out)
    return 0


def _relu(args: argparse.Namespace) -> int:
    import numpy as np

    from theylive_training.explain import bottleneck, relu_page, relu_text
    from theylive_training.explain.files import free, save_figure
    from theylive_training.explain.rounding import of_compact

    if args.out:
        free(args.out, ".png", args.force)
    rng = np.random.default_rng(args.seed)
    gone = {n: bottleneck.mean_lost(n, 300, rng) for n in bottleneck.CHANNELS}
    rounded, whose = of_compact(args.run, args.data, args.seed)
    print(relu_text.table(gone, rounded, whose))
    if args.out:
        save_figure(relu_page.draw(gone, rounded, whose, args.seed), args.out)
    return 0


def _titled(net: object) -> str:
    return f"{net.title}, for an input of {'x'.join(map(str, net.graph.input))}"


def _progress(what: str) -> Callable[[int, int], None]:
    """A bar with the time left, on a terminal only."""
    from tqdm import tqdm

    bar = tqdm(total=1, desc=what, leave=False, disable=not sys.stderr.isatty())

    def note(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)
        if done >= total:
            bar.close()

    return note
