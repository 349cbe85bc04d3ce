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

"""The click window: shows the stage, hands a person's clicks and keys to the desk. Tk, which comes with Python."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from theylive_training.capture.desk import Desk
from theylive_training.capture.display import render, zoom_for
from theylive_training.capture.heads import Head
from theylive_training.capture.labels import CLASSES
from theylive_training.capture.shot import Crop, Shot
from theylive_training.capture.stage import Stage
from theylive_training.errors import TrainingError
from theylive_training.pictures.picture import BOX

if TYPE_CHECKING:
    import tkinter as tk

TITLE = "theylive capture"
_NARROWEST = 840  # px, of the panel
_EVERY = 40  # ms from one look at the camera to the next
_COLOURS = ("#ff7a45", "#49d06d", "#8fb4e8")  # of the classes
_PAPER, _PANEL, _INK, _FAINT, _WARN = "#17191d", "#22262c", "#eef0f3", "#98a0ab", "#ffd166"
_CLASS_KEYS = {"0": 0, "a": 0, "1": 1, "j": 1, "2": 2, "b": 2}
_ARROWS = {"Left": (-1, 0), "Right": (1, 0), "Up": (0, -1), "Down": (0, 1)}
_KEYS = (
    ("click", "take a picture, mark a head"),
    ("drag, arrows", "move it"),
    ("space", "save"),
    ("u, right click", "undo"),
    ("n", "drop, next"),
    ("0 1 2, a j b", "class"),
    ("q", "quit"),
)
_FAMILY = "DejaVu Sans"


def open_root() -> tk.Tk:
    """A window that is hidden yet. Raises TrainingError where none can be shown."""
    try:
        import tkinter
    except ImportError as cause:
        raise TrainingError("this Python has no tkinter: apt install python3-tk, or use `capture burst`, which needs no window") from cause
    try:
        root = tkinter.Tk(className=TITLE)
    except tkinter.TclError as cause:
        known = os.environ.get("DISPLAY")
        why = f"the display {known!r} does not answer" if known else "there is no display (DISPLAY is not set)"
        raise TrainingError(
            f"{why}, and clicking needs a window: work at a screen or through `ssh -X`, or use `capture burst`, which needs none"
        ) from cause
    root.withdraw()  # nothing to be seen yet
    return root


class Window:
    """Built on an open root; `run` returns when the person quits."""

    def __init__(self, root: tk.Tk, stage: Stage, desk: Desk, crop: Crop | None, counts: Callable[[], dict[str, int]]) -> None:
        """counts: heads of each class in the folder."""
        import tkinter

        self._tk = tkinter
        self._root, self._stage, self._desk, self._crop, self._counts = root, stage, desk, crop, counts
        self._zoom = 1.0
        self._shown: Any = None
        self._marks: Any = None
        self._seen: tuple[Head, ...] = ()
        self._pointer: tuple[float, float] | None = None
        self._dragging = False
        self._error: BaseException | None = None
        self._picture = tkinter.PhotoImage(master=root)
        root.title(TITLE)
        root.configure(background=_PAPER)
        root.resizable(False, False)
        root.report_callback_exception = self._stop
        root.protocol("WM_DELETE_WINDOW", root.quit)
        self._canvas = tkinter.Canvas(root, highlightthickness=0, background=_PAPER, cursor="crosshair", width=320, height=240)
        self._canvas.pack(side="top")
        self._canvas.create_image(0, 0, anchor="nw", image=self._picture)
        self._chips = self._make_panel()
        self._bind()

    def run(self) -> None:
        """Show the window until the person quits. Raises what went wrong, such as the camera's CameraError."""
        try:
            self._tick()
            self._root.deiconify()
            self._root.wait_visibility()
            # Where no window manager hands out the keyboard, nobody else would.
            self._root.focus_force()
            self._root.mainloop()
        finally:
            with contextlib.suppress(self._tk.TclError):
                self._root.destroy()
        if self._error is not None:
            raise self._error

    # -- what is built once

    def _make_panel(self) -> list[Any]:
        tk = self._tk
        panel = tk.Frame(self._root, background=_PANEL, padx=12, pady=8)
        panel.pack(side="top", fill="x")
        top = tk.Frame(panel, background=_PANEL)
        top.pack(fill="x")
        chips = []
        for index in range(len(CLASSES)):
            chip = tk.Label(top, font=(_FAMILY, 11, "bold"), padx=10, pady=3)
            chip.pack(side="left", padx=(0, 6))
            chip.bind("<ButtonPress-1>", lambda _, i=index: self._do(lambda: self._desk.choose(i)))
            chips.append(chip)
        self._total = tk.Label(top, background=_PANEL, foreground=_FAINT, font=(_FAMILY, 10))
        self._total.pack(side="right")
        self._state = tk.Label(top, background=_PANEL, font=(_FAMILY, 10, "bold"))
        self._state.pack(side="right", padx=(0, 14))
        self._line = tk.Label(panel, background=_PANEL, foreground=_INK, font=(_FAMILY, 12), anchor="w", justify="left")
        self._line.pack(fill="x", pady=(8, 6))
        keys = tk.Frame(panel, background=_PANEL)
        keys.pack(fill="x")
        for key, words in _KEYS:
            tk.Label(keys, text=key, background=_PANEL, foreground=_INK, font=(_FAMILY, 9, "bold")).pack(side="left")
            tk.Label(keys, text=words, background=_PANEL, foreground=_FAINT, font=(_FAMILY, 9)).pack(side="left", padx=(3, 12))
        return chips

    def _bind(self) -> None:
        canvas, desk = self._canvas, self._desk
        canvas.bind("<ButtonPress-1>", self._press)
        canvas.bind("<B1-Motion>", self._drag)
        canvas.bind("<ButtonPress-3>", lambda e: self._do(lambda: desk.right_press(*self._place(e), self._seen)))
        canvas.bind("<ButtonPress-2>", lambda e: self._do(lambda: desk.right_press(*self._place(e), self._seen)))
        canvas.bind("<Motion>", self._move)
        canvas.bind("<Leave>", lambda _: self._point(None))
        self._root.bind("<Key>", self._key)

    # -- what the person does

    def _press(self, event: Any) -> None:
        def press() -> None:
            self._dragging = self._desk.press(*self._place(event))

        self._dragging = False
        self._do(press)

    def _drag(self, event: Any) -> None:
        self._pointer = self._place(event)
        if self._dragging:
            self._do(lambda: self._desk.drag(*self._place(event)))

    def _move(self, event: Any) -> None:
        self._point(self._place(event))

    def _key(self, event: Any) -> None:
        key = event.keysym.removeprefix("KP_")
        key = key.lower() if len(key) == 1 else key
        desk = self._desk
        if key in ("q", "Escape"):
            self._root.quit()
        elif key in _CLASS_KEYS:
            self._do(lambda: desk.choose(_CLASS_KEYS[key]))
        elif key == "space":
            self._do(lambda: desk.space(self._seen))
        elif key in ("u", "BackSpace"):
            self._do(desk.undo)
        elif key == "n":
            self._do(desk.skip, is_done=True)
        elif key in _ARROWS:
            self._do(lambda: desk.nudge(*_ARROWS[key]))

    def _do(self, act: Callable[[], None], is_done: bool = False) -> None:
        """One thing that the person does: the stage follows, and so does the screen."""
        desk = self._desk
        held, before = desk.shot, desk.pictures
        act()
        self._stage.after(desk, held, is_done or desk.pictures > before)
        self._refresh()

    def _place(self, event: Any) -> tuple[float, float]:
        """Where an event was, in px of what is saved."""
        x, y = ((event.x + 0.5) / self._zoom, (event.y + 0.5) / self._zoom)
        return (x - self._crop.x, y - self._crop.y) if self._crop else (x, y)

    def _point(self, place: tuple[float, float] | None) -> None:
        self._pointer = place
        self._refresh()

    # -- what the person sees

    def _tick(self) -> None:
        trouble = self._stage.trouble
        if trouble is not None and self._desk.shot is None:
            raise trouble
        self._refresh()
        self._root.after(_EVERY, self._tick)

    def _refresh(self) -> None:
        desk = self._desk
        shot = desk.shot or self._stage.live()
        if shot is None:  # a damaged frame: the one before it stays
            return
        self._show(shot)
        self._seen = self._stage.proposals(shot) if desk.shot is None else ()
        heads = desk.heads if desk.shot is not None else self._seen
        marks = (heads, desk.active, desk.shot is None, self._pointer, desk.class_id, self._zoom)
        if marks != self._marks:
            self._marks = marks
            self._draw(heads)
        self._tell()

    def _show(self, shot: Shot) -> None:
        if shot is self._shown:
            return
        height, width = shot.frame.shape[:2]
        room = int(self._root.winfo_screenwidth() * 0.96), int(self._root.winfo_screenheight() * 0.9) - 130
        self._zoom = zoom_for((width, height), room)
        self._picture.configure(data=render(shot.frame, self._crop, self._zoom), format="ppm")
        if self._shown is None or self._shown.frame.shape != shot.frame.shape:
            self._canvas.configure(width=self._picture.width(), height=self._picture.height())
            self._line.configure(wraplength=max(_NARROWEST, self._picture.width() - 24))
        self._shown = shot

    def _draw(self, heads: tuple[Head, ...]) -> None:
        canvas = self._canvas
        canvas.delete("mark")
        if self._crop is not None:
            c = self._crop
            self._rectangle(0, 0, c.side, c.side, _INK, 1, (2, 4))
        if self._pointer is not None and not self._dragging and self._desk.class_id < 2:
            x, y = self._pointer
            self._rectangle(x - BOX / 2, y - BOX / 2, x + BOX / 2, y + BOX / 2, _COLOURS[self._desk.class_id], 1, (4, 6))
        for index, head in enumerate(heads):
            self._draw_head(head, index == self._desk.active)

    def _draw_head(self, head: Head, is_active: bool) -> None:
        colour = _COLOURS[head.class_id]
        half = BOX / 2
        self._rectangle(
            head.x - half, head.y - half, head.x + half, head.y + half, colour, 3 if is_active else 2, (6, 4) if head.proposed else ()
        )
        x, y = self._screen(head.x, head.y)
        for width, ink in ((4, "#000000"), (2, colour)):
            for dx, dy in ((9, 0), (0, 9)):
                self._canvas.create_line(x - dx, y - dy, x + dx, y + dy, fill=ink, width=width, tags="mark")
        left, top = self._screen(head.x - half, head.y - half)
        above = top > 20
        word = self._canvas.create_text(
            max(left, 1),
            top if above else max(top, 1),
            anchor="sw" if above else "nw",
            text=f" {CLASSES[head.class_id]}{'?' if head.proposed else ''} ",
            font=(_FAMILY, 10, "bold"),
            fill=_PAPER,
            tags="mark",
        )
        back = self._canvas.create_rectangle(*self._canvas.bbox(word), fill=colour, outline="", tags="mark")
        self._canvas.tag_lower(back, word)

    def _rectangle(self, x0: float, y0: float, x1: float, y1: float, colour: str, width: int, dash: tuple[int, ...]) -> None:
        self._canvas.create_rectangle(*self._screen(x0, y0), *self._screen(x1, y1), outline=colour, width=width, dash=dash, tags="mark")

    def _screen(self, x: float, y: float) -> tuple[float, float]:
        """Where a place of what is saved is on the canvas."""
        if self._crop is not None:
            x, y = x + self._crop.x, y + self._crop.y
        return x * self._zoom, y * self._zoom

    def _tell(self) -> None:
        desk, counts = self._desk, self._counts()
        for index, chip in enumerate(self._chips):
            chosen = index == desk.class_id
            name = CLASSES[index]
            chip.configure(
                text=f"{index} {name[0]}   {name}  {counts[name]}",
                background=_COLOURS[index] if chosen else _PAPER,
                foreground=_PAPER if chosen else _COLOURS[index],
            )
        trouble = self._stage.trouble
        words = desk.message if desk.shot is not None or not self._stage.end else self._stage.end
        if trouble is not None:
            words = f"the camera failed ({trouble}): space saves the picture in hand, q quits"
        self._line.configure(text=words, foreground=_WARN if desk.is_refusal or trouble is not None else _INK)
        self._state.configure(text=self._stage.state if desk.shot is None else "IN HAND", foreground=_FAINT if desk.shot is None else _WARN)
        self._total.configure(text=f"{desk.pictures} saved now")

    def _stop(self, _kind: Any, error: BaseException, _trace: Any) -> None:
        """Tk would print what a callback raises, and go on."""
        self._error = error
        self._root.quit()
