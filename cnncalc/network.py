"""A network in Python: loaded from a spec, and asked for its numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cnncalc.errors import SpecError, UsageError
from cnncalc.plain_text import visible

if TYPE_CHECKING:
    from cnncalc.analysis.counts import LayerCounts
    from cnncalc.analysis.expect import Comparison
    from cnncalc.analysis.report import Report
    from cnncalc.analysis.variants import SharedWork
    from cnncalc.execute.executor import Executor
    from cnncalc.execute.verify import Verification
    from cnncalc.figures.scene import Scene
    from cnncalc.graph import Graph
    from cnncalc.interop.model import Model, Reading
    from cnncalc.notebook import Page
    from cnncalc.render.explained.explanation import Explanation
    from cnncalc.solve import Sweep
    from cnncalc.spec.document import SpecDocument
    from cnncalc.spec.source import Source


class Network:
    """A network. Loading reads its spec; `analyze()` unfolds it and gives its numbers."""

    def __init__(self, value: Any, source: Source, variables: Mapping[str, Any] | None = None) -> None:
        self._value, self._source = value, source
        if not isinstance(variables, Mapping | None):
            raise UsageError(f"variables are no {type(variables).__name__}", "a mapping, name -> number")
        self._variables = dict(variables or {})
        self._runs_by: Executor | None = None
        self._shared: SharedWork | None = None
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

        if self._shared is not None:
            return self._shared.graph(input, {**self._variables, **(variables or {})}, rounding, layout)
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
        report = Report(*self._build_graph(input, variables, rounding, layout), settings)
        return report if asked is None else report.laid_out(layout)

    def with_shared_work(self) -> Network:
        """The same network, which keeps what its variants share: variables and inputs may change quickly."""
        from cnncalc.analysis.variants import SharedWork

        network = Network(self._value, self._source, self._variables)
        network._shared = SharedWork(self._value, self._source)
        return network

    def sweep(
        self, variables: Mapping[str, Sequence[Any]], inputs: Sequence[Any] = (), **settings: Any
    ) -> Sweep:
        """Every combination of values of variables and of inputs, the inputs changing fastest.

        A variant that can't be has its faults in place of a report. `settings` are those of `analyze`. Before
        any is worked out, raises UsageError for more than 100,000 combinations, and SpecError for variables
        that the spec has not.

        >>> import cnncalc
        >>> each = cnncalc.load("mobilenet-v1").sweep({"width": [0.5, 1]}, ["128x128x3", "224x224x3"])
        >>> [variant.report.totals.macs for variant in each]
        [49160192, 149497088, 186400768, 568740352]
        """
        from cnncalc.solve import Sweep
        from cnncalc.spec.document import unknown_variables

        known = self.document.variables if variables else {}
        if unknown := [name for name in variables if name not in known]:
            raise SpecError(*unknown_variables(unknown, known))
        return Sweep(self.with_shared_work().analyze, variables, inputs, **settings)

    def spec(
        self,
        *,
        input: Any = None,
        variables: Mapping[str, Any] | None = None,
        layout: str | None = None,
        rounding: str | None = None,
        fold: bool = True,
    ) -> str:
        """The network as the YAML of a spec: groups of layers that come again as blocks and repeats.

        A spec's own source, notes, expectations and comments stay. Without `fold` every layer is written by
        itself. Read again, the spec has the same numbers. Raises SpecError with every fault.

        >>> import cnncalc
        >>> print(cnncalc.load("conv5-6, maxpool2, fc-10", input="32x32x3").spec())
        name: compact text
        input: 32x32x3
        layers:
          - conv5-6, maxpool2, fc-10
        <BLANKLINE>
        """
        from cnncalc.convert.kept import kept
        from cnncalc.convert.specs import layout_of, spec_of

        graph = self.graph(input, variables, rounding, layout)
        own = layout or layout_of(graph, self.layout)
        as_written = not (input or variables or layout or rounding or self._variables)
        beside = None if self._written_by else kept(self.document, graph, numbers=as_written)
        return spec_of(graph, name=self.name, layout=own, source=self._written_by, kept=beside, fold=fold)

    @property
    def _written_by(self) -> str:
        """The file of a framework's model, as a spec made of it tells of; "" for a spec's own."""
        return ""

    def explain(
        self,
        *layers: str,
        quantity: str = "",
        lang: str | None = None,
        symbolic: bool = False,
        device: str | None = None,
        energy: bool = False,
        **settings: Any,
    ) -> Explanation:
        """How the numbers of some layers come about, or of the whole network: as data and as text.

        `quantity` names some, parted by commas; `lang` is the environment's unless said; `symbolic` keeps the
        input's height and width as letters; with a `device` or `energy` the working is that of the least time
        or of the energy; `settings` are those of `analyze`. Raises UsageError.

        >>> import cnncalc
        >>> explanation = cnncalc.load("lenet5").explain("CONV1", quantity="params", lang="en")
        >>> explanation.data["CONV1"].workings[0].value
        456
        """
        from cnncalc.analysis.energy import Energies
        from cnncalc.explain import parse_quantities, solve_network
        from cnncalc.render.explained.explanation import Explanation

        report = self.analyze(**settings)
        solution = solve_network(
            report,
            layers,
            parse_quantities(quantity),
            letters=symbolic,
            bounds=None if device is None else report.bounds(device),
            energies=Energies(report) if energy else None,
        )
        return Explanation(solution, lang)

    def draw(self, part: str | None = None, **wishes: Any) -> Scene:
        """The network's figure, or a part's graph, which a notebook shows.

        `wishes` are those of `cnncalc.figures.draw`. Raises UsageError for what can't be drawn so.

        >>> import cnncalc
        >>> cnncalc.load("lenet5").draw(field="POOL2", lang="en").view
        'maps'
        """
        from cnncalc.figures import draw

        return draw(self, part, **wishes)

    def report(self, *, lang: str | None = None, **settings: Any) -> Page:
        """The network's page for browsers, as text of HTML, which a notebook shows.

        `lang` is the environment's unless said; `settings` are those of `analyze`.

        >>> import cnncalc
        >>> page = cnncalc.load("lenet5").report(lang="en")
        >>> page.startswith("<!DOCTYPE html>"), page._repr_html_()[:4]
        (True, '<div')
        """
        from cnncalc.notebook import Page

        return Page.of(self.analyze(**settings), lang)

    def run(self, x: Any = None, weights: Mapping[str, Any] | None = None, seed: int = 0) -> dict[str, Any]:
        """Output name -> array: the outputs for `x`, an array or a mapping input name -> array.

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
        """The executor of this network: made once, since it keeps all that is the same from run to run."""
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
        data: Any = None,
    ) -> Verification:
        """Runs the network and holds every number to what happened; `.ok` says whether all agree.

        `data` is one sample to run on, as `run` takes it; a random one unless said.
        `against` names an engine to compare values with: torch or onnxruntime. `track` goes through the
        layers as they run.

        >>> import cnncalc
        >>> cnncalc.load("lenet5").verify().ok
        True
        """
        from cnncalc.execute.verify import verify

        def reload(shapes: Mapping[str, Any]) -> Report:
            return self.analyze(input=shapes, variables=variables, rounding=rounding, layout="hwc")

        report = self.analyze(input=input, variables=variables, rounding=rounding)
        # the spec's `expect` holds for the network as written
        own = (input, variables, rounding) == (None, None, None) and not self._variables
        expected = self._expected(report) if own else ()
        return verify(report, expected, reload=reload, seed=seed, track=track, against=against, data=data)

    def check_expectations(self, report: Report | None = None) -> list[str]:
        """A sentence for each number that is not as the spec's `expect` says; [] where all hold."""
        if not self.document.expect and not self.document.expected_model:
            return []
        from cnncalc.analysis.expect import mismatches

        report = report or self.analyze()
        return mismatches(self._expected(report), report)

    def _expected(self, report: Report) -> Iterator[Comparison]:
        """What the spec's `expect` says, beside what the report has: numbers, or a model's layers."""
        from cnncalc.analysis.expect import comparisons, comparisons_with

        if not self.document.expected_model:
            return comparisons(self.document.expect, report, self.layout)
        return comparisons_with(self._expected_model().analyze(layout=self.layout), report)

    def _expected_model(self) -> ForeignNetwork:
        """The model that `expect` names; raises SpecError unless that is a file below the spec's folder."""
        from cnncalc.errors import LayerError
        from cnncalc.interop.contents import open_model

        name, spec = self.document.expected_model, Path(self._source.file)
        file = spec.parent / name
        if not spec.is_file():
            error = LayerError("bad_value", "expect names a model, and the spec is no file", "save the spec")
        elif not file.is_file() or not file.resolve().is_relative_to(spec.parent.resolve()):
            message = f"expect: there is no model {name} below the folder of the spec"
            error = LayerError("unreadable_file", message)
        elif model := open_model(file, str(file)):
            return ForeignNetwork(model)
        else:
            error = LayerError("unreadable_file", f"expect: {name} holds no model")
        raise SpecError(self.document.fault(error, self._value, "expect"))


