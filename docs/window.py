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

from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QApplication

from gui.main_window import MainWindow
from gui.theme import apply_theme
from netspec import editing
from netspec.look import DARK, LIGHT, Theme

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


PICTURES: dict[str, Callable[[QApplication, Path], MainWindow]] = {"frozen": frozen_resnet, "mistake": mistaken_lenet}


def take(application: QApplication, name: str, theme: Theme, folder: Path) -> None:
    """One picture in one theme."""
    apply_theme(theme)
    with tempfile.TemporaryDirectory() as specs:
        window = PICTURES[name](application, Path(specs))
        window.grab().save(str(folder / f"window-{name}-{'dark' if theme is DARK else 'light'}.png"))
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
    parser.add_argument("--only", choices=[*PICTURES, "race"])
    parser.add_argument("--mnist", type=Path, help="folder with MNIST's files, for the race")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as settings:
        QSettings.setDefaultFormat(QSettings.Format.IniFormat)  # those of a first start
        for scope in (QSettings.Scope.UserScope, QSettings.Scope.SystemScope):
            QSettings.setPath(QSettings.Format.IniFormat, scope, settings)
        application = QApplication(["netspec"])
        given.folder.mkdir(parents=True, exist_ok=True)
        for name in PICTURES if given.only is None else {given.only} - {"race"}:
            for theme in (LIGHT, DARK):
                take(application, name, theme, given.folder)
        if given.mnist and given.only in (None, "race"):
            apply_theme(LIGHT)
            take_race(application, given.mnist, given.folder)


if __name__ == "__main__":
    main()
