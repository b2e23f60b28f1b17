"""The playground: the ways are those of the library, mouse and keys choose the start, playing moves by steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from gui.desk import Desk
from gui.insight.player import Player
from gui.insight.racers import LogSlider, Racers
from gui.insight.service import Service
from gui.insight.surface_view import SurfaceView
from gui.panels.playground import STEPS, Playground
from netspec.inside.surfaces import SURFACES
from netspec.inside.trajectories import walk
from netspec.registry import plugins


def test_every_optimizer_walks_as_the_library_says(desk: Desk, qtbot: QtBot) -> None:
    panel = Playground(desk)
    qtbot.addWidget(panel)
    panel.resize(900, 600)
    panel.show()
    qtbot.waitUntil(lambda: len(panel.ways) == 5, timeout=30_000)
    surface, kinds = SURFACES["ravine"], plugins("netspec.optimizers")
    for way, losses in zip(panel.ways, panel._losses, strict=True):
        chosen = kinds[way.name].model_validate({"type": way.name, "lr": surface.rates[way.name]})
        points, expected = walk(chosen, surface, surface.start, STEPS)
        np.testing.assert_array_equal(way.points, points)
        np.testing.assert_array_equal(losses, expected)
    assert panel.player.position == STEPS
    panel.player.go_to(7)
    assert panel.view.step == 7
    assert panel.racers.losses["sgd"].text() == f"{panel._losses[0][7]:.3g}"
    qtbot.mouseClick(panel.view, Qt.MouseButton.LeftButton, pos=panel.view.place(4.0, 1.0).toPoint())
    qtbot.waitUntil(lambda: abs(panel.ways[0].points[0, 0] - 4) < 0.1 and not panel.asker.is_busy, timeout=30_000)
    assert panel.player.position == 7
    for kind in panel.racers.kinds:
        panel.racers.boxes[kind].setChecked(kind == "adamw")
    qtbot.waitUntil(lambda: [way.name for way in panel.ways] == ["adamw"], timeout=30_000)


def test_places_and_points_are_inverse(qtbot: QtBot) -> None:
    view = SurfaceView()
    qtbot.addWidget(view)
    view.resize(300, 200)
    view.show_surface(np.arange(12.0).reshape(3, 4), (-1.0, 2.0, 0.0, 4.0))
    assert view.place(-1.0, 4.0) == QPointF(0, 0)
    assert view.point(QPointF(300, 200)) == (2.0, 0.0)
    x, y = view.point(view.place(0.3, 1.7))
    assert (x, y) == (pytest.approx(0.3), pytest.approx(1.7))
    assert view.value_at(-1.0, 0.0) == 0.0
    assert view.value_at(2.0, 4.0) == 11.0


def test_arrow_keys_move_the_start(qtbot: QtBot) -> None:
    view = SurfaceView()
    qtbot.addWidget(view)
    view.show_surface(np.zeros((3, 3)), (0.0, 50.0, 0.0, 100.0))
    view.show_ways([], (10.0, 10.0))
    found: list[tuple[float, float]] = []
    view.start_chosen.connect(lambda x, y: found.append((x, y)))
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Down)
    assert found == [(11.0, 10.0), (10.0, 8.0)]


def test_playing_stepping_and_going_back(qtbot: QtBot) -> None:
    player = Player()
    qtbot.addWidget(player)
    moved: list[int] = []
    player.moved.connect(moved.append)
    player.set_last(3)
    player.speed.setValue(5)
    player.toggle()
    assert player.is_playing
    qtbot.waitUntil(lambda: not player.is_playing, timeout=5000)
    assert moved[-1] == 3
    assert moved == sorted(moved)
    player.step()
    assert player.position == 0
    player.step()
    assert player.position == 1
    player.slider.setValue(2)
    assert player.position == 2
    player.reset()
    assert (player.position, player.said.text()) == (0, "step 0")


def test_learning_rates_are_exact_until_they_are_moved(qtbot: QtBot) -> None:
    slider = LogSlider("rate")
    qtbot.addWidget(slider)
    slider.show_number(0.9)
    assert slider.number == 0.9
    slider.setValue(slider.value() + 1)
    assert slider.number == 0.94
    racers = Racers()
    qtbot.addWidget(racers)
    racers.show_rates({"sgd": 0.5})
    racers.momentum.setValue(75)
    chosen = {one["type"]: one for one in racers.chosen()}
    assert list(chosen) == ["sgd", "momentum", "adagrad", "rmsprop", "adam"]
    assert chosen["sgd"] == {"type": "sgd", "lr": 0.5}
    assert chosen["momentum"]["momentum"] == 0.75


def test_the_loss_around_a_network_is_computed_with_progress_and_can_be_cancelled(
    desk: Desk, run: Path, qtbot: QtBot
) -> None:
    panel = Playground(desk)
    qtbot.addWidget(panel)
    desk.show_run(run)
    panel.surfaces.setCurrentIndex(panel.surfaces.findData("network"))
    panel.show_surface()
    around = panel.around
    around.points.setCurrentIndex(0)
    around.samples.setCurrentIndex(0)
    seen: list[int] = []
    around.sliced.connect(lambda axis, losses: seen.append(int(np.isfinite(losses).sum())))
    around.compute.click()
    assert around.compute.text() == "Cancel"
    qtbot.waitUntil(lambda: not around.asker.is_busy, timeout=60_000)
    assert seen[0] < seen[-1] == 15 * 15
    assert "225 of 225 losses, each of 256 training samples" in around.said.text().replace(
        "\N{NARROW NO-BREAK SPACE}", ""
    )
    assert panel.view.values is not None
    assert panel.view.bounds == (-1.0, 1.0, -1.0, 1.0)
    around.other.click()
    around.compute.click()
    assert around.said.text() == "Cancelled."
    for service in panel.findChildren(Service):
        service.stop()
