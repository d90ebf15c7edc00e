"""Figures: geometry, colours, what they say, and what they do with hostile names."""

from __future__ import annotations

import json
import random
import re
import sys
from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise, permutations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import cnncalc
from cnncalc.analysis.report import Report
from cnncalc.errors import UsageError
from cnncalc.figures import draw, save, write
from cnncalc.figures.parts import LEAST
from cnncalc.figures.scene import (
    Arc,
    Box,
    Circle,
    Group,
    Line,
    Part,
    Point,
    Polygon,
    Rectangle,
    Scene,
    Text,
    corners,
    flat,
    text_corners,
)
from cnncalc.figures.themes import FAMILIES, THEMES, color

NETWORKS = ("lenet5", "alexnet", "resnet50", "densenet121", "textcnn", "unet")
SVG = "{http://www.w3.org/2000/svg}"


def scene_of(name: str, **how: Any) -> Scene:
    return draw(cnncalc.load(name), **{"lang": "en", **how})


# ---- geometry


def apart(first: Sequence[Point], second: Sequence[Point], slack: float = 0.5) -> bool:
    """Whether a line parts two convex shapes, but for so many px."""
    for shape in (first, second):
        for (x0, y0), (x1, y1) in pairwise([*shape, shape[0]]):
            normal = (y0 - y1, x1 - x0)
            length = (normal[0] ** 2 + normal[1] ** 2) ** 0.5 or 1.0
            one, other = (
                [(x * normal[0] + y * normal[1]) / length for x, y in points] for points in (first, second)
            )
            if max(one) <= min(other) + slack or max(other) <= min(one) + slack:
                return True
    return False


def holds(part: Part, x: float, y: float) -> bool:
    """Whether a point lies in a filled shape."""
    match part:
        case Rectangle():
            return part.x <= x <= part.x + part.width and part.y <= y <= part.y + part.height
        case Circle():
            return (x - part.x) ** 2 + (y - part.y) ** 2 <= part.radius**2
        case Polygon():
            crossings = sum(
                (y0 > y) != (y1 > y) and x < (x1 - x0) * (y - y0) / (y1 - y0) + x0
                for (x0, y0), (x1, y1) in pairwise([*part.points, part.points[0]])
            )
            return crossings % 2 == 1
    return False


def channels(told: str) -> tuple[float, ...]:
    """The linear light of a colour, red, green and blue."""
    values = [value / 255 for value in bytes.fromhex(told[1:])]
    return tuple(v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in values)


def contrast(first: str, second: str) -> float:
    """The contrast ratio of WCAG 2."""
    light = [0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in map(channels, (first, second))]
    return (max(light) + 0.05) / (min(light) + 0.05)


def over(below: str, above: str, opacity: float) -> str:
    pairs = zip(bytes.fromhex(below[1:]), bytes.fromhex(above[1:]), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * opacity):02X}" for a, b in pairs)


def around(points: Sequence[Point]) -> Box:
    xs, ys = zip(*points, strict=True)
    return Box(min(xs), min(ys), max(xs), max(ys))


def grounds(theme: str, fills: Sequence[tuple[Part, Box]], text: Text) -> Iterator[str]:
    """The colours behind the middle and the ends of a text."""
    points = text_corners(text)
    middle = [sum(point[axis] for point in points) / 4 for axis in (0, 1)]
    for end in (None, 0, 1, 2, 3):
        x, y = middle if end is None else ((9 * p + m) / 10 for p, m in zip(points[end], middle, strict=True))
        ground = color(theme, "background")
        for part, box in fills:
            if box.left <= x <= box.right and box.top <= y <= box.bottom and holds(part, x, y):
                ground = over(ground, color(theme, getattr(part, "fill", "")), getattr(part, "opacity", 1.0))
        yield ground


def faults(scene: Scene) -> list[str]:
    """What is wrong with the geometry of a figure."""
    found, fills, texts = [], list[tuple[Part, Box]](), list[tuple[Text, Box]]()
    for part in flat(scene.parts):
        box, whole = around(corners(part)), scene.box
        if (
            min(
                box.left - whole.left, box.top - whole.top, whole.right - box.right, whole.bottom - box.bottom
            )
            < 0
        ):
            found.append(f"outside: {part}")
        if getattr(part, "fill", ""):
            fills.append((part, box))
        if not isinstance(part, Text):
            continue
        if part.size < LEAST:
            found.append(f"too small: {part}")
        texts.append((part, box))
        behind = [color(scene.theme, "background")] if part.halo else grounds(scene.theme, fills, part)
        if any(contrast(color(scene.theme, part.paint), ground) < 4.5 for ground in behind):
            found.append(f"{part.words!r} is hard to read")
    for (first, one), (second, other) in combinations(texts, 2):
        near = (
            one.left < other.right
            and other.left < one.right
            and one.top < other.bottom
            and other.top < one.bottom
        )
        if near and not apart(text_corners(first), text_corners(second)):
            found.append(f"{first.words!r} lies over {second.words!r}")
    return found


