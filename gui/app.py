"""`netspec-gui`: starts the desktop program, or says why it cannot."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from gui.screen import why_no_window

CANNOT_START = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window and wait until it is closed; the exit code."""
    try:
        path, template = _parse(sys.argv[1:] if argv is None else argv)
    except SystemExit as stop:  # argparse has said what is wrong, or printed the help
        return stop.code if isinstance(stop.code, int) else CANNOT_START
    reason = why_no_window()
    if reason is not None:
        print(f"netspec-gui: {reason}", file=sys.stderr)
        return CANNOT_START
    return _run(path, template)


def _parse(argv: Sequence[str]) -> tuple[Path | None, str | None]:
    """The file to open, or the shipped spec to start from, which itself stays as it is."""
    from netspec import __version__
    from netspec.shipped import shipped_specs

    parser = argparse.ArgumentParser(prog="netspec-gui", description="The desktop program of netspec.")
    parser.add_argument("spec", nargs="?", help="spec file to open, or the name of a shipped spec")
    parser.add_argument("--version", action="version", version=f"netspec {__version__}")
    name = parser.parse_args(argv).spec
    if name is None:
        return None, None
    path = Path(name)
    if not path.exists() and name in shipped_specs():
        return None, name
    if not path.is_file():
        parser.error(
            f"{name}: there is no such file; give a .toml or .json file, or one of {', '.join(shipped_specs())}"
        )
    return path, None


def _run(path: Path | None, template: str | None) -> int:
    from PySide6.QtCore import QEvent
    from PySide6.QtWidgets import QApplication

    from gui.garbage import keep_start_up
    from gui.main_window import MainWindow
    from gui.theme import apply_chosen_theme

    app = QApplication.instance() or QApplication(["netspec-gui"])
    app.setOrganizationName("netspec")
    app.setApplicationName("netspec")
    apply_chosen_theme()
    window = MainWindow(path)
    if template is not None:
        window.open_template(template)
    window.show()
    keep_start_up()
    code = app.exec()
    window.deleteLater()
    app.sendPostedEvents(None, QEvent.Type.DeferredDelete)  # while its application is still there
    app.removePostedEvents(app, QEvent.Type.Quit.value)  # a second request to end would end every later loop at once
    return code


if __name__ == "__main__":
    sys.exit(main())
