"""Makes what is made in docs/: kinds.md, the pictures, the tables of counting.md and marking.md.

`make docs` runs it, and a test holds what it made fresh.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.text import Text

from cnncalc.figures import draw, write
from cnncalc.homework.slips import OTHERS, slips
from cnncalc.layers import names
from cnncalc.loading import load
from cnncalc.quantity import RECORDS
from cnncalc.render.document import Document
from cnncalc.render.reports.kinds import describe_kind, kind_blocks, kind_class
from cnncalc.render.writer import written

HERE = Path(__file__).parent

# ---- the kinds

FAMILIES = (
    "Convolutions",
    "Pooling",
    "Units that read everything",
    "Normalisation",
    "Activations",
    "Paths that meet",
    "Values laid out anew",
    "Others",
)
HEAD = """# The layer kinds

<!-- Made by `make docs` from the classes in cnncalc/layers: change those. -->

{count} kinds, each one file in `cnncalc/layers`. `cnncalc layers` lists them, and `cnncalc layers conv`
prints what this page says of `conv`. Every kind also takes `name`, `from`, `share` and `trainable`:
[language.md](language.md) has these and the short forms, [counting.md](counting.md) what the counts mean.

Letters: N input size along a side (H, W, T where sides differ), C input channels, K filters or units, F
kernel size, S stride, P padding on each side, D dilation, G groups, M output size. The weights are named and
shaped as in PyTorch's state_dict. They and the formulas are those of the kind's first example: an option that
it leaves at 1, such as dilation, is not in them. All counts are for one sample.

"""


def kinds() -> Iterator[str]:
    """The page of the kinds."""
    told = [describe_kind(kind_class(name)) for name in names()]
    further = sorted({each.family for each in told} - set(FAMILIES))
    families = {family: [each for each in told if each.family == family] for family in (*FAMILIES, *further)}
    yield HEAD.format(count=len(told))
    for family, members in families.items():
        yield f"- {family}: {', '.join(f'[{each.kind}](#{each.kind})' for each in members)}\n"
    for family, members in families.items():
        yield f"\n## {family}\n"
        for each in members:
            yield f"\n### {each.kind}\n\n"
            yield from written(Document(kind_blocks(each)), "markdown")


# ---- the quantities


def counting() -> Iterator[str]:
    """The page of what is counted, with its table of quantities made anew."""
    page = (HERE / "counting.md").read_text("utf-8")
    before, head, after = page.partition("| name | also | what it is |\n| --- | --- | --- |\n")
    yield before + head
    for quantity in RECORDS:
        if quantity.is_column or not quantity.row_key:
            also = [f"`{name}`" for name in quantity.names if name != quantity.short]
            yield f"| `{quantity.short}` | {', '.join(also)} | {quantity.meaning} |\n"
    yield after[after.index("\n\n") + 1 :]


# ---- the slips


def marking() -> Iterator[str]:
    """The page of marking, with its table of slips made anew: the commonest first."""
    page = (HERE / "marking.md").read_text("utf-8")
    before, head, after = page.partition("| slip | what was done |\n| --- | --- |\n")
    yield before + head
    for name, done in {**{slip.name: slip.done for slip in slips()}, **OTHERS}.items():
        yield f"| `{name}` | {done.removesuffix('.')} |\n"
    yield after[after.index("\n\n") + 1 :]


# ---- the picture

WIDTH = 92
SHEET = """\
Layer,Activation Shape,# Parameters
CONV1,"(28, 28, 6)",450
POOL1,"(14, 14, 6)",0
CONV2,"(10, 10, 16)",416
POOL2,"(5, 5, 16)",0
FC3,120,48120
"""
COMMANDS = (
    "cnncalc shapes lenet5.yaml",
    "cnncalc params --conv 5x5x3 --filters 6",
    "cnncalc check lenet5.yaml answers.csv",
    "cnncalc shapes --input 32x32x3 'conv5-6, maxpol2'",
)
# rich's own frame takes fonts from the web; this one is whole in itself
FRAME = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<title>cnncalc in a terminal</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; \
font-size: {char_height}px; line-height: {line_height}px; white-space: pre; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def typed(command: str, folder: str) -> str:
    """What a command of cnncalc prints on a terminal, colours and all."""
    import pty  # not on every system

    ours, theirs = pty.openpty()
    known = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    environment = {
        "TERM": "xterm-256color",
        "COLUMNS": str(WIDTH),
        "LANGUAGE": "en",
        "PYTHONPATH": str(HERE.parent),
    }
    process = subprocess.Popen(  # noqa: S603 - the commands are those above
        [sys.executable, "-m", *shlex.split(command)],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        cwd=folder,
        env=known | environment,
    )
    os.close(theirs)
    printed = b""
    with suppress(OSError), os.fdopen(ours, "rb", 0) as terminal:  # Linux's way to say that it is closed
        while piece := terminal.read(65536):
            printed += piece
    process.wait()
    return printed.decode().replace("\r\n", "\n")


def picture() -> Iterator[str]:
    """The picture of a terminal in which a few commands were typed."""
    console = Console(record=True, width=WIDTH, file=StringIO(), force_terminal=True, legacy_windows=False)
    with TemporaryDirectory() as folder:
        (Path(folder) / "answers.csv").write_text(SHEET, "utf-8")
        for command in COMMANDS:
            console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
            for line in [*typed(command, folder).rstrip().split("\n"), ""]:
                console.print(Text.from_ansi(line), soft_wrap=True)
    yield console.export_svg(title="cnncalc", code_format=FRAME, unique_id="terminal")


# ---- the figures


FIGURES: dict[str, dict[str, str]] = {
    "lenet5": {"network": "lenet5"},
    "field": {"network": "lenet5", "field": "POOL2"},
    "alexnet": {"network": "alexnet"},
    "resnet50": {"network": "resnet50"},
    "resnet50-dark": {"network": "resnet50", "theme": "dark"},
    "inception3a": {"network": "googlenet", "part": "inception3a"},
}
"""The name of a picture -> the network, and how it is drawn."""


def figure(network: str, **how: str) -> Iterator[str]:
    """A network as SVG."""
    yield write(draw(load(network), lang="en", **how), "svg")


MADE: dict[str, Callable[[], Iterator[str]]] = {
    "kinds.md": kinds,
    "counting.md": counting,
    "marking.md": marking,
    "terminal.svg": picture,
    **{f"pictures/{name}.svg": partial(figure, **how) for name, how in FIGURES.items()},
}


if __name__ == "__main__":
    for name, make in MADE.items():
        (HERE / name).write_text("".join(make()), "utf-8")