def groups(parts: Sequence[Part]) -> Iterator[Group]:
    for part in parts:
        if isinstance(part, Group):
            yield part
            yield from groups(part.parts)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", NETWORKS)
def test_labels_stand_apart_inside_and_legible(name: str, theme: str) -> None:
    assert faults(scene_of(name, theme=theme)) == []


@pytest.mark.parametrize("view", ["maps", "boxes", "unit"])
def test_every_drawn_layer_says_its_path_and_the_words_are_true(view: str) -> None:
    scene = scene_of("lenet5", view=view)
    report = cnncalc.load("lenet5").analyze()
    drawn = [group.layer for group in groups(scene.parts)]
    assert drawn == ["input", *(row.name for row in report.layers)]
    titles = {group.layer: group.title for group in groups(scene.parts)}
    assert titles["CONV1"] == "CONV1: 28×28×6; 5×5 conv; 456 parameters; 352,800 multiply-accumulates"
    assert titles["CONV1"] in scene.description
    assert "62,006 parameters" in scene.description


def test_a_field_is_walked_back_window_by_window() -> None:
    # by hand: a unit of POOL2 reads 2x2 of CONV2, those 6x6 of POOL1, 12x12 of CONV1, 16x16 of the input
    from cnncalc.figures.maps import fields_of
    from cnncalc.figures.subject import Subject
    from cnncalc.languages import english

    seen = fields_of(Subject(cnncalc.load("lenet5").analyze(), english()), "POOL2")
    sides = {layer: last - first + 1 for layer, ((first, last), _) in seen.items()}
    assert sides == {"POOL2": 1, "CONV2": 2, "POOL1": 6, "CONV1": 12, "input": 16}
    words = [part.words for part in flat(scene_of("lenet5", field="POOL2").parts) if isinstance(part, Text)]
    assert [word for word in words if word.startswith("sees")] == [
        "sees 5×5",
        "sees 6×6",
        "sees 14×14",
        "sees 16×16",
    ]


@pytest.mark.parametrize("layers", [["relu"], ["dropout", "flatten"]])
@pytest.mark.parametrize("view", ["strip", "boxes", "maps", "unit"])
def test_a_network_without_a_stage_is_its_input(view: str, layers: list[str]) -> None:
    scene = draw(cnncalc.load({"input": "8x8x1", "layers": layers}).analyze(), view=view)
    assert scene.width > 0
    assert scene.height > 0


def test_a_stage_that_ends_flat_sees_what_its_map_saw() -> None:
    network = cnncalc.load("conv3-8, global_avg_pool, flatten, fc-10", input="32x32x3")
    words = {
        part.words for part in flat(draw(network, view="strip", lang="en").parts) if isinstance(part, Text)
    }
    # a window of 3 and 29 steps
    assert {"3×3", "32×32 (all)", "all"} <= words
    assert "–" not in words


def test_a_stage_that_reads_every_value_sees_all_and_a_weight_behind_it_is_not_its_output() -> None:
    words = [part.words for part in flat(scene_of("vit-b-16").parts) if isinstance(part, Text)]
    # 14 x 14 patches; the class token, 1 x 768, stands in the spec behind them
    assert words[words.index("patches") + 1] == "196×768"
    assert words[words.index("sees") + 1 :][:4] == ["16×16", "all", "all", "all"]
    assert "–" not in words


def test_sides_of_maps_keep_their_order_and_widths_their_own() -> None:
    network = cnncalc.load("conv3-8 p1, maxpool2, conv3-8 p1, fc-10", input="32x64x3")
    fronts = [
        group.parts[-1] for group in groups(draw(network, view="maps").parts) if group.layer != "dense1"
    ]
    sizes = [(part.width, part.height) for part in fronts if isinstance(part, Rectangle)]
    assert [width > height for width, height in sizes] == [True] * 4
    assert sizes[0] == sizes[1] > sizes[2] == sizes[3]


