"""PyTorch's exported programs (torch.export.save): the JSON in the archive, without PyTorch.

The archive of torch 2.9 and later holds models/model.json and each weight as a file of its own; that of 2.6
holds serialized_exported_program.json, its weights in a pickle. Nothing is unpickled, no weight is read
before a run wants its values.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from cnncalc.errors import SpecError
from cnncalc.interop.archive import Archive
from cnncalc.interop.exported import Program, open_program
from cnncalc.interop.model import Model, Reading, Size
from cnncalc.interop.stored_tensors import Description, described, pickled_tensors, values

OLD = "serialized_exported_program.json"


def read(path: Path, name: str) -> Model:
    """The exported program in a file; raises SpecError where it can't be read."""
    return ExportedModel(Archive(path, name))


class ExportedModel(Model):
    """A model as torch.export saved it."""

    layout = "chw"

    def __init__(self, archive: Archive) -> None:
        self.archive, self.file = archive, archive.name
        self.program: Program = open_program(self._json(), self.file)

    def _json(self) -> Any:
        names = [entry for entry in self.archive.entries if entry.endswith("models/model.json")]
        models = names or [
            entry
            for entry in self.archive.entries
            if "/models/" in f"/{entry}" and entry.endswith(".json") and entry.count("/") <= 2
        ]
        if OLD in self.archive.entries:
            return self.archive.json(OLD)
        if not models:
            raise self.archive.unreadable("holds no exported program")
        self.folder = models[0].rpartition("models/")[0]
        return self.archive.json(models[0])

    @cached_property
    def inputs(self) -> Mapping[str, tuple[Size, ...]]:  # type: ignore[override]
        return self.program.inputs

    @cached_property
    def stored(self) -> Mapping[str, Description]:
        """Every array of the file by its name in the model, its values left where they are."""
        if OLD in self.archive.entries:
            found: dict[str, Description] = {}
            for entry in ("serialized_state_dict.pt", "serialized_constants.pt"):
                if entry in self.archive.entries:
                    found |= pickled_tensors(self.archive, entry)
            return found
        found = {}
        for kind in ("weights", "constants"):
            folder = f"{self.folder}data/{kind}/"
            entry = f"{folder}model_{kind}_config.json"
            if entry in self.archive.entries:
                found |= described(self.archive.json(entry), folder, self.archive)
        return found

    @cached_property
    def has_values(self) -> bool:
        """Whether the file holds the values of its weights: a stripped one does not."""
        entries = [each.entry for each in self.stored.values()]
        return not entries or any(entry in self.archive.entries for entry in entries)

    def alias_of(self, name: str) -> Any:
        """A key that is equal for two arrays of the model with the same values: the place of the values."""
        found = self.stored.get(name)
        return name if found is None else found._replace(shape=(), strides=()) if found.inner else found.entry

    def values_of(self, name: str) -> Callable[[], Any]:
        """A function that reads the values of an array of the model."""
        return lambda: values(self._description(name), self.archive)

    def _description(self, name: str) -> Description:
        found = self.stored.get(name)
        if found is None:
            raise self.archive.unreadable(f"holds no values of {name}")
        return found

    def reading(self, inputs: Mapping[str, tuple[int, ...]], *, opaque: bool = False) -> Reading:
        from cnncalc.interop.aten import AtenReader

        try:
            return AtenReader(self, self.program.bound(inputs), opaque=opaque).reading()
        except RecursionError:
            raise self.fault("unreadable_file", "nests too deeply") from None


__all__ = ["ExportedModel", "SpecError", "read"]
