"""The one way to a figure: which view shows a network, and the view drawn."""

from importlib import import_module
from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.errors import UsageError, unknown_choice
from cnncalc.figures.scene import Scene
from cnncalc.figures.subject import Subject, has_joins
from cnncalc.figures.themes import check_theme
from cnncalc.languages import language

VIEWS = ("maps", "boxes", "strip", "unit")
MOST_OF_MAPS, LARGEST_OF_MAPS, MOST_OF_BOXES = 12, 64, 26
"""The most layers that maps show unless asked, the largest input, and the most layers that boxes show."""
MOST_DRAWN = 500
"""The most layers that maps and boxes show, which stand one by one in a row."""


def views() -> tuple[str, ...]:
    """The views by name."""
    return VIEWS


def draw(
    network: Any,
    part: str | None = None,
    *,
    view: str | None = None,
    field: str | None = None,
    theme: str = "light",
    lang: str | None = None,
) -> Scene:
    """A network, or a report of one, as a figure; with `part`, a layer or a block as a graph.

    `view` is maps, boxes, strip or unit; chosen by the network unless said. `field` is the layer of which one
    unit's field is marked on the maps before it. Raises UsageError for what can't be drawn so.

    >>> import cnncalc
    >>> from cnncalc.figures import draw
    >>> scene = draw(cnncalc.load("lenet5"), lang="en")
    >>> scene.view, round(scene.width), round(scene.height)
    ('maps', 1088, 253)
    """
    report: Report = network if isinstance(network, Report) else network.analyze()
    check_theme(theme)
    if view is not None and view not in VIEWS:
        raise unknown_choice(view, "a view", VIEWS)
    subject = Subject(report, language(lang))
    if field is not None and view not in (None, "maps"):
        raise UsageError(f"--field says nothing to the view {view}", "--view maps")
    if part is not None and (field is not None or view not in (None, "unit")):
        raise UsageError(
            f"{part} is drawn as a graph: a view and a field are those of a network", "--view unit"
        )
    chosen = view or ("maps" if field is not None else "unit" if part is not None else _choice(subject))
    if chosen == "unit":
        from cnncalc.figures.unit import draw as draw_unit

        return draw_unit(subject, theme, part)
    if chosen != "strip" and has_joins(report):
        raise UsageError(f"the view {chosen} can't show paths that fork or meet", "--view strip")
    if chosen != "strip" and len(subject.drawn) > MOST_DRAWN:
        raise UsageError(f"{len(subject.drawn):,} layers are too many for the view {chosen}", "--view strip")
    if chosen == "maps":
        from cnncalc.figures.maps import draw as draw_maps

        return draw_maps(subject, theme, field)
    module = import_module(f"cnncalc.figures.{chosen}")
    scene: Scene = module.draw(subject, theme)
    return scene


def _choice(subject: Subject) -> str:
    """The view that shows a network best."""
    layers = len(subject.drawn) - 1
    if has_joins(subject.report) and layers <= MOST_OF_MAPS:
        return "unit"
    if has_joins(subject.report) or layers > MOST_OF_BOXES:
        return "strip"
    sides = [side for each in subject.inputs for side in each.shape[:-1]]
    small = layers <= MOST_OF_MAPS and max(sides, default=1) <= LARGEST_OF_MAPS
    return "maps" if small else "boxes"
