"""The working that is shown: every printed formula, read back by another reader, gives the printed number."""

import math
import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

import pytest

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.cli import main
from cnncalc.errors import UsageError
from cnncalc.explain import OF_LAYERS, Equation, LayerWorking, solve_network, work_out
from cnncalc.explain.letters import AXES
from cnncalc.expr import Formula
from cnncalc.layers import find, names
from cnncalc.layers.support.base import Example
from cnncalc.render.explained.explanation import Explanation
from cnncalc.render.sentences import quantity_word

# ---- a reader of what is printed


class Reader:
    """Evaluates a formula of plain text."""

    def __init__(self, text: str, letters: Mapping[str, Fraction]) -> None:
        self.tokens: list[str] = re.findall(r"\d+|[A-Za-z_][A-Za-z_0-9]*|[-+*/^(),]", text)
        assert "".join(self.tokens) == text.replace(" ", ""), text
        self.letters, self.at = letters, 0

    def value(self) -> Fraction:
        result = self.sum()
        assert self.at == len(self.tokens), (self.tokens, self.at)
        return result

    def take(self, *wanted: str) -> str:
        if self.at < len(self.tokens) and (not wanted or self.tokens[self.at] in wanted):
            self.at += 1
            return self.tokens[self.at - 1]
        return ""

    def sum(self) -> Fraction:
        total = self.product()
        while sign := self.take("+", "-"):
            total += self.product() * (1 if sign == "+" else -1)
        return total

    def product(self) -> Fraction:
        result = self.negative()
        while sign := self.take("*", "/"):
            result = result * self.negative() if sign == "*" else result / self.negative()
        return result

    def negative(self) -> Fraction:
        if self.take("-"):
            return -self.negative()
        base = self.atom()
        return base ** int(self.atom()) if self.take("^") else base

    def atom(self) -> Fraction:
        word = self.take()
        if word == "(":
            inner = self.sum()
            assert self.take(")")
            return inner
        if word.isdigit():
            return Fraction(int(word))
        if not self.take("("):
            return self.letters[word]
        args = [self.sum()]
        while self.take(","):
            args.append(self.sum())
        assert self.take(")")
        functions: dict[str, Any] = {
            "floor": math.floor, "ceil": math.ceil, "max": max, "min": min,
            "gcd": lambda *whole: math.gcd(*map(int, whole)),
        }  # fmt: skip
        return Fraction(functions[word](*args))


def from_latex(latex: str) -> str:
    """LaTeX's mathematics as plain text."""
    latex = re.sub(r"_\{\\mathrm\{(\w+)\}\}|_\{(\w+)\}", lambda found: f"_{found[1] or found[2]}", latex)
    latex = re.sub(r"\\text\{(\w+)\}", r"\1", latex)
    for name, sign in {"lfloor": "floor(", "rfloor": ")", "lceil": "ceil(", "rceil": ")"}.items():
        latex = re.sub(rf"\\(left|right)\\{name}(?![a-z])", sign, latex)
    latex = latex.replace("\\left(", "(").replace("\\right)", ")").replace("\\cdot", "*")
    while (start := latex.find("\\frac{")) >= 0:
        above, rest = braced(latex[start + 5 :])
        below, rest = braced(rest)
        latex = f"{latex[:start]}(({above})/({below})){rest}"
    latex = re.sub(r"\^\{(\w+)\}", r"^\1", latex)
    return re.sub(r"\\(max|min|gcd)", r"\1", latex)


def braced(text: str) -> tuple[str, str]:
    """What stands in the braces that a text starts with, and the rest."""
    depth = 0
    for at, sign in enumerate(text):
        depth += (sign == "{") - (sign == "}")
        if not depth:
            return text[1:at], text[at + 1 :]
    raise AssertionError(text)


def printed_text(layer: str) -> Iterator[tuple[str, list[str]]]:
    """The equations of a printed layer: left side, the others."""
    lines: list[str] = []
    # the letters that are given may take several lines
    for line in re.sub(r"^  given: .*\n(    .*\n)*", "", layer, flags=re.MULTILINE).splitlines():
        if re.match(r"^ {5,}", line) and lines:
            lines[-1] += " " + line.strip()
        else:
            lines.append(line.strip() if line.startswith("    ") else "")
    for line in lines:
        left, *sides = line.split(" = ")
        yield left, sides


