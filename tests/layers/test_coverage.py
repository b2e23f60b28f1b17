import importlib
import pkgutil

import tests.layers
from netspec.registry import plugins
from tests.kit.battery import Battery


def test_every_layer_of_the_registry_is_in_the_battery() -> None:
    covered = set()
    for info in pkgutil.iter_modules(tests.layers.__path__):
        module = importlib.import_module(f"tests.layers.{info.name}")
        for item in vars(module).values():
            if isinstance(item, type) and issubclass(item, Battery):
                covered |= {case.layer.type_name() for case in item.cases}
    assert set(plugins("netspec.layers")) - covered == set()
