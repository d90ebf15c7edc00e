"""The one way to a figure: which view shows a network, and the view drawn."""

from typing import Any

from cnncalc.analysis.report import Report
from cnncalc.errors import UsageError, unknown_choice
from cnncalc.figures.scene import Scene
from cnncalc.figures.subject import Subject, has_joins
from cnncalc.figures.themes import check_theme
from cnncalc.languages import language

VIEWS = ("maps", "boxes")
MOST_OF_MAPS, LARGEST_OF_MAPS, MOST_OF_BOXES = 12, 64, 30
"""The most layers that maps show unless asked, the largest input, and the most layers that boxes show."""
MOST_DRAWN = 500
"""The most layers that a figure draws one by one."""


def views() -> tuple[str, ...]:
    """The views by name."""
    return VIEWS


def draw(
    network: Any,
    *,
    view: str | None = None,
    field: str | None = None,
    theme: str = "light",
    lang: str | None = None,
) -> Scene:
    """A network, or a report of one, as a figure.

    `view` is maps or boxes; chosen by the network unless said. `field` is the layer of which one unit's field
    is marked on the maps before it. Raises UsageError for what can't be drawn so.

    >>> import cnncalc
    >>> from cnncalc.figures import draw
    >>> scene = draw(cnncalc.load("lenet5"), lang="en")
    >>> scene.view, round(scene.width), round(scene.height)
    ('maps', 1088, 252)
    """
    report: Report = network if isinstance(network, Report) else network.analyze()
    check_theme(theme)
    if view is not None and view not in VIEWS:
        raise unknown_choice(view, "a view", VIEWS)
    subject = Subject(report, language(lang))
    from cnncalc.figures import boxes, maps

    chosen = view or ("maps" if field is not None else _choice(subject))
    if has_joins(report):
        raise UsageError(f"{chosen} can't show paths that fork or meet", "leave --view out")
    if field is not None and chosen != "maps":
        raise UsageError(f"--field says nothing to the view {chosen}", "--view maps")
    return maps.draw(subject, theme, field) if chosen == "maps" else boxes.draw(subject, theme)


def _choice(subject: Subject) -> str:
    """The view that shows a network best."""
    sides = [side for each in subject.inputs for side in each.shape[:-1]]
    small = len(subject.drawn) - 1 <= MOST_OF_MAPS and max(sides, default=1) <= LARGEST_OF_MAPS
    return "maps" if small else "boxes"
