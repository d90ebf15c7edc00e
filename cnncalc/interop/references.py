"""Models that a user's own code makes, named as `package.module:name` or `net.py:Name`. The code is run."""

import inspect
import re
import sys
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from cnncalc.errors import UsageError, did_you_mean
from cnncalc.interop.contents import open_object
from cnncalc.interop.model import Model

_REFERENCE = re.compile(r"([^:*?\"<>|]+\.py|[A-Za-z_][\w.]*):([A-Za-z_][\w.]*)")


def is_reference(text: str) -> bool:
    """Whether a text names an object in a module.

    >>> [is_reference(text) for text in ("nets.py:Net", "torchvision.models:resnet18", "conv5-6")]
    [True, True, False]
    """
    return _REFERENCE.fullmatch(text) is not None


def open_reference(text: str, input: Any) -> Model:
    """The model of a reference, or the one that a class or function makes without arguments."""
    found = _REFERENCE.fullmatch(text)
    assert found is not None
    module = _module(found[1])
    made = _found(module, found[2], text)
    if inspect.isclass(made) or inspect.isroutine(made):
        made = _run(text, made)
    model = open_object(made, input)
    if model is None:
        help = "an nn.Module, a Keras model, or a class or function that makes one"
        raise UsageError(f"{text} is a {type(made).__name__}, and no model", help, "no_such_object")
    model.file, model.name = text, model.name or found[2]
    return model


def _module(name: str) -> ModuleType:
    """The module of a name, or in a file."""
    if not name.endswith(".py"):
        sys.path.insert(0, "")
        try:
            module: ModuleType = _run(name, lambda: import_module(name))
        finally:
            sys.path.remove("")
        return module
    path = Path(name)
    if not path.is_file():
        raise UsageError(f"there is no file {name}", "", "no_such_object")
    spec = spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    folder = str(path.parent.resolve())
    sys.path.insert(0, folder)
    try:
        _run(name, lambda: spec.loader.exec_module(module))
    finally:
        sys.path.remove(folder)
    return module


def _found(module: ModuleType, names: str, text: str) -> Any:
    value: Any = module
    for name in names.split("."):
        if not hasattr(value, name):
            help = did_you_mean(name, [each for each in vars(value) if not each.startswith("_")])
            raise UsageError(f"{text}: there is no {name}", help, "no_such_object")
        value = getattr(value, name)
    return value


def _run(name: str, code: Any) -> Any:
    """The result of a user's code; an error that the code raises is told as the code's fault."""
    try:
        return code()
    except ModuleNotFoundError as error:
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            raise UsageError(f"there is no module {name}", "", "no_such_object") from None
        framework = error.name in ("torch", "keras")
        help = f"pip install 'cnncalc[{error.name}]'" if framework else ""
        raise UsageError(f"{name} needs {error.name}", help, "missing_library") from None
    except Exception as error:  # noqa: BLE001 - the code is the user's, and may raise anything
        told = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise UsageError(f"{name} raises {told}", "", "failed_code") from None