@pytest.mark.parametrize(
    ("name", "view"),
    [
        ("lenet5", "maps"),  # a small input, few layers, no joins
        ("alexnet", "boxes"),  # no joins
        ("mobilenet-v1", "strip"),  # many layers
        ("resnet50", "strip"),  # joins
        ("textcnn", "unit"),  # joins among few layers
    ],
)
def test_the_view_is_chosen_by_the_network(name: str, view: str) -> None:
    assert scene_of(name).view == view


def words_of(scene: Scene) -> list[str]:
    return [part.words for part in flat(scene.parts) if isinstance(part, Text)]


def test_a_strip_has_a_column_for_each_stage_and_its_costs() -> None:
    # He et al. (2015), table 1: 3, 4, 6 and 3 units; 25.6 million parameters
    scene, report = scene_of("resnet50"), cnncalc.load("resnet50").analyze()
    words = words_of(scene)
    assert [word for word in words if word.endswith("bottleneck")] == [
        f"{count} × bottleneck" for count in (3, 4, 6, 3)
    ]
    assert {"4.09 G", "25.6 M", "56×56×256", "7×7×2048", "427×427 (all)"} <= {*words}
    columns = [group for group in scene.parts if isinstance(group, Group)]
    assert [group.layer for group in columns] == [
        "input", "conv1", "max_pool1", *(f"conv{number}_x" for number in (2, 3, 4, 5)),
        "global_avg_pool1", "dense1",
    ]  # fmt: skip
    units = [[unit.layer for unit in groups(group.parts)] for group in columns[3:7]]
    assert [len(each) for each in units] == [3, 4, 6, 3]
    assert all(unit in report for each in units for unit in each)
    # the first unit of a stage has a convolution on its shortcut: of the arcs over it one is dashed
    arcs = [part.dashed for part in flat(scene.parts) if isinstance(part, Arc)]
    assert arcs == [number == 0 for count in (3, 4, 6, 3) for number in range(count)]


def test_neighbours_share_a_column_and_many_units_are_three_and_two() -> None:
    words = words_of(scene_of("googlenet"))
    assert {"inception3a–b", "inception4a–e", "5 × inception", "inception5a–b"} <= {*words}
    scene = scene_of("densenet121")
    blocks = {group.layer: [*groups(group.parts)] for group in scene.parts if isinstance(group, Group)}
    assert [len(blocks[f"dense_block{number}"]) for number in (1, 2, 3, 4)] == [6, 5, 5, 5]
    fronts = [unit.parts[0] for unit in blocks["dense_block1"]]
    wide = [part.points[1][0] - part.points[0][0] for part in fronts if isinstance(part, Polygon)]
    # as thick as their own channels, which grow
    assert wide == sorted(wide)
    assert len({*wide}) == 6


def test_a_block_whose_maps_shrink_by_four_is_opened_and_a_step_within_a_unit_is_not() -> None:
    def block(*layers: Any) -> dict[str, Any]:
        return {"layers": [*layers]}

    squeeze = {"multiply": [[], ["global_avg_pool", "conv1-8 sigmoid"]]}
    spec = {
        "input": "64x64x8",
        "blocks": {
            "step": block("conv3-8 same s2", squeeze),
            "unit": block("conv1-8", "step", "conv1-8"),
            "body": block("unit", "unit"),
        },
        "layers": ["body", "unit", "global_avg_pool", "fc-10"],
    }
    scene = draw(cnncalc.load(spec), view="strip", lang="en")
    assert [group.layer for group in scene.parts if isinstance(group, Group)] == [
        "input", "body1.unit1", "body1.unit2", "unit1", "global_avg_pool1", "dense1",
    ]  # fmt: skip


def test_lines_lead_from_the_way_down_of_a_unet_to_its_way_up() -> None:
    over = [part.points for part in flat(scene_of("unet").parts) if isinstance(part, Line) and part.radius]
    spans = sorted((points[0][0], points[-1][0]) for points in over)
    assert len(spans) == 4
    assert all(a < c < d < b for (a, b), (c, d) in pairwise(spans))  # each within the one before


def test_a_block_is_a_graph_of_its_paths() -> None:
    scene = scene_of("googlenet", part="inception3a")
    words = words_of(scene)
    # Szegedy et al. (2015), table 1: 64, 96 and 128, 16 and 32, 32 behind the pool
    for word in (
        "1×1 conv, 64",
        "1×1 conv, 96",
        "3×3 conv, 128",
        "1×1 conv, 16",
        "1×1 conv, 32",
        "3×3 max pool",
    ):
        assert word in words
    assert {"64", "128", "32", "concatenated: 256 channels", "inception3a of GoogLeNet"} <= {*words}
    drawn = [group.layer for group in groups(scene.parts)]
    assert len(drawn) == len({*drawn}) == 1 + 7 + 1  # the input, convolutions and the pool, the concatenation


