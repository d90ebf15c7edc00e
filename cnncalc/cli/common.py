"""The options that verbs share, and the networks and results that the options ask for."""

import inspect
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar, dataclass_transform, get_type_hints

from typer import Argument, Option
from typer.models import ArgumentInfo

from cnncalc.errors import CnncalcError, Fault, LayerError, Place, SpecError, UsageError
from cnncalc.languages import codes
from cnncalc.render.writers import SPOKEN, TABLE, formats

if TYPE_CHECKING:
    from pathlib import Path

    from cnncalc.analysis.devices import Device
    from cnncalc.analysis.report import Report
    from cnncalc.execute.images import Pixels
    from cnncalc.languages import Language
    from cnncalc.network import Network
    from cnncalc.render.document import Document
    from cnncalc.render.reports.report_tables import View
    from cnncalc.render.writer import Writer


Read = TypeVar("Read")
VAST = 9_999_999
"""The side of an input that no usual window is wider than."""
FORMAT = f"{', '.join(formats())}."
LANG = f"{', '.join(codes())}; explanations are in the environment's language unless said."


@dataclass_transform(kw_only_default=True, frozen_default=True)
class Options:
    """A group of options that verbs share: the annotated attributes of its class, with their defaults."""

    PANEL = "Options"
    """What the group is called in the help."""

    # a dataclass would be compiled at every start
    def __init__(self, **given: Any) -> None:
        vars(self).update(given)

    @classmethod
    def defaults(cls) -> dict[str, Any]:
        """The options of the group by name, in the order of the help."""
        known = (inspect.get_annotations(base) for base in reversed(cls.__mro__))
        return {name: getattr(cls, name) for names in known for name in names}

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and {**self.defaults(), **vars(self)} == {
            **self.defaults(),
            **vars(other),
        }

    __hash__ = object.__hash__

    def replace(self, **changed: Any) -> Self:
        """The same options, some of them changed."""
        return type(self)(**{**vars(self), **changed})

    def refuse(self, what: str, *names: str, but: Sequence[str] = (), help: str = "leave it out") -> None:
        """Refuses options that would say nothing to `what`: those that are named, or all."""
        defaults = self.defaults()
        wanted = names or [name for name in defaults if name not in but]
        given = [name for name in wanted if getattr(self, name) != defaults[name]]
        refuse_given(what, {self._flag(name): True for name in given}, help)

    def _flag(self, name: str) -> str:
        """An option as it is typed, an argument as the help names it; of --this/--that, the one given."""
        info = get_type_hints(type(self), include_extras=True)[name].__metadata__[0]
        if isinstance(info, ArgumentInfo):
            return str(info.metavar)
        said = [str(word) for word in (info.default, *(info.param_decls or ()))]
        flag = next((word for word in said if word.startswith("--")), f"--{name.replace('_', '-')}")
        return flag.split("/")[-1 if getattr(self, name) is False else 0]


