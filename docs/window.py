"""Take the pictures of the desktop program anew: `python docs/window.py [FOLDER]`, in the repository's root.

The race needs the folder of MNIST (`--mnist`); it is trained for the picture, which takes about a minute.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

import netspec
from gui.exam.rate_dialog import RateDialog
from gui.main_window import MainWindow
from gui.theme import apply_theme
from gui.transfer.loading import loading_of
from netspec import editing
from netspec.look import DARK, LIGHT, Theme
from netspec.plan.pipeline import start_plan
from netspec.transfer import Wanted
from netspec.weights import write_weights

ROOT = Path(__file__).parent.parent
SIZE = (1440, 900)
IMAGES = ROOT / "docs" / "images"


def wait(application: QApplication, seconds: float, until: Callable[[], bool] = lambda: False) -> None:
    """Let the program work, so long or until something is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and not until():
        application.processEvents()
        time.sleep(0.01)


def window_of(text: str, folder: Path, name: str) -> MainWindow:
    """The program with a copy of a spec, so that nothing in the repository is touched."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    window = MainWindow(path)
    window.resize(*SIZE)
    window.show()
    return window


def frozen_resnet(application: QApplication, folder: Path) -> MainWindow:
    """ResNet-18 with all layers up to layer3 frozen."""
    window = window_of((ROOT / "specs/resnet18.toml").read_text(encoding="utf-8"), folder, "resnet18.toml")
    wait(application, 1)
    window.document.edit("Freeze up to layer3", editing.freeze_to, "layer3")
    window.document.settle()
    window.desk.choose(["layer3"])
    window.desk.go_to_layer("layer3")
    wait(application, 1.5)
    return window


def mistaken_lenet(application: QApplication, folder: Path) -> MainWindow:
    """One mistake, shown on its box, in the form, in the text and in the list."""
    text = (ROOT / "specs/lenet5.toml").read_text(encoding="utf-8")
    window = window_of(text, folder, "lenet5.toml")
    wait(application, 1)
    outline = window.document.state.outline
    address = next(node.address for node in outline.nodes if node.name == "conv2")
    window.document.edit("Set kernel_size of conv2", editing.set_field, address, "kernel_size", 17)
    window.document.settle()
    window.desk.actions["view.split"].trigger()
    window.show_problems()
    window.desk.choose(["conv2"])
    window.desk.go_to_layer("conv2")
    wait(application, 1.5)
    return window


FINE_TUNED = """\