def test_what_comes_again_in_a_graph_is_drawn_once() -> None:
    words = words_of(scene_of("resnet50", part="conv3_x"))
    assert "× 3" in words
    assert words.count("identity") == 1
    assert sum("3×3 conv" in word for word in words) == 2
    assert "3×3 conv, 128, /2" in words


@pytest.mark.parametrize("seed", range(6))
def test_any_graph_is_drawn_with_every_layer_and_every_edge(seed: int) -> None:
    draws = random.Random(seed)  # noqa: S311 - a network of a seed
    layers: list[dict[str, Any]] = []
    for number in range(9):
        sources = draws.sample(
            ["input", *(f"l{n}" for n in range(number))], min(number + 1, draws.choice((1, 1, 2, 3)))
        )
        kind = {"concat": {}} if len(sources) > 1 else {"conv": {"filters": 3, "kernel": 3, "padding": 1}}
        ((name, options),) = kind.items()
        layers.append(
            {name: {**options, "name": f"l{number}", "from": sources if len(sources) > 1 else sources[0]}}
        )
    network = cnncalc.load({"input": "8x8x3", "layers": layers})
    for view in ("unit", "strip"):
        scene = draw(network, view=view, lang="en")
        assert faults(scene) == []
        if view == "unit":
            nodes = {group.layer for group in groups(scene.parts)}
            assert nodes == {"input", *(f"l{number}" for number in range(9))}


# ---- colours


# Machado, Oliveira, Fernandes (2009), severity 1, on linear light
SIMULATED = {
    "protan": ((0.1523, 1.0526, -0.2049), (0.1145, 0.7863, 0.0992), (-0.0039, -0.0481, 1.0520)),
    "deutan": ((0.3673, 0.8606, -0.2280), (0.2801, 0.6725, 0.0474), (-0.0118, 0.0429, 0.9689)),
    "tritan": ((1.2555, -0.0767, -0.1788), (-0.0784, 0.9308, 0.1476), (0.0047, 0.6914, 0.3039)),
}


