"""The command. Each verb is a file of this folder, loaded when it is called."""

# ruff: noqa: E402 - objects are collected more rarely before the other modules are imported

import atexit
import gc
import os
import pkgutil
import re
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

# the objects of modules and of a large network live until the end: to visit them again and again takes long
gc.set_threshold(200_000, 50, 100)

import typer
from typer.core import TyperGroup

from cnncalc.cli.page_of_help import WIDEST, ByGroups, Verb, WithNumbers
from cnncalc.cli.process import StoppedError, close_output, open_streams, stoppable
from cnncalc.errors import CnncalcError, Fault, Place, UsageError, did_you_mean, reason_of

if TYPE_CHECKING:
    from cnncalc.languages import Language

_NOT_VERBS = {
    "common", "completion", "homework", "limits", "one_layer", "page_of_help", "process", "quantity",
    "student_files",
}  # fmt: skip
_ALIASES = {"rf": "receptive-field"}
_COMPLETING = "_CNNCALC_COMPLETE"
"""The variable that a shell sets in the environment when the Tab key is pressed."""


@cache
def _modules() -> dict[str, str]:
    """Verb -> its module: of one that is also a word of Python, such as list, with an underscore behind."""
    found = (module.name for module in pkgutil.iter_modules(__path__) if module.name not in _NOT_VERBS)
    return {name.strip("_").replace("_", "-"): name for name in found}


def verbs() -> list[str]:
    """The names of the verbs."""
    return sorted(_modules())


class Verbs(ByGroups, TyperGroup):
    """Finds a verb by its file."""

    def list_commands(self, ctx: Any) -> list[str]:
        return verbs()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        name = _ALIASES.get(cmd_name, cmd_name)
        if name not in _modules():
            return None
        module = import_module(f"{__name__}.{_modules()[name]}")
        if _COMPLETING in os.environ:
            import_module(f"{__name__}.completion").attach(name, module.run)
        app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        cls = WithNumbers if getattr(module, "TAKES_NUMBERS", False) else Verb
        app.command(name, cls=cls, rich_help_panel=getattr(module, "PURPOSE", None))(module.run)
        return typer.main.get_command(app)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        unknown = args and args[0] not in _ALIASES and args[0] not in verbs() and not args[0].startswith("-")
        if unknown and not ctx.resilient_parsing:
            from cnncalc.built_in import find_spec

            help = did_you_mean(args[0], verbs()) or "cnncalc --help names the verbs"
            if (meant := _VERBS_MEANT.get(args[0].lower())) is not None:
                given = next((arg for arg in args[1:] if find_spec(arg) is not None), "lenet5")
                help = f"such as cnncalc {meant} {given}"
            if find_spec(args[0]) is not None:
                help = f"a verb stands before a network: cnncalc shapes {args[0]}"
            raise CnncalcError(Fault("unknown_verb", f"{args[0]!r} is not a verb", help))
        return super().resolve_command(ctx, args)


def _version(asked: bool) -> None:
    if asked:
        from cnncalc import __version__

        typer.echo(f"cnncalc {__version__}")
        raise typer.Exit


app = typer.Typer(
    cls=Verbs,
    add_completion=True,
    no_args_is_help=True,
    subcommand_metavar="VERB [ARGS]...",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": WIDEST},
)


