"""A network in Python: loaded from a spec, and asked for its numbers."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncalc.errors import Fault, Place, SpecError, UsageError, did_you_mean
from cnncalc.plain_text import visible

if TYPE_CHECKING:
    from cnncalc.analysis.counts import LayerCounts
    from cnncalc.analysis.report import Report
    from cnncalc.execute.executor import Executor
    from cnncalc.execute.verify import Verification
    from cnncalc.graph import Graph
    from cnncalc.interop.model import Model, Reading
    from cnncalc.render.explained.explanation import Explanation
    from cnncalc.spec.document import SpecDocument
    from cnncalc.spec.source import Source


class Network:
    """A network. Loading reads its spec; `analyze()` unfolds it and gives its numbers."""

    def __init__(self, value: Any, source: Source, variables: Mapping[str, Any] | None = None) -> None:
        self._value, self._source = value, source
        self._variables = dict(variables or {})
        self._runs_by: Executor | None = None
        if self.document.faults:
            self.graph()

    @cached_property
    def document(self) -> SpecDocument:
        """The spec, read but not unfolded."""
        from cnncalc.spec.document import read_document

        return read_document(self._value, self._source, self._variables)

    @property
    def name(self) -> str:
        """Its own name, else that of its file."""
        return self.document.name or Path(self._source.file).stem.strip("<>")

    @property
    def layout(self) -> str:
        return self.document.layout

    def __repr__(self) -> str:
        return f"<Network {visible(self.name)}>"

    def _repr_html_(self) -> str:
        from cnncalc.notebook import network_html

        return network_html(self.analyze)

    def graph(
        self,
        input: Any = None,
        variables: Mapping[str, Any] | None = None,
        rounding: str | None = None,
        layout: str | None = None,
    ) -> Graph:
        """The network unfolded: its layers in order. Raises SpecError with every fault of the spec."""
        return self._build_graph(input, variables, rounding, layout)[0]

    def _build_graph(
        self, input: Any, variables: Mapping[str, Any] | None, rounding: str | None, layout: str | None
    ) -> tuple[Graph, list[LayerCounts]]:
        from cnncalc.analysis.counts import complete
        from cnncalc.spec.document import read_document
        from cnncalc.spec.expand import expand

        document = self.document
        if variables:
            document = read_document(self._value, self._source, {**self._variables, **variables})
        # `layout` is how a given `input` is written: the spec's own input is written in the spec's layout
        layout = layout if input is not None else None
        return complete(expand(document, input=input, rounding=rounding, layout=layout))

    def analyze(
        self,
        batch: int = 1,
        *,
        input: Any = None,
        variables: Mapping[str, Any] | None = None,
        convention: str = "textbook",
        dtype: str = "float32",
        layout: str | None = None,
        rounding: str | None = None,
        optimizer: str = "sgd",
    ) -> Report:
        """Every number of the network.

        `input` is a shape, or a mapping name -> shape, in place of the spec's own; `variables` likewise.
        Raises SpecError with every fault, UsageError for a setting that can't be.

        >>> import cnncalc
        >>> cnncalc.load("lenet5").analyze().totals.params
        62006
        """
        from cnncalc.analysis.report import Report, Settings, check_settings

        asked, layout = layout, layout or self.layout
        settings = Settings(self.name, layout, batch, dtype, convention, optimizer)
        check_settings(settings)
        graph, facts = self._build_graph(input, variables, rounding, layout)
        if asked is not None:
            # every shape is in the layout that is asked for, whatever order a foreign model has
            graph = graph._replace(provenance=graph.provenance._replace(axes={}))
        return Report(graph, facts, settings)

    def explain(
        self,
        *layers: str,
        quantity: str = "",
        lang: str | None = None,
        symbolic: bool = False,
        **settings: Any,
    ) -> Explanation:
        """How the numbers of some layers come about, or of the whole network: as data and as text.

        `quantity` names some, parted by commas; `lang` is the environment's unless said; `symbolic` keeps the
        input's height and width as letters; `settings` are those of `analyze`. Raises UsageError.

        >>> import cnncalc
        >>> explanation = cnncalc.load("lenet5").explain("CONV1", quantity="params", lang="en")
        >>> explanation.data["CONV1"].workings[0].value
        456
        """
        from cnncalc.explain import parse_quantities, solve_network
        from cnncalc.render.explained.explanation import Explanation

        report = self.analyze(**settings)
        return Explanation(solve_network(report, layers, parse_quantities(quantity), letters=symbolic), lang)

    def run(self, x: Any = None, weights: Mapping[str, Any] | None = None, seed: int = 0) -> dict[str, Any]:
        """Output name -> array: what comes out for `x`, an array or a mapping input name -> array.

        Arrays are in the network's layout, with or without a batch axis, computed in float64 if given so,
        else in float32. What is not given is drawn by `seed`. Weights whose flags forbid writing are made
        ready once for all runs with them, others for each. Raises UsageError where something doesn't fit.

        >>> import cnncalc
        >>> {name: array.shape for name, array in cnncalc.load("lenet5").run().items()}
        {'Softmax': (10,)}
        """
        executor = self._executor()
        own = weights if weights is not None else executor.graph.provenance.weights
        return executor.run(x, own, seed)

    def gradients(
        self, x: Any, outputs: Mapping[str, Any], weights: Mapping[str, Any] | None = None, seed: int = 0
    ) -> dict[str, Any]:
        """The gradients of the sum of g * output over `outputs`, a mapping layer name -> g.

        The inputs' are under their names, the weights' under theirs: "conv1.weight".
        """
        executor = self._executor()
        own = weights if weights is not None else executor.graph.provenance.weights
        return executor.gradients(x, outputs, own, seed)

    def _executor(self) -> Executor:
        """What runs this network: made once, since it keeps what is the same from run to run."""
        from cnncalc.execute.executor import Executor

        if self._runs_by is None:
            self._runs_by = Executor(*self._build_graph(None, None, None, None), self.layout)
        return self._runs_by

    def verify(
        self,
        *,
        input: Any = None,
        variables: Mapping[str, Any] | None = None,
        rounding: str | None = None,
        seed: int = 0,
        track: Any = None,
        against: str | None = None,
    ) -> Verification:
        """Runs the network and holds every number to what happened; `.ok` says whether all agree.

        `against` names what values are compared with too: torch or onnxruntime. `track` goes through the
        layers as they run.

        >>> import cnncalc
        >>> cnncalc.load("lenet5").verify().ok
        True
        """
        from cnncalc.execute.verify import verify

        def reload(shapes: Mapping[str, Any]) -> Report:
            return self.analyze(input=shapes, variables=variables, rounding=rounding, layout="hwc")

        report = self.analyze(input=input, variables=variables, rounding=rounding)
        # what the spec expects is said of the network as it is written
        own = (input, variables, rounding) == (None, None, None) and not self._variables
        expect = self.document.expect if own else {}
        return verify(report, expect, self.layout, reload=reload, seed=seed, track=track, against=against)

    def check_expectations(self, report: Report | None = None) -> list[str]:
        """What the spec's `expect` says and the numbers don't: a sentence for each; [] where all hold."""
        from cnncalc.analysis.expect import mismatches

        return mismatches(self.document.expect, report or self.analyze(), self.layout)


class ForeignNetwork(Network):
    """A network that a framework wrote. Its spec is read from the model for given sizes of the inputs."""

    def __init__(self, model: Model, input: Any = None, *, opaque: bool = False) -> None:
        self._model, self._input, self._opaque = model, input, opaque
        self._readings: dict[Any, Reading] = {}
        self._variables = {}
        self._runs_by = None

    @property
    def name(self) -> str:
        """The model's own name, else that of its file."""
        return self._model.name or Path(self._model.file).stem.strip("<>")

    @property
    def layout(self) -> str:
        return self._model.layout

    @cached_property
    def document(self) -> SpecDocument:
        """The spec that the model would be, on its own inputs."""
        return self._read(self.reading())

    def _read(self, reading: Reading) -> SpecDocument:
        from cnncalc.spec.document import read_document
        from cnncalc.spec.source import Source

        return read_document(reading.value, Source("", self._model.file))

    def reading(self, input: Any = None, layout: str | None = None) -> Reading:
        """The model as a spec on these inputs; raises SpecError with every fault."""
        from cnncalc.interop.inputs import known_inputs

        given = input if input is not None else self._input
        shapes = known_inputs(self._model, given, layout if input is not None else None)
        key = tuple(shapes.items())
        if key not in self._readings:
            self._readings[key] = self._model.reading(shapes, opaque=self._opaque)
        return self._readings[key]

    def _build_graph(
        self, input: Any, variables: Mapping[str, Any] | None, rounding: str | None, layout: str | None
    ) -> tuple[Graph, list[LayerCounts]]:
        from cnncalc.analysis.counts import complete
        from cnncalc.graph import Provenance
        from cnncalc.interop.model import StoredWeights
        from cnncalc.interop.witness import check_shapes
        from cnncalc.spec.expand import expand

        _refuse_variables(variables)
        reading = self.reading(input, layout)
        graph, facts = complete(expand(self._read(reading), rounding=rounding))
        if rounding is None:
            check_shapes(reading, graph, facts, self._model)
        origins = {name: origin.to_dict() for name, origin in reading.origins.items()}
        weights = StoredWeights(reading.weights) if reading.weights else None
        provenance = Provenance(reading.axes, origins, reading.notes, weights, reading.batches)
        return graph._replace(provenance=provenance), facts