def printed_latex(layer: str) -> Iterator[tuple[str, list[str]]]:
    for block in re.findall(r"\\begin\{align\*\}\n(.*?)\n\\end\{align\*\}", layer, re.DOTALL):
        left, sides = "", list[str]()
        for row in block.split(" \\\\\n"):
            if "&=" not in row:  # a long sum goes on
                sides[-1] += from_latex(row.strip().removeprefix("&\\quad {} "))
                continue
            name, side = (part.strip() for part in row.split("&="))
            if name and sides:
                yield from_latex(left), sides
                sides = []
            left = re.sub(r"^\\text\{([^{}]*)\}$", r"\1", name) if name else left
            sides.append(from_latex(side))
        yield from_latex(left), sides


READERS = {"text": printed_text, "latex": printed_latex}


def hold(
    solution: Any, layer: LayerWorking | None, equations: list[Equation], printed: str, format: str
) -> None:
    """Every equation is printed, and each side of it gives the number."""
    letters: dict[str, Fraction] = {}
    sources = [layer] if layer else solution.layers
    for source in sources:
        letters |= {name: Fraction(value) for name, value in source.given.items()}
    letters |= {name: Fraction(value) for name, value in solution.letters.items()}
    totals = solution.totals if layer is None else ()
    for equation in (equation for working in totals for equation in working.equations):
        stack = [equation.tree]
        while stack:
            part = stack.pop()
            if isinstance(part, Formula):
                stack += part.args
                if part.op == "symbol" and not part.args:
                    letters[part.name] = Fraction(part)
    shown = [(left, sides) for left, sides in READERS[format](printed) if sides]
    for equation in equations:
        left = equation.name if equation.letter else quantity_word(equation.name, equation.of)
        sides = next(sides for name, sides in shown if name == left)
        shown.remove((left, sides))
        if " " not in left:
            letters[left] = Fraction(equation.value)
        values = {side: Reader(side, letters).value() for side in sides}
        assert set(values.values()) == {Fraction(equation.value)}, (equation.name, values)
    # what is left over are sentences, which are no equations
    assert all(" " in left for left, _ in shown), shown


def hold_all(solution: Any) -> None:
    for format in READERS:
        pieces = list(Explanation(solution, "en").pieces(format))
        text = "".join(pieces)
        for number, layer in enumerate(solution.layers):
            for working in layer.workings:
                if working.equations and isinstance(working.value, int):
                    assert working.equations[-1].value == working.value, working.quantity
            equations = [equation for working in layer.workings for equation in working.equations]
            hold(solution, layer, equations, section(text, solution, number, format), format)
        equations = [equation for working in solution.totals for equation in working.equations]
        hold(solution, None, equations, section(text, solution, len(solution.layers), format), format)


def section(text: str, solution: Any, number: int, format: str) -> str:
    """The part of an explanation that is of a layer, or of the totals."""
    if format == "latex":
        parts = text.split("\\subsection*")[1:]
    else:
        parts = text.split("\n\n")[len(text.split("\n\n")) - len(solution.layers) - bool(solution.totals) :]
    return parts[number] if number < len(parts) else ""


# ---- what is held


def analyzed(example: Example) -> Report:
    """A network of an example alone."""
    return cnncalc.load(example.spec()).analyze()


EXAMPLES = [
    pytest.param(example, id=f"{name}: {example.layer}"[:60])
    for name in names()
    if (cls := find(name)) is not None
    for example in cls.examples
]
EXTRA = {
    "oblong": ("conv3x5-4 s2x1 p1x2, maxpool3x2 s2", "33x40x3"),
    "same, odd": ("conv4-8 s3 same, conv3-8 same d2, avgpool2 s2 same", "20x23x3"),
    "full": ("conv3-4 full d2, local_conv3-2 g2", "9x9x4"),
    "transposed": ("deconv3-8 s2 same, deconv4-4 s2 p1 g2, deconv3x2-2 s3 full", "5x6x4"),
    "one dimension": ("conv3-8 s2 p1, maxpool3, gap", "100x16"),
    "three": ("conv3-4 s1x2x2 same, maxpool2", "8x16x18x2"),
}
EXPLAINED = tuple(quantity.name for quantity in OF_LAYERS)
NETWORKS = ("lenet5", "lenet5-1998", "alexnet-2012", "resnet18", "mobilenet-v1", "googlenet")


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_printed_formula_of_a_kind_gives_its_number(example: Example) -> None:
    report = analyzed(example)
    hold_all(solve_network(report, [row.name for row in report], EXPLAINED))