[transfer]
weights = "resnet18.safetensors"
replace = ["fc"]   # the new head
freeze_to = "layer4"
warmup_epochs = 1
unfreeze = [   # from the head down
  { at_epoch = 3, to = "layer4", lr_mult = 0.3 },
  { at_epoch = 5, to = "layer2", lr_mult = 0.1 },
  { at_epoch = 8, to = "input", lr_mult = 0.01 },
]
"""


def tuned_resnet(application: QApplication, folder: Path) -> MainWindow:
    """ResNet-18 with stages of unfreezing, beside weights of which one layer is missing."""
    text = (ROOT / "specs/resnet18.toml").read_text(encoding="utf-8")
    spec = netspec.loads(text)
    wanted = Wanted.of(start_plan(spec, dtype="float32", seed=0)).tensors
    tensors = {name: np.zeros(shape, np.float32) for name, shape in wanted.items() if not name.startswith("bn1.")}
    write_weights(folder / "resnet18.safetensors", tensors)
    window = window_of(text + FINE_TUNED, folder, "resnet18.toml")
    wait(application, 1)
    panel = next(panel for panel in window.panels if panel.title == "Transfer")
    panel.raise_panel()
    wait(application, 20, lambda: bool(loading_of(window.desk).layers))
    panel.chart.choose(3)
    for _ in range(2):  # the first time makes room for it
        window.desk.section_wanted.emit("transfer")
        wait(application, 1)
    return window


RATES = {"sgd": 0.05, "momentum": 0.02, "adagrad": 0.01, "rmsprop": 0.001, "adam": 0.001}


def raced_lenet(application: QApplication, folder: Path, mnist: Path) -> MainWindow:
    """Five optimizers on MNIST, in their second epoch."""
    text = (ROOT / "specs/lenet5.toml").read_text(encoding="utf-8")
    head = text[: text.index("[optimizer]")].replace('root = "data/mnist"', f'root = "{mnist.resolve()}"')
    lanes = "".join(f'[[optimizers]]\ntype = "{name}"\nlr = {rate}\n\n' for name, rate in RATES.items())
    window = window_of(head.replace("epochs = 5", "epochs = 2") + lanes, folder, "lenet5.toml")
    wait(application, 1)
    window.desk.actions["train.start"].trigger()
    history = [0]
    window.desk.run_event.connect(lambda lines: history.append(max(line.get("step", 0) for line in lines)))
    wait(application, 600, lambda: history[-1] >= 1500)
    return window


PICTURES: dict[str, Callable[[QApplication, Path], MainWindow]] = {
    "frozen": frozen_resnet, "mistake": mistaken_lenet, "transfer": tuned_resnet,
}  # fmt: skip


def take(application: QApplication, name: str, theme: Theme, folder: Path) -> None:
    """One picture in one theme."""
    apply_theme(theme)
    with tempfile.TemporaryDirectory() as specs:
        window = PICTURES[name](application, Path(specs))
        window.grab().save(str(folder / f"window-{name}-{'dark' if theme is DARK else 'light'}.png"))
        end(application, window)


def found_rates(application: QApplication, window: MainWindow) -> RateDialog:
    """The dialog with its curves, once they are there."""
    dialog = window.findChild(RateDialog)
    wait(application, 120, lambda: dialog.test is not None)
    dialog.lane.entered.emit("adam")
    wait(application, 0.5)
    return dialog


def take_rates(application: QApplication, folder: Path) -> None:
    """The range test of the digits' race, in both themes."""
    for theme in (LIGHT, DARK):
        apply_theme(theme)
        with tempfile.TemporaryDirectory() as specs:
            text = (ROOT / "specs/digits_race.toml").read_text(encoding="utf-8")
            window = window_of(text, Path(specs), "digits_race.toml")
            wait(application, 1)
            window.desk.actions["train.find_rate"].trigger()
            dialog = found_rates(application, window)
            dialog.grab().save(str(folder / f"window-rate-{'dark' if theme is DARK else 'light'}.png"))
            end(application, window)


def end(application: QApplication, window: MainWindow) -> None:
    """Close a window whose file is a copy in a temporary folder, so that nothing is asked."""
    window.document.save()
    window.close()
    window.deleteLater()
    wait(application, 0.2)


def take_race(application: QApplication, mnist: Path, folder: Path) -> None:
    """The race in both themes, from one training."""
    with tempfile.TemporaryDirectory() as specs:
        window = raced_lenet(application, Path(specs), mnist)
        for theme in ("light", "dark"):
            window.desk.actions[f"theme.{theme}"].trigger()
            wait(application, 1)
            window.grab().save(str(folder / f"window-race-{theme}.png"))
        window.desk.actions["train.stop"].trigger()
        wait(application, 5)
        end(application, window)


def main() -> None:
    """Take all of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", nargs="?", type=Path, default=IMAGES)
    parser.add_argument("--only", choices=[*PICTURES, "race", "rate"])
    parser.add_argument("--mnist", type=Path, help="folder with MNIST's files, for the race")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as settings:
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)  # those of a first start
        for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
            QSettings.setPath(QSettings.Format.IniFormat, scope, settings)
        application = QApplication(["netspec"])
        given.folder.mkdir(parents=True, exist_ok=True)
        for name in PICTURES if given.only is None else {given.only} - {"race", "rate"}:
            for theme in (LIGHT, DARK):
                take(application, name, theme, given.folder)
        if given.only in (None, "rate"):
            take_rates(application, given.folder)
        if given.mnist and given.only in (None, "race"):
            apply_theme(LIGHT)
            take_race(application, given.mnist, given.folder)


if __name__ == "__main__":
    main()