class SpecOptions(Options):
    """The network that is meant, and how the network is to be read."""

    PANEL = "Network"

    spec: Annotated[
        str | None,
        Argument(
            help="A file (a spec or a framework's model), a built-in name, compact text, - for stdin.",
            metavar="SPEC",
        ),
    ] = None
    input: Annotated[
        str | None, Option(help="Another input: HxWxC, or name=HxWxC for one of several.", metavar="SHAPE")
    ] = None
    set: Annotated[
        list[str] | None, Option(help="Give a variable of the spec a value.", metavar="NAME=VALUE")
    ] = None
    batch: Annotated[int, Option(help="Samples in a batch.", metavar="N", min=1)] = 1
    dtype: Annotated[str, Option(help="float64, float32, float16, bfloat16 or int8.", metavar="TYPE")] = (
        "float32"
    )
    convention: Annotated[
        str, Option(help="Whose way of counting: textbook, torchinfo, thop, ptflops, ...", metavar="NAME")
    ] = "textbook"
    layout: Annotated[str | None, Option(help="How shapes are written: hwc or chw.", metavar="LAYOUT")] = None
    rounding: Annotated[
        str | None,
        Option(help="What becomes of sizes that don't divide: floor, ceil or exact.", metavar="RULE"),
    ] = None
    opaque: Annotated[
        bool,
        Option("--opaque", help="Of a framework's model: what no kind says is a layer that counts nothing."),
    ] = False

    @property
    def typed(self) -> str:
        """The network as it is said on the command line."""
        from shlex import quote

        said = [] if self.spec is None else [quote(self.spec)]
        return " ".join([*([f"--input {quote(self.input)}"] if self.input else []), *said])

    def network(self) -> "Network":
        """The network that is meant."""
        from cnncalc.network import ForeignNetwork

        network = self._loaded()
        if not isinstance(network, ForeignNetwork):
            self.refuse("a spec: it is for the models of frameworks", "opaque")
        return network

    def _loaded(self) -> "Network":
        from cnncalc.built_in import find_spec
        from cnncalc.loading import load, load_compact, load_text

        if self.spec is None:
            raise UsageError(
                "which network?", "a file, or a name such as lenet5; cnncalc list names the built-in ones"
            )
        variables = read_variables(self.set or [])
        if self.spec == "-":
            return load_text(read_stdin(), "<stdin>", self.given_input(), variables)
        if ":" in self.spec and find_spec(self.spec) is None:
            return load(self.spec, input=self.given_input(), variables=variables, opaque=self.opaque)
        if self.input is not None and "=" not in self.input and find_spec(self.spec) is None:
            if self.spec.endswith((".yaml", ".yml", ".json")):
                return load(self.spec)
            return load_compact(self.spec, self.input, variables)
        if self.input is None and find_spec(self.spec) is None:
            from cnncalc.spec.lines import own_input

            if own_input(self.spec)[0] is not None:
                return load_compact(self.spec, None, variables)
        # layers line by line need an input to be read at all, and a spec has its own
        early = self.given_input() if self.spec.endswith((".py", ".txt")) else None
        return load(self.spec, input=early, variables=variables, opaque=self.opaque)

    def anywhere(self) -> Self:
        """The same; compact text without an input, which has receptive fields all the same, on a vast one.

        How many filters a convolution has may be left out then.
        """
        from cnncalc.built_in import find_spec, looks_compact

        if self.spec is None or find_spec(self.spec) or not looks_compact(self.spec):
            return self
        from cnncalc.spec.compact import CALL

        text = self.spec
        if not CALL.search(text):  # calls have commas of their own
            text = ",".join(map(_with_filters, re.split("[,，]", text)))
        return self.replace(spec=text, input=self.input or f"{VAST}x{VAST}x1")

    def given_input(self) -> Any:
        """The input said on the command line: a shape, or a mapping name -> shape."""
        if self.input is None or "=" not in self.input:
            return self.input
        pairs = [part.partition("=") for part in self.input.split(",")]
        return {name.strip(): shape.strip() for name, _, shape in pairs}

    def report(self, optimizer: str = "sgd", network: "Network | None" = None) -> "Report":
        """The numbers of the network that is meant, loaded already or not."""
        try:
            return (network or self.network()).analyze(
                self.batch,
                input=self.given_input(),
                dtype=self.dtype,
                layout=self.layout,
                rounding=self.rounding,
                convention=self.convention,
                optimizer=optimizer,
            )
        except SpecError as error:
            raise self._doubted(error) from None

    def lettered(self, *, anywhere: bool = False) -> "Report | None":
        """The report of a network whose numbers are letters in part, such as conv3-C; else None.

        `anywhere` is for what does not depend on the input: numbers for letters need room then.
        """
        from cnncalc.built_in import architectures, find_spec

        if self.spec is None or self.spec == "-":
            return None
        if (path := find_spec(self.spec)) is not None:
            return None if path.parent == architectures() else self._lettered_file(path)
        from cnncalc.spec.unknowns import lettered

        without = _input_of_first(self.spec) if self.input is None and not anywhere else None
        found = lettered(self.spec, self.input or without)
        if found is None:
            return None
        from cnncalc.analysis.symbolic_report import with_unknowns

        input = None if anywhere else found.input
        report = self.replace(spec=found.text, input=input).anywhere().report()
        self.refuse("formulas in letters", "dtype")
        return with_unknowns(report, found.letters)

    def _lettered_file(self, path: "Path") -> "Report | None":
        """The report of a spec in a file whose sizes are letters in part, such as `filters: K`; else None."""
        if path.suffix.lower() not in (".yaml", ".yml") or not path.is_file():
            return None
        from cnncalc.spec.source import read_text
        from cnncalc.spec.unknowns import lettered_spec

        found = lettered_spec(read_text(path, str(path)))
        if found is None:
            return None
        from cnncalc.analysis.symbolic_report import with_unknowns
        from cnncalc.loading import load_text

        with suppress(SpecError):
            self.network().graph()
            return None  # what looked like a letter is none
        try:
            report = self.replace(input=None).report(network=load_text(found.text, str(path)))
        except SpecError:
            return None  # the faults are told of the text as it stands
        self.refuse("formulas in letters", "dtype", "set", "input")
        return with_unknowns(report, found.letters)

    def _doubted(self, error: SpecError) -> SpecError:
        """The same faults; where the input was probably meant in another way, the help says so."""
        from cnncalc.analysis.report import doubt
        from cnncalc.layers.support.base import from_layout
        from cnncalc.layers.support.options import shape

        try:
            layout = self.layout or "hwc"
            given = from_layout(shape(self.input), layout) if self.input else ()
        except LayerError:
            given = ()
        # an input of two axes has the help of the error itself
        told = doubt(given, layout) if len(given) > 2 else None
        if told is None:
            return error
        first, *others = error.faults
        return SpecError(first._replace(help=told), *others)