def lab(light: Sequence[float]) -> list[float]:
    """CIELAB of linear sRGB under D65."""
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    xyz = [sum(a * min(max(b, 0), 1) for a, b in zip(row, light, strict=True)) for row in rows]
    f = [
        (v / w) ** (1 / 3) if v / w > 0.008856 else 7.787 * v / w + 16 / 116
        for v, w in zip(xyz, (0.9505, 1.0, 1.089), strict=True)
    ]
    return [116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("sight", ["usual", *SIMULATED])
def test_the_families_differ_for_any_colour_vision(theme: str, sight: str) -> None:
    seen = {}
    for family in FAMILIES:
        light = channels(color(theme, f"{family}.front"))
        if sight in SIMULATED:
            light = tuple(sum(a * b for a, b in zip(row, light, strict=True)) for row in SIMULATED[sight])
        seen[family] = lab(light)
    near = {
        (first, second): sum((a - b) ** 2 for a, b in zip(seen[first], seen[second], strict=True)) ** 0.5
        for first, second in combinations(FAMILIES, 2)
    }
    assert {pair: distance for pair, distance in near.items() if distance < 12} == {}


# ---- what is written


@pytest.mark.parametrize("name", ["lenet5", "resnet50"])
def test_svg_is_whole_and_the_same_each_time(name: str) -> None:
    text = write(scene_of(name), "svg")
    assert text == write(scene_of(name), "svg")
    root = ET.fromstring(text)  # noqa: S314 - our own
    assert [root[0].tag, root[1].tag] == [f"{SVG}title", f"{SVG}desc"]
    assert (root[2].tag, root[2].get("fill")) == (f"{SVG}rect", "#FFFFFF")
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|<script|href", text)


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "a\" onload='x'&amp;",
        "卷积层一",
        "ч" * 10_000,
        "\u202eevil",
        "]]>",
        "-->",
    ],
)
@pytest.mark.parametrize("view", ["maps", "boxes", "strip", "unit"])
def test_names_are_text_in_any_script(name: str, view: str) -> None:
    plain = cnncalc.load("conv3-4, maxpool2, fc-10", input="12x12x3").analyze()
    nodes = [plain.graph.nodes[0]._replace(name=name), *plain.graph.nodes[1:]]
    settings = plain.settings._replace(network=name)
    report = Report(plain.graph._replace(nodes=tuple(nodes)), plain.facts, settings)
    scene = draw(report, view=view)
    assert faults(scene) == []
    assert scene.width < 1200
    root = ET.fromstring(write(scene, "svg"))  # noqa: S314 - our own
    assert {each.tag.removeprefix(SVG) for each in root.iter()} <= {
        "svg", "title", "desc", "rect", "g", "path", "circle", "text",
    }  # fmt: skip
    assert {key for each in root.iter() for key in each.attrib if key.startswith("on")} == set()


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"view": "box"}, "box is not a view"),
        ({"theme": "dusk"}, "dusk is not a theme"),
        ({"view": "boxes", "field": "CONV1"}, "--field says nothing to the view boxes"),
        ({"part": "CONV1", "view": "maps"}, "CONV1 is drawn as a graph"),
        ({"part": "CONV9"}, "no layer or group is called 'CONV9'"),
        ({"field": "FC3"}, "FC3 has no map whose field could be drawn"),
        ({"field": "CONV9"}, "no layer or group is called 'CONV9'"),
    ],
)
def test_a_figure_that_can_not_be_is_one_error(how: dict[str, str], message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        scene_of("lenet5", **how)


@pytest.mark.parametrize("view", ["maps", "boxes", "unit"])
def test_a_network_of_very_many_layers_is_a_strip_alone(view: str) -> None:
    network = cnncalc.load({"input": "8x8x3", "layers": [{"repeat": {"times": 600, "layers": ["conv1-8"]}}]})
    with pytest.raises(UsageError, match="layers are too many for"):
        draw(network, view=view)
    assert draw(network, lang="en").view == "strip"


# ---- other formats


def test_json_has_the_drawing_list_with_its_colours() -> None:
    scene = scene_of("lenet5", theme="dark")
    found = json.loads(write(scene, "json"))
    assert (found["view"], found["theme"], found["background"]) == ("maps", "dark", "#16181D")
    assert [part["layer"] for part in found["parts"] if part["part"] == "group"][:2] == ["input", "CONV1"]
    cards = [part for part in found["parts"][1]["parts"] if part["part"] == "rectangle"]
    assert len(cards) == 6
    assert {card["fill"] for card in cards} == {color("dark", "conv.front")}


def test_tikz_says_the_texts_of_others_and_obeys_none() -> None:
    plain = cnncalc.load("conv3-4, maxpool2, fc-10", input="12x12x3").analyze()
    name = r"\input{/etc/passwd}%${#_&~^"
    scene = draw(Report(plain.graph, plain.facts, plain.settings._replace(network=name)), view="unit")
    text = write(scene, "tex")
    assert "\\input{" not in text
    said = r"\textbackslash{}input\{/etc/passwd\}\%\$\{\#\_\&\textasciitilde{}\textasciicircum{}"
    assert said in text
    lines = [re.sub(r"\\.", "", line) for line in text.splitlines() if not line.startswith("%")]
    assert sum(line.count("{") - line.count("}") for line in lines) == 0
    assert write(scene, "tikz") in text


def test_pdf_and_png_are_the_same_each_time_and_have_the_size_of_the_figure(tmp_path: Path) -> None:
    from PIL import Image

    scene = scene_of("alexnet")
    for ending, sign in (("pdf", b"%PDF-"), ("png", b"\x89PNG")):
        for name in ("a", "b"):
            save(scene, str(tmp_path / f"{name}.{ending}"))
        made = (tmp_path / f"a.{ending}").read_bytes()
        assert made.startswith(sign)
        assert made == (tmp_path / f"b.{ending}").read_bytes()
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.size == (2 * scene.width, 2 * scene.height)
        seen = {each for _, each in picture.convert("RGB").getcolors(10**6) or ()}
    assert {tuple(bytes.fromhex(color("light", f"{kind}.front")[1:])) for kind in ("conv", "pool")} <= seen


def test_a_letter_that_no_font_has_is_an_error_not_an_empty_box(tmp_path: Path) -> None:
    file = tmp_path / "a.png"
    named = cnncalc.load({"input": "8x8x1", "layers": [{"conv": {"filters": 2, "kernel": 3, "name": "𒀀"}}]})
    scene = draw(named.analyze(), lang="en")
    with pytest.raises(UsageError, match=r"no font on this machine has the letter 𒀀\n.*\.svg"):
        save(scene, str(file))
    assert [*tmp_path.iterdir()] == []


def test_a_file_that_can_not_be_written_is_one_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scene = scene_of("lenet5")
    for file, message in (("a.gif", "a.gif: .gif says no format"), ("a", "a: no ending says no format")):
        with pytest.raises(UsageError, match=re.escape(message)):
            save(scene, str(tmp_path / file).replace(str(tmp_path) + "/", ""))
    with pytest.raises(UsageError, match="pdf is no text"):
        write(scene, "pdf")
    huge = scene._replace(box=scene.box._replace(right=10**6))
    with pytest.raises(UsageError, match="too large for PDF"):
        save(huge, str(tmp_path / "a.pdf"))
    with pytest.raises(UsageError, match="more than 60,000,000"):
        save(huge, str(tmp_path / "a.png"))
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(UsageError, match=re.escape("pip install 'cnncalc[draw]'")):
        save(scene, str(tmp_path / "a.pdf"))
    assert [*tmp_path.iterdir()] == []


def test_a_notebook_shows_the_figure() -> None:
    scene = scene_of("lenet5")
    assert scene._repr_svg_() == write(scene, "svg")


TANGLE = {
    "input": "16x16x4",
    "layers": [
        {"conv": {"name": "a", "kernel": 3, "filters": 4, "padding": "same"}},
        {"conv": {"name": "b", "kernel": 3, "filters": 4, "padding": "same", "from": "a"}},
        {"conv": {"name": "c", "kernel": 1, "filters": 4, "from": "input"}},
        {"add": {"name": "d", "from": ["a", "c"]}},
        {"conv": {"name": "e", "kernel": 3, "filters": 4, "padding": "same", "from": "d"}},
        {"add": {"name": "f", "from": ["b", "e"]}},
        {"concat": {"name": "g", "from": ["f", "c", "a"]}},
    ],
}
"""Three paths, of which each reads what another makes."""
WIDE_MEETING = {
    "input": "16x16x4",
    "layers": [*TANGLE["layers"][:-1], {"matmul": {"name": "g", "from": ["f", "a"], "transpose_b": True}}],
}


@pytest.mark.parametrize(
    ("spec", "lines"), [(TANGLE, 12), (WIDE_MEETING, 11)], ids=["meet in a bar", "meet in a box"]
)
def test_lines_of_paths_that_read_one_another_pass_no_node_and_lie_on_no_other_value_s_line(
    spec: Any, lines: int
) -> None:
    scene = draw(cnncalc.load(spec).analyze(), view="unit", lang="en")
    assert faults(scene) == []
    parts = [*flat(scene.parts)]
    nodes = [part for part in parts if isinstance(part, Rectangle) and part.width < scene.width]
    ways = [part.points for part in parts if isinstance(part, Line) and part.paint == "line"]
    assert len(ways) == lines
    steps = [(way, min(step), max(step)) for way in ways for step in pairwise(way)]
    # a line that is crossed has a gap
    halos = [part.points for part in parts if isinstance(part, Line) and part.paint == "background"]
    gaps = [(min(points), max(points)) for points in halos]
    crossed = [
        (x, y)
        for (way, (x0, y), (x1, y1)), (other, (x, y2), (x2, y3)) in permutations(steps, 2)
        if way[0] != other[0] and y == y1 and x == x2 and x0 + 9 < x < x1 - 9 and y2 + 9 < y < y3 - 9
    ]
    assert crossed
    assert all(any(x0 <= x <= x1 and y0 <= y <= y1 for (x0, y0), (x1, y1) in gaps) for x, y in crossed)
    for _, (x0, y0), (x1, y1) in steps:
        assert x0 == x1 or y0 == y1
        for node in nodes:
            beside = x1 <= node.x or x0 >= node.x + node.width
            above_or_below = max(y0, y1) <= node.y or min(y0, y1) >= node.y + node.height
            assert beside or above_or_below
    for (way, (x0, y0), (x1, y1)), (other, (x2, y2), (x3, y3)) in combinations(steps, 2):
        one_value, one_target = way[0] == other[0], way[-1] == other[-1]
        along = min(x1, x3) - max(x0, x2) > 1 and y0 == y1 == y2 == y3
        along |= min(y1, y3) - max(y0, y2) > 1 and x0 == x1 == x2 == x3
        assert one_value or one_target or not along
