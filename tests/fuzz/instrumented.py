"""Loads cnncalc with its coverage watched by atheris, or plainly; imported before all else of cnncalc."""

import importlib
import pkgutil
import sys
from contextlib import nullcontext
from typing import Any

WATCHED = "plain" not in sys.argv[2:]
"""Whether coverage is watched."""
atheris: Any = importlib.import_module("atheris") if WATCHED else None

with atheris.instrument_imports(include=["cnncalc"]) if WATCHED else nullcontext():
    import cnncalc

    # each is loaded when it is first needed, and only what is loaded here is watched
    for module in pkgutil.walk_packages(cnncalc.__path__, "cnncalc."):
        if module.name != "cnncalc.__main__":
            importlib.import_module(module.name)