@pytest.mark.parametrize("name", EXTRA)
def test_every_printed_formula_of_odd_layers_gives_its_number(name: str) -> None:
    text, shape = EXTRA[name]
    hold_all(solve_network(cnncalc.load(text, input=shape).analyze(batch=2)))


def test_every_printed_formula_of_shared_weights_gives_its_number() -> None:
    layers = ["s1=conv3-4 same", "bn", {"conv": {"name": "s2", "share": "s1"}}]
    solution = solve_network(cnncalc.load({"input": "8x8x4", "layers": layers}).analyze(), (), EXPLAINED)
    hold_all(solution)
    for working in solution["s2"].to_dict()["quantities"]:
        if working["quantity"] in ("params", "weights", "biases"):
            assert (working["value"], working["equations"]) == (0, [])
            assert {"key": "params.shared", "values": {"name": "s1"}} in working["reasons"]


def test_a_long_explanation_on_a_terminal_says_how_to_narrow_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert exit_code("explain", "vgg11", "--lang", "en") == 0
    assert "name some of them, or quantities with --quantity" in capsys.readouterr().err
    for arguments in (["vgg11", "conv1"], ["lenet5"]):
        assert exit_code("explain", *arguments, "--lang", "en") == 0
        assert capsys.readouterr().err == "--long: every quantity, and each reason at every layer\n"
    for arguments in (["vgg11", "--quantity", "params"], ["vgg11", "conv1", "--long"]):
        assert exit_code("explain", *arguments, "--lang", "en") == 0
        assert capsys.readouterr().err == ""


def test_an_explanation_is_short_unless_a_long_one_is_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    why = "One multiplication with a weight, and its addition"
    assert exit_code("explain", "lenet5", "CONV2", "CONV1", "--lang", "en") == 0
    short = " ".join(capsys.readouterr().out.split())
    assert short.index("CONV1: conv") < short.index("CONV2: conv"), "in the network's order"
    assert short.count(why) == 1
    assert "MACs = F*F*C*K*M*M = 5*5*6*16*10*10 = 240000" in short
    assert "operations (FLOPs)" not in short
    assert exit_code("explain", "lenet5", "CONV2", "CONV1", "--lang", "en", "--long") == 0
    long = " ".join(capsys.readouterr().out.split())
    assert long.count(why) == 2
    assert "FLOPs = 2*MACs = 2*240000 = 480000" in long
    assert exit_code("explain", "lenet5", "CONV1", "--format", "json") == 0
    assert '"flops"' in capsys.readouterr().out, "data is whole"


def test_a_long_sum_is_broken_in_latex() -> None:
    text = cnncalc.load("resnet18").explain(quantity="connections", lang="en").latex()
    total = text[text.index("{Totals}") :]
    assert "&\\quad {} +" in total
    assert max(map(len, total.splitlines()[:-1])) < 130
    assert "\\allowdisplaybreaks" in text


