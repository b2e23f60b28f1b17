"""netspec as a process of its own: speed of the help, pipes, colours, Ctrl-C."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.runner import write_small

ROOT = Path(__file__).parent.parent.parent
NETSPEC = [sys.executable, "-m", "netspec.cli.main"]
LONG = ["--set", "train.epochs=1000000", "--set", "train.validation_split=0"]
ESCAPE = "\x1b["


def environment(**changes: str) -> dict[str, str]:
    inherited = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR", "COLUMNS")}
    return {**inherited, "PYTHONPATH": str(ROOT), "TERM": "xterm-256color", **changes}


def call(*argv: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*NETSPEC, *argv], capture_output=True, text=True, env=environment(**changes), timeout=120, check=False
    )


def on_terminal(*argv: str, **changes: str) -> str:
    """What a terminal of 80 columns gets to see, escape sequences included."""
    screen, terminal = pty.openpty()
    env = environment(COLUMNS="80", **changes)
    process = subprocess.Popen([*NETSPEC, *argv], stdin=terminal, stdout=terminal, stderr=terminal, env=env)
    os.close(terminal)
    seen = b""
    while True:
        try:
            block = os.read(screen, 65536) if select.select([screen], [], [], 60)[0] else b""
        except OSError:  # Linux says so when the other side has closed
            block = b""
        if not block:
            break
        seen += block
    process.wait(timeout=60)
    os.close(screen)
    return seen.decode()


def started(*argv: str) -> subprocess.Popen[str]:
    """A training that has written its first steps."""
    process = subprocess.Popen(
        [*NETSPEC, *argv], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(COLUMNS="200")
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.split()[:1] == ["3/1000000"]:
            return process
    raise AssertionError(process.communicate()[1])


def test_help_loads_nothing_heavy_and_so_answers_at_once() -> None:
    assert call("--help").returncode == 0
    heavy = (
        "import sys, netspec.cli.main; print({'numpy', 'numba', 'pydantic', 'PIL', 'rich'} & set(sys.modules) or '')"
    )
    found = subprocess.run([sys.executable, "-c", heavy], capture_output=True, text=True, env=environment(), check=True)
    assert found.stdout.strip() in ("", "{'rich'}")


@pytest.mark.parametrize(
    "argv", [["summary", "digits"], ["check", "digits"], ["train", "small.toml"], ["train", "--help"]]
)
def test_piped_output_is_plain(argv: list[str], tmp_path: Path) -> None:
    write_small(tmp_path)
    result = call(*argv)
    assert result.returncode == 0
    assert ESCAPE not in result.stdout + result.stderr
    assert "\r" not in result.stdout


def test_a_terminal_gets_colours_unless_no_color_is_set(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("seeds = 1\n")
    for argv in (["summary", "digits"], ["check", "bad.toml"]):
        coloured, plain = on_terminal(*argv), on_terminal(*argv, NO_COLOR="1")
        colours = r"\x1b\[[0-9;]*(3[0-9]|38;[0-9;]+)m"
        assert re.search(colours, coloured)
        assert not re.search(colours, plain)


def test_the_bar_moves_on_a_terminal_and_leaves_only_the_lines(tmp_path: Path) -> None:
    write_small(tmp_path)
    seen = on_terminal("train", "small.toml", "--set", "train.epochs=200")
    assert "samples/s" in seen
    assert "left" in seen
    assert re.search(r"epoch \d+/200 ", seen)
    assert "completed" in seen


@pytest.mark.parametrize("command", [["train", "small.toml"], ["summary", "digits"], ["train", "--help"]])
def test_a_terminal_without_utf8_gets_ascii(command: list[str], tmp_path: Path) -> None:
    write_small(tmp_path)
    result = call(*command, PYTHONIOENCODING="ascii", PYTHONUTF8="0", LC_ALL="C")
    assert result.returncode == 0, result.stderr
    assert result.stdout.isascii()
    assert "?" not in result.stdout


def test_a_reader_that_leaves_early_gets_no_complaint() -> None:
    netspec = f"{sys.executable} -m netspec.cli.main"
    line = f"{netspec} render lenet5 | head -1; {netspec} schema | head -1"
    result = subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, env=environment(), timeout=60, check=False
    )
    assert result.stderr == ""
    assert result.stdout.splitlines()[-1] == "{"


def test_ctrl_c_saves_and_ends_with_130_and_the_run_goes_on(tmp_path: Path) -> None:
    process = started("train", str(write_small(tmp_path)), "-o", "here", *LONG)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted: stopped on request after step" in out
    assert "next: netspec train --resume here" in out
    assert "Traceback" not in err
    step = int(out.split("after step ")[1].split(",")[0])
    more = call("train", "--resume", "here", "--set", f"train.epochs={step // 8 + 2}", "--format", "json")
    assert more.returncode == 0, more.stderr
    assert '"reason": "completed"' in more.stdout


def test_a_checkpoint_on_ctrl_c_lets_the_run_go_on(tmp_path: Path) -> None:
    process = started("train", str(write_small(tmp_path)), "-o", "here", "--on-sigint", "checkpoint", *LONG)
    process.send_signal(signal.SIGINT)
    assert process.stdout is not None
    assert any("checkpoint saved at step" in line for line in process.stdout)
    assert process.poll() is None
    saved = Path("here/checkpoints/last.state.safetensors").stat().st_mtime_ns
    process.kill()
    process.communicate(timeout=60)
    assert saved > 0


def test_on_sigint_none_ignores_ctrl_c(tmp_path: Path) -> None:
    process = started("train", str(write_small(tmp_path)), "--on-sigint", "none", *LONG)
    process.send_signal(signal.SIGINT)
    time.sleep(0.5)
    assert process.poll() is None
    process.kill()
    process.communicate(timeout=60)


@pytest.mark.parametrize("mode", ["stop", "checkpoint", "none"])
def test_a_second_ctrl_c_stops_at_once_in_every_mode(mode: str, tmp_path: Path) -> None:
    process = started("train", str(write_small(tmp_path)), "-o", "here", "--on-sigint", mode, *LONG)
    process.send_signal(signal.SIGINT)
    if mode != "stop":
        time.sleep(0.3)
        assert process.poll() is None
    begin = time.perf_counter()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.perf_counter() - begin < 3
    assert "Traceback" not in err


def test_a_run_is_trained_by_one_process_only(tmp_path: Path) -> None:
    process = started("train", str(write_small(tmp_path)), "-o", "here", *LONG)
    other = call("train", "--resume", "here")
    process.kill()
    process.communicate(timeout=60)
    assert other.returncode == 2
    assert f"this run is being trained by process {process.pid}" in " ".join(other.stderr.split())
    assert call("train", "--resume", "here", "--dry-run").returncode == 2
    assert call("train", "--resume", "here", "--set", "train.epochs=1").returncode == 0