def _input_of_first(text: str) -> str | None:
    """The input in letters of pasted layers whose first says its channels: HxWx64 of Conv2d(64, 128, 3)."""
    from cnncalc.layers import find
    from cnncalc.spec.compact import CALL
    from cnncalc.spec.pasted import input_shape, read

    if not CALL.search(text) or input_shape(text) is not None:
        return None
    try:
        first, *others = read(text)
    except LayerError:
        return None
    if any(layer.reads and (cls := find(layer.kind)) and cls.flattens for layer in others):
        return None  # how many values come in says the size of the input
    axes = {"1d": "N", "2d": "HxW", "3d": "TxHxW"}.get(first.of[-2:])
    return f"{axes}x{first.reads}" if axes and isinstance(first.reads, int) else None


def _with_filters(layer: str) -> str:
    """A layer of compact text; a convolution that says no filters has one."""
    from cnncalc.spec.compact import read

    glued = re.sub(r"(?i)(conv_?\d+(?:x\d+)*)(?![-x\d])", r"\1-1", layer)
    tried = (glued, f"{layer} 1 filters")
    return next((text for text in tried if not any(item.error for item in read(text))), glued)


Symbolic = Annotated[
    bool, Option("--symbolic", help="Keep the input's height and width as letters, and the batch.")
]


class DataOptions(Options):
    """The values of the inputs, from files."""

    data: Annotated[
        list[str] | None,
        Option(
            help="The input: .npy, text, an image; NAME=FILE of several. Random unless said.", metavar="FILE"
        ),
    ] = None
    mean: Annotated[
        str | None,
        Option(help="Subtracted from an image's channels: 0.485,0.456,0.406.", metavar="NUMBERS"),
    ] = None
    std: Annotated[
        str | None, Option(help="An image's channels are divided by: 0.229,0.224,0.225.", metavar="NUMBERS")
    ] = None
    white: Annotated[int, Option(help="The value of white in an image: 1 or 255.", metavar="1|255")] = 1
    fit: Annotated[
        str | None, Option(help="An image of another size: crop its middle, or stretch it.", metavar="WAY")
    ] = None

    @property
    def pixels(self) -> "Pixels":
        """How images become values."""
        from cnncalc.execute.images import Pixels

        return Pixels.read(self.mean, self.std, self.white, self.fit)


class OutputOptions(Options):
    """How results are written, and where."""

    PANEL = "Output"

    format: Annotated[str, Option(help=FORMAT, metavar="FORMAT")] = TABLE
    output: Annotated[str | None, Option("--output", "-o", help="A file for the result.", metavar="FILE")] = (
        None
    )
    no_color: Annotated[bool, Option("--no-color", help="No colour.")] = False
    no_pager: Annotated[bool, Option("--no-pager", help="No pager for what is longer than the screen.")] = (
        False
    )
    lang: Annotated[str | None, Option(help=LANG, metavar="LANGUAGE")] = None

    def show(self, document: "Document", *, explains: bool = False) -> None:
        """Writes a result in the language of `--lang`; an explanation else in the environment's."""
        from cnncalc.languages import english
        from cnncalc.render.output import show

        language = self.language if explains or self.lang is not None else english()
        show(document, self.format, self.output, language, self.color)

    def warn(self, warnings: Sequence[str], most: int | None = None) -> None:
        """Prints warnings on standard error, or the first of very many."""
        from cnncalc.render.problems import show_warnings

        show_warnings(warnings, self.language, self.color, most)

    def track(self, items: Iterable[Any], total: int, doing: str) -> Iterator[Any]:
        """The items, with a bar of progress on a terminal; `doing` is a word of the catalogues."""
        from cnncalc.render.progress import track

        return track(items, total, self.language.say(f"progress.{doing}"), self.color)

    @property
    def language(self) -> "Language":
        """The language of explanations and remarks; beside data they are English."""
        from cnncalc.languages import english, language

        return english() if self.writer.IS_DATA else language(self.lang)

    @property
    def writer(self) -> "type[Writer]":
        """The class of the format's writer, which says what the format is for."""
        from cnncalc.render.writer import writer_class

        return writer_class(self.format)

    @property
    def color(self) -> bool | None:
        return False if self.no_color else None