@app.callback()
def cnncalc(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """What every layer of a convolutional network puts out and costs, and how that comes about.

    cnncalc shapes lenet5.yaml

    cnncalc summary --input 32x32x3 "conv5-6 relu, maxpool2, fc-10"

    cnncalc explain --conv 5x5x3 --filters 6
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Runs the command and exits: 0 done, 1 the answer is no, 2 bad input, 130 interrupted."""
    given = list(sys.argv[1:] if arguments is None else arguments) or ["--help"]
    # the objects need not be visited once more as the process ends
    atexit.register(gc.freeze)
    open_streams()
    if _COMPLETING in os.environ:
        sys.exit(import_module(f"{__name__}.completion").complete(app))
    try:
        with stoppable():
            code = _status(given)
            sys.stdout.flush()
    except BrokenPipeError:
        close_output()
    except OSError as error:
        try:
            sys.stdout.flush()
        except OSError:
            close_output()  # it did not fit
        code = _show_and_fail([_of_system(error)], given)
    except KeyboardInterrupt:
        code = 130
    except StoppedError as stopped:
        code = 128 + stopped.signal
    sys.exit(code)


def _status(given: list[str]) -> int:
    try:
        _check_folder()
        result = typer.main.get_command(app).main(args=given, prog_name="cnncalc", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except CnncalcError as error:
        faults: Sequence[Fault] = error.faults
    except typer.Abort:
        return 130
    except (BrokenPipeError, SystemExit):
        # typer turns a pipe that closes early into an exit of its own
        close_output()
        return 0
    except RecursionError:
        faults = [Fault("too_deep", "nests too deep to be read", "")]
    except MemoryError:
        faults = [Fault("too_large", "is too large for this machine's memory", "")]
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told
        faults = [_unforeseen(error)]
    return _show_and_fail(faults, given)


def _check_folder() -> None:
    """Raises UsageError where the package's kinds, verbs and languages are no files, which are looked for."""
    if not Path(__file__).with_suffix(".py").is_file():
        message = "cnncalc runs from a folder that holds its source files, and from no archive"
        raise UsageError(message, "pip install cnncalc makes such a folder", "system")


def _unforeseen(error: Exception) -> Fault:
    # faults of the arguments themselves come as exceptions of typer's own
    if hasattr(error, "format_message"):
        message = re.sub(r"a valid int(eger)?( range)?\b", "a whole number", error.format_message())
        return Fault("usage", message, _usage_help(error))
    if os.environ.get("CNNCALC_DEBUG"):
        raise error
    help = "this is cnncalc's own fault: please report it, with what CNNCALC_DEBUG=1 shows"
    return Fault("internal", f"{type(error).__name__}: {error}"[:300], help)


def _show_and_fail(faults: Sequence[Fault], given: list[str]) -> int:
    from cnncalc.render.problems import show_faults

    color = False if "--no-color" in given else None
    show_faults(faults, _holds_remarks(given), color, _language(given))
    return 2


def _language(given: list[str]) -> "Language | None":
    """The language of `--lang`, else that of the environment; None where it is none that there is."""
    from cnncalc.languages import language

    said = [word.partition("=")[2] for word in given if word.startswith("--lang=")]
    said += [word for before, word in pairwise(given) if before == "--lang"]
    with suppress(CnncalcError):
        return language(said[-1] if said else None)
    return None


def _of_system(error: OSError) -> Fault:
    place = Place(str(error.filename)) if error.filename else None
    return Fault("system", reason_of(error), "", place)


def _usage_help(error: Any) -> str:
    context = getattr(error, "ctx", None)
    if context is None:
        return ""
    more = f"{context.command_path} --help says more"
    if given := getattr(error, "option_name", ""):
        return _option_meant(given, context.command) or more
    quantity = _QUANTITY_OF.get(context.info_name)
    if quantity and (extra := re.search(r"extra argument\S* \((\S+?)\)$", error.format_message())):
        network = context.params.get("spec") or "lenet5"
        return f"one layer of a network: cnncalc explain {network} {extra[1]} --quantity {quantity}"
    examples = re.findall(r"^ *(cnncalc .+)", context.command.help or "", re.MULTILINE)
    flags = getattr(getattr(error, "param", None), "opts", [])
    # of the examples, the one with the option that the fault is about
    example = next((each for each in examples if {*flags} & {*each.split()}), next(iter(examples), ""))
    asks = type(error).__name__ in ("MissingParameter", "BadParameter") or "unexpected extra" in str(error)
    return f"such as {example}" if example and asks else more


def _option_meant(given: str, command: Any) -> str:  # noqa: C901, PLR0911 - a case for each confusion
    """The help for an option that a verb does not have; "" where nobody knows what it should be."""
    flags = {flag for parameter in command.params for flag in parameter.opts}
    name = given.lstrip("-").replace("_", "-")
    meant = _MEANT.get(name, "")
    for each in (meant, *_IN_OTHER_WORDS.get(name, ())):
        if each.partition(" ")[0] in flags:
            return f"did you mean {each}?"
    if name in _TABLES_WITH and "--depth" in flags and "--columns" not in flags:
        return f"such as cnncalc {_TABLES_WITH[name]} lenet5"
    if name in _AS_TEXT and "--conv" in flags:
        return f"as text: cnncalc params {_AS_TEXT[name]}"
    if name == "layers" and "--pixel" in flags:
        return 'layer by layer: cnncalc rf "conv3, conv3, maxpool2"'
    if name in ("layer", "layers"):
        return "one layer of a network: cnncalc explain lenet5 CONV1"
    if "--kernel" in (given, meant) and "--pixel" in flags:
        return 'layer by layer: cnncalc rf "conv3, conv3, maxpool2"'
    if given == "--filters" and "--coverage" in flags:
        return "such as cnncalc shapes --input 32x32x3 --conv 5x5x3 --filters 6"
    if "--input" in (given, meant) and "--coverage" in flags:
        return "the input size stands alone: cnncalc size 7 --kernel 3"
    if "--kernel" in (given, meant) and "--conv" in flags:
        return "the kernel and the channels stand together: --conv 5x5x3"
    if "--kernel" in (given, meant) and "--pool" in flags:
        return "the kernel, or the size of the window, stands behind the image: cnncalc convolve IMAGE 2"
    return ""


_MEANT: Mapping[str, str] = {
    **dict.fromkeys(("filter", "filter-size", "kernel-size", "window", "f", "k"), "--kernel"),
    **dict.fromkeys(("out", "out-channels", "maps", "features", "num-filters"), "--filters"),
    **dict.fromkeys(("pad", "p"), "--padding"),
    **dict.fromkeys(("strides", "s"), "--stride"),
    **dict.fromkeys(("in", "in-channels", "channels", "input-shape", "shape", "size"), "--input"),
    **dict.fromkeys(("dilation-rate",), "--dilation"),
    **dict.fromkeys(("neurons", "hidden"), "--units"),
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "convolution"), "--conv"),
    **dict.fromkeys(("deconv", "transposed-conv", "transpose-conv", "conv-transposed"), "--conv-transpose"),
    **dict.fromkeys(("depthwise", "dwconv", "dw-conv"), "--depthwise-conv"),
    **dict.fromkeys(("depthwise-separable", "depthwise-separable-conv", "separable"), "--separable-conv"),
    **dict.fromkeys(("maxpool", "pool", "pooling"), "--max-pool"),
    **dict.fromkeys(("avgpool", "average-pool"), "--avg-pool"),
    **dict.fromkeys(("fc", "linear", "fully-connected", "inputs"), "--dense"),
    **dict.fromkeys(("bn", "batchnorm"), "--batch-norm"),
    **dict.fromkeys(("receptive-field", "rf"), "--field"),
    **dict.fromkeys(("parameters", "weights"), "--params"),
    "lr": "--rate",
}
"""What others call options, without dashes -> the option that is probably meant, where the verb has it."""
_IN_OTHER_WORDS: Mapping[str, Sequence[str]] = {
    **dict.fromkeys(("max-pool", "maxpool"), ("--pool max",)),
    **dict.fromkeys(("avg-pool", "avgpool", "average-pool"), ("--pool avg",)),
    **dict.fromkeys(("deconv", "transpose", "transposed-conv", "conv-transpose"), ("--transposed",)),
    **dict.fromkeys(("flip", "flipped", "convolution"), ("--true-convolution",)),
    **dict.fromkeys(("toeplitz", "as-matrix", "unrolled"), ("--matrix",)),
    **dict.fromkeys(("weights", "kernel", "kernels", "w"), ("--weight",)),
    **dict.fromkeys(("biases", "b"), ("--bias",)),
    **{word: (f"--padding {word}",) for word in ("same", "valid", "full", "causal")},
    **{word: (f"--activation {word}",) for word in ("relu", "sigmoid", "tanh")},
    **{word: (f"--quantity {word}",) for word in ("params", "macs", "output", "rf", "connections")},
    **dict.fromkeys(("parameters", "shape"), ("--quantity params,output",)),
}
"""What others call options, without dashes -> options with their values, of which the verb may have one."""
_QUANTITY_OF: Mapping[str, str] = {
    "shapes": "output",
    "params": "params",
    "connections": "connections",
    "cost": "macs",
    "receptive-field": "rf",
    "rf": "rf",
    "summary": "output,params,macs,rf",
}
"""The verbs of whole networks -> what `explain` calls the quantity of one layer."""
_AS_TEXT: Mapping[str, str] = {
    "lstm": '--input 20x128 "lstm-64"',
    "gru": '--input 20x128 "gru-64"',
    "rnn": '--input 20x128 "rnn-64"',
    "embedding": '--input 20 "Embedding(10000, 128)"',
    "attention": '--input 196x768 "mha heads=12"',
    "mha": '--input 196x768 "mha heads=12"',
    "layer-norm": '--input 196x768 "layer_norm"',
    "group-norm": '--input 56x56x64 "group_norm groups=32"',
}
"""Kinds that no flag says -> a network of one such layer."""
_TABLES_WITH: Mapping[str, str] = {
    **dict.fromkeys(("macs", "flops", "mac", "flop", "operations"), "cost"),
    **dict.fromkeys(("memory", "ram"), "cost --memory"),
    **dict.fromkeys(("parameters", "params", "weights", "param"), "params"),
}
"""What is asked for with an option -> the verb that tells."""
_VERBS_MEANT: Mapping[str, str] = {
    **_TABLES_WITH,
    **dict.fromkeys(("shape", "sizes", "output", "outputs", "layer"), "shapes"),
    **dict.fromkeys(("field", "fields", "receptive", "receptivefield"), "rf"),
    **dict.fromkeys(("latency", "time", "speed", "roofline"), "cost --device list"),
    **dict.fromkeys(("inspect", "info", "describe", "print", "stats"), "summary"),
    **dict.fromkeys(("plot", "visualize", "picture", "graph", "figure"), "draw"),
    **dict.fromkeys(("predict", "forward", "infer"), "run"),
    **dict.fromkeys(("working", "why", "formula", "formulas"), "explain"),
}
"""What others call verbs -> the verb, with the option that asks for what is meant."""


def _holds_remarks(given: list[str]) -> bool:
    """Whether faults are written in the format that the arguments say."""
    from cnncalc.render.writer import writer_class
    from cnncalc.render.writers import formats

    pairs = [*pairwise(given), *(argument.split("=", 1) for argument in given if "=" in argument)]
    said = [value for flag, value in pairs if flag == "--format"]
    return any(writer_class(format).HOLDS_REMARKS for format in said if format in formats())