class ForeignNetwork(Network):
    """A network that a framework wrote. Its spec is read from the model for given sizes of the inputs."""

    def __init__(self, model: Model, input: Any = None, *, opaque: bool = False) -> None:
        self._model, self._input, self._opaque = model, input, opaque
        self._readings: dict[Any, Reading] = {}
        self._variables = {}
        self._runs_by = None

    def with_shared_work(self) -> Network:
        return self

    @property
    def name(self) -> str:
        """The model's own name, else that of its file."""
        return self._model.name or Path(self._model.file).stem.strip("<>")

    @property
    def layout(self) -> str:
        return self._model.layout

    @property
    def _written_by(self) -> str:
        return Path(self._model.file).name

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

        refuse_variables(variables)
        reading = self.reading(input, layout)
        graph, facts = complete(expand(self._read(reading), rounding=rounding))
        if rounding is None:
            check_shapes(reading, graph, facts, self._model)
        origins = {name: origin.to_dict() for name, origin in reading.origins.items()}
        weights = StoredWeights(reading.weights, self._model.file) if reading.weights else None
        provenance = Provenance(reading.axes, origins, reading.notes, weights, reading.batches)
        return graph._replace(provenance=provenance), facts


def refuse_variables(variables: Mapping[str, Any] | None) -> None:
    """A model has no `$` to put values in."""
    if variables:
        from cnncalc.spec.document import unknown_variables

        raise SpecError(*unknown_variables(variables))