def load(
    spec: str | os.PathLike[str] | Mapping[str, Any] | Any,
    *,
    input: Any = None,
    variables: Mapping[str, Any] | None = None,
    opaque: bool = False,
) -> Network:
    """A network from a path, a built-in architecture's name, a mapping, or (with `input`) compact text.

    Raises SpecError for what can't be read, with every fault's line and column. Of a model that a framework
    wrote, `opaque` takes operators that no kind says as layers that are counted as nothing.

    >>> import cnncalc
    >>> cnncalc.load("conv5-6, maxpool2, fc-10", input="32x32x3").analyze().totals.params
    12226
    """
    from cnncalc.spec.source import Source

    if isinstance(spec, Mapping):
        value = dict(spec) if input is None else {**spec, "input": input}
        return Network(value, Source("", "<mapping>"), variables)
    if not isinstance(spec, str | os.PathLike):
        from cnncalc.interop.contents import open_object

        model = open_object(spec, input)
        if model is None:
            raise UsageError(f"a {type(spec).__name__} is no network", "a path, a name, a mapping or a model")
        return load_model(model, input, variables, opaque=opaque)
    name = os.fsdecode(spec)
    path = find_spec(name)
    if path is None and ":" in name:
        from cnncalc.interop.references import is_reference, open_reference

        if is_reference(name):
            return load_model(open_reference(name, input), input, variables, opaque=opaque)
    if path is not None:
        return _load_path(path, name, input, variables, opaque=opaque)
    if input is not None:
        return load_compact(name, input, variables)
    raise not_found(name)


