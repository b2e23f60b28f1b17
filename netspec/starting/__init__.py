"""A first spec: a copy of a shipped one, or one made for a folder of data."""

from netspec.starting.recognize import Found, recognize
from netspec.starting.writing import spec_of_data, spec_of_template

__all__ = ["Found", "recognize", "spec_of_data", "spec_of_template"]
