"""Options and fixtures of the whole suite."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings

# How fast examples are made says nothing about netspec on a machine that others share.
settings.register_profile("netspec", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("netspec")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden texts instead of comparing with them")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden texts are to be written."""
    return bool(request.config.getoption("--update-golden"))