def load_compact(text: str, input: Any, variables: Mapping[str, Any] | None = None) -> Network:
    """A network from compact text; its faults are told by the column in that text."""
    from cnncalc.spec.source import LocatedList, LocatedMap, Source

    layers, top = LocatedList([text]), LocatedMap(input=input, layers=None)
    layers.mark, layers.marks = (1, 1), [(1, 1)]
    top["layers"] = layers
    top.mark, top.marks = (1, 1), {"layers": ((1, 1), (1, 1)), "input": ((1, 1), (1, 1))}
    return Network(top, Source(text, "<compact text>"), variables)


def load_text(text: str, file: str, input: Any = None, variables: Mapping[str, Any] | None = None) -> Network:
    """A network from the text of a spec; `file` is what errors call it."""
    from cnncalc.spec.parse import parse
    from cnncalc.spec.source import Source

    source = Source(text, file)
    value = parse(source, source.faults)
    if input is not None and isinstance(value, dict):
        value["input"] = input
        value.marks.pop("input", None)  # type: ignore[attr-defined]
    return Network(value, source, variables)


def _load_path(
    path: Path, name: str, input: Any, variables: Mapping[str, Any] | None, *, opaque: bool
) -> Network:
    from cnncalc.interop.contents import open_model
    from cnncalc.spec.source import read_text

    model = open_model(path, name)
    if model is not None:
        return load_model(model, input, variables, opaque=opaque)
    return load_text(read_text(path, name), name, input, variables)


def load_model(
    model: Model, input: Any = None, variables: Mapping[str, Any] | None = None, *, opaque: bool = False
) -> Network:
    """A network from a model that a reader has opened."""
    _refuse_variables(variables)
    return ForeignNetwork(model, input, opaque=opaque)


def _refuse_variables(variables: Mapping[str, Any] | None) -> None:
    """A model has no `$` to put values in."""
    if variables:
        from cnncalc.spec.document import unknown_variables

        raise SpecError(*unknown_variables(variables))


def architectures() -> Path:
    """The folder of the built-in architectures: in the package when installed, beside it in a checkout."""
    here = Path(__file__).resolve().parent
    installed = here / "architectures"
    return installed if installed.is_dir() else here.parent / "architectures"


def builtin_names() -> list[str]:
    """The names of the built-in architectures, in alphabetical order."""
    return sorted(path.stem for path in architectures().glob("*.yaml"))


def builtins() -> Iterator[tuple[str, Network]]:
    """The built-in architectures, by name."""
    for name in builtin_names():
        yield name, load(name)


def builtin_path(name: str) -> Path:
    """The file of a built-in architecture; raises SpecError where there is none of that name."""
    known = builtin_names()
    stem = name.removesuffix(".yaml").lower()
    if stem not in known:
        help = did_you_mean(stem, known) or "cnncalc list names them"
        raise SpecError(Fault("no_such_spec", f"{name[:200]} is not a built-in architecture", help))
    return architectures() / f"{stem}.yaml"


def find_spec(name: str) -> Path | None:
    """The file that a name means: a file in the way wins, then a built-in architecture."""
    try:
        path = Path(name)
        if name and path.exists():
            return path
    except (OSError, ValueError):
        return None
    stem = name.removesuffix(".yaml")
    if stem and all(c.isalnum() or c in "-_." for c in stem):
        built_in = architectures() / f"{stem.lower()}.yaml"
        if built_in.is_file():
            return built_in
    return None


def not_found(name: str) -> SpecError:
    """The error for a name that is no file and no built-in architecture."""
    known = builtin_names()
    stem = name.rpartition("/")[2].rpartition("\\")[2].removesuffix(".yaml").removesuffix(".yml")
    help = did_you_mean(stem, known)
    if not help:
        layers = any(mark in name for mark in (",", " ", "conv", "pool", "fc-"))
        help = (
            "compact text needs --input, such as --input 32x32x3"
            if layers
            else "cnncalc list names the built-in ones"
        )
    return SpecError(
        Fault(
            "no_such_spec",
            "there is no such file, and no built-in architecture of that name",
            help,
            Place(name[:200] or '""'),
        )
    )
