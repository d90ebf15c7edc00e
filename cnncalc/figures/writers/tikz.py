"""A figure as TikZ: a picture for a document, or a document that LaTeX compiles alone."""

from collections.abc import Iterator, Sequence
from unicodedata import east_asian_width

from cnncalc.figures.scene import Arc, Circle, Line, Part, Point, Polygon, Rectangle, Scene, Text, flat
from cnncalc.figures.themes import color

IS_TEXT = True
PT = 0.75
"""The points of TeX in a px: the lines and letters of a browser at its usual size."""
ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "×": r"\ensuremath{\times}",
    "·": r"\ensuremath{\cdot}",
    "−": r"\ensuremath{-}",
    "<": r"\ensuremath{<}",
    ">": r"\ensuremath{>}",
    "|": r"\ensuremath{|}",
    "–": "--",
    "…": r"\dots{}",
    "'": r"\textquotesingle{}",
    '"': "''",
    "`": r"\textasciigrave{}",
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
}
HEAD = r"""\documentclass{article}
\usepackage[paperwidth=%spt, paperheight=%spt, margin=0pt]{geometry}
\usepackage{textcomp, tikz}
\ifdefined\Umathcode
  \usepackage{fontspec}
%s\else
  \IfFileExists{lmodern.sty}{\usepackage[T1]{fontenc}\usepackage{lmodern}}{}
\fi
\pagestyle{empty}
\setlength{\parindent}{0pt}
\setlength{\topskip}{0pt}
\begin{document}
"""
SANS = ("Liberation Sans", "Arial", "Helvetica")
EAST_ASIAN = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Droid Sans Fallback",
    "Microsoft YaHei",
    "PingFang SC",
    "WenQuanYi Zen Hei",
)
"""The fonts that xelatex and lualatex take, the first that there is; pdflatex has no letters of East Asia."""


def pieces(scene: Scene) -> Iterator[str]:
    """The picture alone, for a document that uses the packages tikz and textcomp."""
    paints = sorted({paint for part in flat(scene.parts) for paint in _paints(part)} | {"background"})
    names = {paint: f"cnn{number}" for number, paint in enumerate(paints)}
    yield "% needs \\usepackage{textcomp, tikz}\n"
    yield "\\begin{tikzpicture}[x=0.75pt, y=-0.75pt, line join=round]\n"
    for paint, name in names.items():
        yield f"\\definecolor{{{name}}}{{HTML}}{{{color(scene.theme, paint)[1:]}}}\n"
    box = scene.box
    corners = f"{_at((box.left, box.top))} rectangle {_at((box.right, box.bottom))}"
    yield f"\\fill[{names['background']}] {corners};\n\\useasboundingbox {corners};\n"
    for part in flat(scene.parts):
        yield _part(part, names) + "\n"
    yield "\\end{tikzpicture}\n"


def document(scene: Scene) -> Iterator[str]:
    """A document of the picture alone."""
    words = "".join(part.words for part in flat(scene.parts) if isinstance(part, Text))
    fonts = EAST_ASIAN if any(east_asian_width(sign) in "WF" for sign in words) else SANS
    found = (f"  \\IfFontExistsTF{{{font}}}{{\\setsansfont{{{font}}}}}{{}}\n" for font in reversed(fonts))
    # a line of TeX needs a little more than the picture in it
    yield HEAD % (_number(scene.width * PT), _number(scene.height * PT + 1), "".join(found))
    yield from pieces(scene)
    yield "\\end{document}\n"


def _paints(part: Part) -> Iterator[str]:
    for name in ("fill", "edge", "paint"):
        if paint := getattr(part, name, ""):
            yield paint


def _part(part: Part, names: dict[str, str]) -> str:
    match part:
        case Rectangle():
            style = _style(names, part.fill, part.edge, part.line, part.opacity)
            rounded = f", rounded corners={_number(part.radius * PT)}pt" if part.radius else ""
            end = (part.x + part.width, part.y + part.height)
            return f"\\path[{style}{rounded}] {_at((part.x, part.y))} rectangle {_at(end)};"
        case Circle():
            style = _style(names, part.fill, part.edge, part.line)
            return f"\\path[{style}] {_at((part.x, part.y))} circle[radius={_number(part.radius * PT)}pt];"
        case Polygon():
            style = _style(names, part.fill, part.edge, part.width, part.opacity)
            return f"\\path[{style}] {_along(part.points)} -- cycle;"
        case Line():
            rounded = f", rounded corners={_number(part.radius * PT)}pt" if part.radius else ""
            return f"\\draw[{_stroke(names, part)}{rounded}] {_along(part.points)};"
        case Arc():
            a, b, c, d = map(_at, part.points)
            return f"\\draw[{_stroke(names, part)}] {a} .. controls {b} and {c} .. {d};"
        case Text():
            return _text(part, names)
    raise AssertionError(part)


def _stroke(names: dict[str, str], part: Line | Arc) -> str:
    dashes = ", dash pattern=on 2.25pt off 1.8pt" if part.dashed else ""
    return f"{names[part.paint]}, line width={_number(part.width * PT)}pt{dashes}"


def _style(names: dict[str, str], fill: str, edge: str, width: float, opacity: float = 1.0) -> str:
    style = [f"fill={names[fill]}"] if fill else []
    style += [f"fill opacity={_number(opacity)}"] if opacity != 1 else []
    style += [f"draw={names[edge]}, line width={_number(width * PT)}pt"] if edge else []
    return ", ".join(style)


def _text(part: Text, names: dict[str, str]) -> str:
    size = _number(part.size * PT)
    font = f"\\sffamily\\fontsize{{{size}}}{{{size}}}\\selectfont"
    font += "\\bfseries" if part.bold else ""
    font += "\\itshape" if part.italic else ""
    style = f"anchor={ANCHORS[part.anchor]}, inner sep=0pt, font={font}"
    style += f", rotate={_number(-part.turn)}" if part.turn else ""
    words = "".join(_SPECIAL.get(sign, sign) for sign in part.words)
    if part.halo:
        # TeX has no outlined letters: the ground behind them is painted
        style += f", fill={names['background']}, fill opacity=0.75, text opacity=1"
    return f"\\node[{style}, text={names[part.paint]}] at {_at((part.x, part.y))} {{{words}}};"


def _along(points: Sequence[Point]) -> str:
    return " -- ".join(map(_at, points))


def _at(point: Point) -> str:
    return f"({_number(point[0])}, {_number(point[1])})"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if abs(value) >= 0.005 else "0"