class TableOptions(OutputOptions):
    """How a table of layers is written."""

    depth: Annotated[
        int | None,
        Option(help="Fold groups deeper than this into their sums.", metavar="N", min=1, max=10**6),
    ] = None
    every: Annotated[bool, Option("--all", help="A row for each layer: repeats are not folded.")] = False

    def view(self, spec: SpecOptions) -> "View":
        """The part of a report that is shown."""
        from cnncalc.render.reports.report_tables import View

        return View(self.depth, self.every, command=f"cnncalc summary {spec.typed} --columns name,")


class SpokenOptions(OutputOptions):
    """How results in words are written."""

    format: Annotated[str, Option(help=FORMAT, metavar="FORMAT")] = SPOKEN


def with_option_groups(*groups: type[Options]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Gives a verb the options of each group: it is called with an object of each, and its own by name."""

    def give(function: Callable[..., None]) -> Callable[..., None]:
        own = list(inspect.signature(function, eval_str=True).parameters.values())[len(groups) :]
        hints: dict[str, Any] = {}
        parameters = []
        for group in groups:
            group_hints = get_type_hints(group, include_extras=True)
            for name, default in group.defaults().items():
                hints[name] = group_hints[name]
                hints[name].__metadata__[0].rich_help_panel = group.PANEL
                parameters.append(
                    inspect.Parameter(
                        name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=hints[name]
                    )
                )
        for parameter in own:
            hints[parameter.name] = parameter.annotation
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))

        def verb(**given: Any) -> None:
            objects = [group(**{name: given.pop(name) for name in group.defaults()}) for group in groups]
            for each in objects:
                if isinstance(each, OutputOptions):
                    if each.no_pager:
                        os.environ["CNNCALC_PAGER"] = ""
                    _ = each.language  # one that there isn't is told before anything else
            function(*objects, **given)

        verb.__doc__ = function.__doc__
        verb.__name__ = function.__name__
        verb.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        verb.__annotations__ = hints
        return verb

    return give


def found_device(name: str) -> "Device":
    """The device of a name or a file; this machine, which is measured then."""
    from cnncalc.analysis.devices import THIS, find

    if name != THIS:
        return find(name)
    from cnncalc.execute.machine import measure

    return measure()


def refuse_given(what: str, given: Mapping[str, Any], help: str = "leave it out") -> None:
    """Refuses options that would say nothing to `what`: flag -> whether the option is given, or its value."""
    faults = [Fault("usage", f"{flag} says nothing to {what}", help) for flag, said in given.items() if said]
    if faults:
        raise CnncalcError(*faults)


def read_quantity(flag: str, read: Callable[[str], Read], text: str | None) -> Read | None:
    """The value of a flag as people write numbers, such as 5M or 64MiB; None where the flag is not given."""
    try:
        return None if text is None else read(text)
    except UsageError as error:
        raise UsageError(
            f"{flag}: {error.faults[0].message}", error.faults[0].help, error.faults[0].code
        ) from None


BytesIn = Annotated[
    str | None, Option(help="The unit of columns of bytes: kB, MB, GB, KiB, MiB or GiB.", metavar="UNIT")
]


def read_unit(text: str | None, output: OutputOptions) -> str:
    """The unit of `--bytes-in`; "" where it is not given. Data in JSON is in bytes."""
    from cnncalc.number_text import unit_of_bytes

    if text is not None and output.writer.HOLDS_REMARKS:
        refuse_given("JSON, which is in bytes", {"--bytes-in": True})
    return read_quantity("--bytes-in", unit_of_bytes, text) or ""


def read_variables(given: list[str]) -> dict[str, Any]:
    """The variables of `--set name=value`."""
    from cnncalc.spec.parse import plain

    variables = {}
    for entry in given:
        name, equals, value = entry.partition("=")
        if not equals or not name.strip():
            raise UsageError(f"--set {entry}: not name=value", "such as --set width=0.5")
        variables[name.strip()] = plain(value.strip())
    return variables


def read_stdin() -> str:
    """The spec on standard input."""
    from cnncalc.spec.source import LARGEST_FILE, decode

    if sys.stdin is None or sys.stdin.closed:
        raise CnncalcError(Fault("no_input", "standard input is closed", "", Place("<stdin>")))
    return decode(sys.stdin.buffer.read(LARGEST_FILE + 1), "<stdin>")


def tell_warnings(report: "Report", options: OutputOptions) -> None:
    """Prints the report's warnings on standard error, but where they are part of the result."""
    from cnncalc.render.problems import by_message

    if not options.writer.HOLDS_REMARKS:
        options.warn(by_message((warning.layer, warning.message) for warning in report.warnings))


def doubt_inputs(report: "Report", options: OutputOptions) -> None:
    """Prints on standard error which inputs were probably meant otherwise."""
    from cnncalc.render.problems import by_message

    inputs = {source.name for source in report.graph.inputs}
    found = ((warning.layer, warning.message) for warning in report.warnings if warning.layer in inputs)
    options.warn(by_message(found))