def test_the_memory_to_run_is_weights_and_peak(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("explain", "lenet5", "--quantity", "memory.running", "--lang", "en") == 0
    assert (
        "bytes = parameters*4 + alive*4 = 62006*4 + 7776*4 = 248024 + 31104 = 279128"
        in capsys.readouterr().out
    )
    assert exit_code("explain", "lenet5", "--lang", "en") == 0
    assert "memory to run" not in capsys.readouterr().out


def test_the_peak_has_a_name_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("explain", "lenet5", "--quantity", "peak", "--lang", "en") == 0
    out = " ".join(capsys.readouterr().out.split())
    # the input and CONV1's output: (3072 + 4704) values of 4 bytes
    assert "alive = 3072 + 4704 = 7776" in out
    assert "bytes = alive*4 = 7776*4 = 31104" in out
    assert "while CONV1 is computed: input (3,072), CONV1 (4,704)" in out
    assert "parameters" not in out
    solution = solve_network(cnncalc.load("unet").analyze(batch=2), (), ("peak",))
    assert ([working.value for working in solution.totals], solution.layers) == ([334725120], [])
    hold_all(solution)


@pytest.mark.parametrize("name", ["peak", "space", "training,params", "forward", "activations", "trainable"])
def test_a_layer_has_nothing_of_the_whole(name: str) -> None:
    assert cnncalc.load("lenet5").explain(quantity=name, lang="en").data.totals
    with pytest.raises(UsageError, match="is of a whole network"):
        cnncalc.load("lenet5").explain("CONV1", quantity=name)


def test_a_kernel_is_told_by_its_height_first(capsys: pytest.CaptureFixture[str]) -> None:
    layer = ("--conv", "3x5x4", "--filters", "4", "--input", "12x10x4", "--lang", "en")
    assert exit_code("explain", *layer, "--quantity", "params") == 0
    assert "(F_H*F_W*C + 1)*K = (3*5*4 + 1)*4" in capsys.readouterr().out
    assert exit_code("explain", *layer, "--quantity", "weights") == 0
    assert "F_H*F_W*C*K = 3*5*4*4" in capsys.readouterr().out


@pytest.mark.parametrize("name", [*NETWORKS, pytest.param("densenet121", marks=pytest.mark.slow)])
def test_every_printed_formula_of_a_network_gives_its_number(name: str) -> None:
    hold_all(solve_network(cnncalc.load(name).analyze()))


@pytest.mark.parametrize("name", ["lenet5", "vgg16", "resnet18", "googlenet"])
def test_formulas_in_letters_give_the_numbers(name: str) -> None:
    solution = solve_network(cnncalc.load(name).analyze(), letters=True)
    hold_all(solution)
    # and they hold at another size
    other = {"lenet5": 44}.get(name, 256)
    shape = {"lenet5": "44x44x3"}.get(name, "256x256x3")
    report = cnncalc.load(name).analyze(input=shape)
    for layer in solution.layers:
        for working in layer.workings:
            if working.quantity in ("macs", "params"):
                (equation,) = working.equations
                text = equation.to_dict()["formula"]
                value = Reader(text, {"H": Fraction(other), "W": Fraction(other)}).value()
                assert value == getattr(report[layer.name], working.quantity)


@pytest.mark.parametrize("example", EXAMPLES)
def test_no_kind_loses_its_formula(example: Example) -> None:
    """What is worked out comes to what is reported, and comes from letters."""
    report = analyzed(example)
    for row in report:
        for working in work_out(report, row, EXPLAINED).workings:
            value = working.value
            if working.quantity == "output":
                continue
            if isinstance(value, int) and value and working.equations:
                assert working.equations[-1].value == value, working.quantity
                assert isinstance(working.equations[-1].tree, Formula) or value == 1 or row.in_place
            elif isinstance(value, dict):
                assert {e.name: e.value for e in working.equations if not e.letter} == value


def test_a_layer_that_overwrites_its_input_has_the_memory_of_its_column() -> None:
    report = cnncalc.load("conv3-4 same, relu", input="8x8x3").analyze()
    # 8*8*4 values of 4 bytes, though none of them needs memory of its own
    (working,) = work_out(report, report.layers[1], ["memory"]).workings
    assert report["relu1"].bytes == working.value == working.equations[-1].value == 1024


def test_one_layer_by_flags(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("explain", "--conv", "5x5x3", "--filters", "6", "--lang", "en") == 0
    out = capsys.readouterr().out
    assert "(F*F*C + 1)*K = (5*5*3 + 1)*6 = (75 + 1)*6 = 76*6 = 456" in out
    assert "output shape" not in out
    assert (
        exit_code("explain", "--conv", "5x5x3", "--filters", "6", "--input", "32x32x3", "--lang", "en") == 0
    )
    assert "output shape: (28, 28, 6)" in capsys.readouterr().out


def exit_code(*arguments: str) -> Any:
    with pytest.raises(SystemExit) as found:
        main(arguments)
    return found.value.code


def test_a_network_is_a_worked_solution(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("explain", "lenet5", "--lang", "en") == 0
    out = capsys.readouterr().out
    assert "parameters = 456 + 2416 + 48120 + 10164 + 850 = 62006" in out
    assert "Most is alive while CONV1 is" in out
    assert out.index("CONV1: ") < out.index("POOL1: ") < out.index("Totals")


def test_receptive_fields_go_step_by_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("explain", "lenet5", "CONV2", "--quantity", "rf", "--lang", "en") == 0
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if line.startswith("    r_out")] == [
        "    r_out = r_in + (F - 1)*j_in = 1 + (5 - 1)*1 = 1 + 4*1 = 1 + 4 = 5",
        "    r_out = r_in + (F - 1)*j_in = 5 + (2 - 1)*1 = 5 + 1*1 = 5 + 1 = 6",
        "    r_out = r_in + (F - 1)*j_in = 6 + (5 - 1)*2 = 6 + 4*2 = 6 + 8 = 14",
    ]


RISING = {
    "a stride and back": ("conv3-4 s2 p1, deconv3-4 s2 p1, conv3-2 p1", "9x9x3"),
    "up twice": ("deconv4-4 s2 p1, deconv3-2 s3, maxpool2", "5x5x3"),
    "by no stride": ("deconv3-4 p1, deconv3-2 d2, conv3-2", "9x9x3"),
    "holes": ("deconv2-4 s3, conv3-2, maxpool3", "6x6x3"),
    "spread": ("deconv3-4 s2 d3 p1, conv3-2 d2, deconv2-2 s4 d2", "6x6x3"),
    "oblong": ("deconv3x4-4 s2x3 p1, conv3x1-2, upsample2", "5x7x3"),
    "one dimension": ("deconv5-4 s4 p2, conv3-2 s2", "10x3"),
    "three": ("deconv2-4 s2, conv3-2", "3x4x5x2"),
    "nearest": ("conv3-4 s2, upsample2, conv3-4 same, maxpool2", "11x11x3"),
    "shuffled": ("conv3-8 same, pixel_shuffle2, conv3-2 p1", "6x6x3"),
    "many in turn": ("deconv16-4 s8 p4, conv3-2 p1, conv3-2 d2", "6x6x3"),
}
"""Networks whose jump falls again."""


def held_to_the_report(report: Report) -> None:
    """What a layer is told to see is worked out, and comes to what the report says."""
    solution = solve_network(report, (), ("rf",))
    hold_all(solution)
    for row, layer in zip(report.layers, solution.layers, strict=True):
        (working,) = layer.workings
        keys = {reason.key for reason in working.reasons}
        if row.view.fields is None:
            assert "rf.all" in keys
            continue
        told = {equation.name: equation.value for equation in working.equations}
        for axis, field in zip(AXES[len(row.view.fields)], row.view.fields, strict=True):
            of = axis if f"r_out{axis}" in told else ""
            if not {f"r_out{axis}", "r_out"} & {*told}:
                assert {"rf.itself", "rf.merge"} & keys
                continue
            now = [told[f"{name}_out{of}"] for name in ("r", "j", "start", "centre")]
            assert now == [field.size, field.jump, field.start, field.center]


@pytest.mark.parametrize("name", RISING)
def test_receptive_fields_after_upsampling_are_worked_out(name: str) -> None:
    text, shape = RISING[name]
    held_to_the_report(cnncalc.load(text, input=shape).analyze())


@pytest.mark.parametrize(
    "layers",
    [
        [{"upsample": {"scale": 2, "mode": "bilinear"}}, "conv3-4 same"],
        [{"upsample": {"size": 20, "mode": "bilinear"}}, "maxpool2"],
        [{"upsample": {"size": 21}}, "conv3-2"],
        [{"adaptive_avg_pool": 5}, "conv3-2"],
        [{"adaptive_max_pool": 3}, "conv1-2"],
        [{"zero_pad": [[1, 2], [0, 3]]}, {"crop": 1}, "conv3-2"],
    ],
)
def test_receptive_fields_at_odd_steps_are_worked_out(layers: list[Any]) -> None:
    held_to_the_report(cnncalc.load({"input": "9x9x2", "layers": ["conv3-2 s1 p1", *layers]}).analyze())


@pytest.mark.parametrize(
    "merge",
    [
        {"add": [["conv3-2 same"], []]},
        {"concat": [["conv3-2 same"], ["conv5-2 same, conv3-2 d2 same"], ["maxpool3 s1 p1"]]},
        {"concat": [["maxpool2, upsample2"], ["conv3-2 same"]]},
        {"concat": [["maxpool2, deconv2-2 s2"], ["maxpool2 s2, deconv4-2 s2 p1"]]},
        {"concat": [[f"conv{f}-1 same"] for f in (1, 3, 5, 7, 9, 11, 13)]},
    ],
)
def test_receptive_fields_where_paths_meet_are_worked_out(merge: dict[str, Any]) -> None:
    held_to_the_report(cnncalc.load({"input": "16x16x2", "layers": ["conv3-2 same", merge]}).analyze())


@pytest.mark.parametrize("name", ["unet", "fcn8s", "deeplab", "resnet18", "resnet101-fpn", "textcnn"])
def test_receptive_fields_of_networks_are_worked_out(name: str) -> None:
    held_to_the_report(cnncalc.load(name).analyze())


def test_a_transposed_convolution_by_hand() -> None:
    """Dumoulin and Visin (2016), figure 4.6: 3x3 by a kernel of 3, stride 2, padding 1."""
    text = str(cnncalc.load("deconv3-1 s2 p1", input="3x3x1").explain(quantity="rf", lang="en"))
    lines = [line.strip() for line in text.splitlines()]
    # output 0 is stamped by the middle tap of input 0; output 1 by the ends of inputs 0 and 1
    assert "from_0 = (P - 1)/S = (1 - 1)/2 = 0/2 = 0" in lines
    assert "from_1 = (1 + P - 2)/S = (1 + 1 - 2)/2 = 0/2 = 0" in lines
    assert "to_1 = (1 + P)/S = (1 + 1)/2 = 2/2 = 1" in lines
    assert "= max(0 - 0 + 1, 1 - 0 + 1) = max(1, 2) = 2" in lines
    assert "j_out = j_in/S = 1/2" in lines


@pytest.mark.parametrize(
    ("network", "layer", "told"),
    [
        ({"input": "9x9x3", "layers": [{"conv": {"filters": 2, "kernel": 5, "table": [[0, 1, 2], [1, 2]]}}]},
         "conv1", "5 pairs of a filter and a map in place of 6"),
        ({"input": "9x9x3", "layers": [{"conv": {"filters": 2, "kernel": 5, "table": [[0, 1, 2], [1, 2]]}}]},
         "conv1", "in each map that its table lists"),
        ({"input": "27x27x96", "layers": ["conv5-256 same g2"]}, "conv1", "In 2 groups"),
        ({"input": "27x27x96", "layers": ["conv5-256 same g2"]}, "conv1", "in each channel of its group"),
        ({"input": "9x9x3", "layers": ["conv3-2"]}, "conv1", "reads all the channels that come in"),
        ({"input": "9x9x3", "layers": ["local_conv3-2"]}, "local_conv1", "nothing is shared"),
        ({"input": "9x9x3", "layers": ["local_conv3-2"]}, "local_conv1", "Each weight is used once"),
        ({"input": "9x9x1", "layers": ["conv3-1 d2"]}, "conv1", "over 5 pixels"),
        ({"input": "8x8x1", "layers": ["conv4-1 s2 same"]}, "conv1", "Padding 'same'"),
        ({"input": "7x7x1", "layers": ["conv4-1 same"]}, "conv1", "the far side"),
        ({"input": "9x4x5", "layers": ["flatten"]}, "flatten1", "values = H*W*C = 9*4*5 = 180"),
        ({"input": "4x4x1", "layers": ["deconv3-1 s2"]}, "conv_transpose1", "stamp"),
        ({"input": "7x7x1", "layers": ["maxpool3 s3"]}, "max_pool1", "1 of the 7 rows"),
        ({"input": "8x8x4", "layers": ["A=conv3-4 same", {"conv": {"filters": 4, "kernel": 3, "padding": 1,
          "share": "A"}}]}, "conv1", "weights of A"),
        ({"input": "8x8x4", "layers": [{"conv": {"filters": 4, "kernel": 3, "trainable": False}}]}, "conv1",
         "frozen"),
        # as many units as values is no reason to take a dense layer for one that works value by value
        ({"input": "84", "layers": ["fc-84"]}, "dense1", "values = K = 84 Each of the K units"),
        ({"input": "4x4x6", "layers": [{"layer_norm": {"over": "all"}}]}, "layer_norm1",
         "for each value that is normalised together"),
        ({"input": "4x4x6", "layers": [{"group_norm": {"groups": 2}}]}, "group_norm1",
         "Each value that comes in becomes one that comes out"),
        ({"input": "4x4x6", "layers": [{"add": [["conv3-6 same"], []]}]}, "add1", "that meet have one shape"),
        ({"input": "4x4x6", "layers": [{"conv_transpose": {"filters": 4, "kernel": 2, "groups": 2}}]},
         "conv_transpose1", "for the K/G maps of its own group only"),
        ({"input": "4", "layers": [{"rbf": 3}]}, "rbf1", "the squared distance"),
        ({"input": "1x1x4096", "layers": ["conv1-2"]}, "conv1", "K = 2, C = 4096"),
    ],
)  # fmt: skip
def test_a_sentence_says_why(network: dict[str, Any], layer: str, told: str) -> None:
    text = str(cnncalc.load(network).explain(layer, lang="en"))
    assert told in " ".join(text.split())


def test_in_python() -> None:
    explained = cnncalc.load("lenet5").explain("CONV1", quantity="params", lang="en")
    (layer,) = explained.to_dict()["layers"]
    assert layer["quantities"][0]["value"] == 456
    assert layer["quantities"][0]["equations"][1]["formula"] == "(F*F*C + 1)*K"
    assert str(explained) == explained.text()
    assert "<math" in explained._repr_html_()
    assert explained._repr_latex_().startswith("$$")
    assert "$$" in explained._repr_markdown_()
    with pytest.raises(UsageError, match="no layer is called CONV9"):
        cnncalc.load("lenet5").explain("CONV9")
    with pytest.raises(UsageError, match="foo is not a quantity"):
        cnncalc.load("lenet5").explain(quantity="foo")


def test_shapes_are_told_in_the_layout() -> None:
    explained = cnncalc.load("lenet5").explain("CONV1", layout="chw", lang="en")
    assert "(3, 32, 32) -> (6, 28, 28)" in str(explained)


@pytest.mark.parametrize("format", ["text", "latex"])
def test_a_sum_of_very_many_terms_is_worked_out(format: str) -> None:
    """DenseNet-169 has more terms than Python 3.11 nests calls."""
    layers = [{"conv": {"filters": number, "kernel": 1}} for number in range(1, 1501)]
    explanation = cnncalc.load({"input": "2x2x1", "layers": layers}).explain(quantity="params", lang="en")
    # the terms without what stands between two of them in a format
    told = re.sub(r"[^0-9+=]", "", "".join(explanation.pieces(format)))
    terms = [str((number - 1) * number + number) for number in range(1300, 1501)]
    assert "+".join(terms) + "=" in told


def test_a_layer_is_found_by_the_name_that_the_folded_table_shows() -> None:
    report = cnncalc.load("resnet50").analyze()
    (row,) = solve_network(report, ["conv2_x.bottleneck1.conv2"]).layers
    assert row.name == "conv2_x.bottleneck1.add1.1.conv2"
    with pytest.raises(UsageError) as caught:
        solve_network(report, ["conv2_x.bottleneck1.conv1"])
    both = "conv2_x.bottleneck1.add1.1.conv1 or conv2_x.bottleneck1.add1.2.conv1"
    assert caught.value.faults[0].help == f"did you mean {both}?"
