"""The roofline of a device, what it reaches at most by arithmetic intensity, and layers on it."""

from collections.abc import Sequence
from math import sqrt

from cnncalc.analysis.bounds import Bounds
from cnncalc.figures.scatter import HEIGHT, WIDTH, Scale, axes
from cnncalc.figures.scene import Box, Circle, Group, Line, Part, Point, Scene, Text
from cnncalc.figures.themes import check_theme
from cnncalc.languages import Language, english
from cnncalc.number_text import told_rate, told_seconds

MOST_LABELS = 6
"""The layers with most of the time that are labelled."""
LEAST, LARGEST = 3.0, 20.0
"""The radius of a layer that takes no time to speak of, and what a layer with all of the time has more."""


def roofline(bounds: Bounds, theme: str = "light", language: Language | None = None) -> Scene:
    """Layers by their FLOPs for each byte, at the FLOPs a second that a device allows them at most.

    Equal layers are one circle, whose area grows with their part of the least time. Layers without MACs have
    no place on the scale, and are told below it.
    """
    check_theme(theme)
    say = (language or english()).say
    device = bounds.device
    layers = [
        (bounds.of_layer(first), count, part, bounds.report.layers[first])
        for first, count, part in bounds.bottlenecks(len(bounds.report.facts))
    ]
    shown = [each for each in layers if each[0].operations]
    speeds = sorted({speed for _, speed in device.bandwidths})
    slow, fast = speeds[0], speeds[-1]
    intensities = [bound.operations / bound.moved for bound, *_ in shown] or [1.0]
    low, high = min(*intensities, bounds.peak / fast) / 2, max(*intensities, bounds.peak / slow) * 3
    x = Scale(low, high, 0, WIDTH)
    y = Scale(min(bounds.peak, low * slow) / 1.5, bounds.peak * 2.5, HEIGHT, 0)
    names = (say("roofline.intensity"), say("roofline.reached", dtype=bounds.report.settings.dtype))
    parts: list[Part] = [*axes(x, y, names)]
    if fast > slow:
        parts.append(Line(_roof(x, y, bounds.peak, fast), "soft", 1.2, dashed=True))
    parts.append(Line(_roof(x, y, bounds.peak, slow), "window", 2))
    labels, legend = list[Text](), list[str]()
    for number, (bound, count, part, row) in enumerate(shown, 1):
        at = (x.at(bound.operations / bound.moved), y.at(bound.operations / bound.least))
        name = f"{row.name} × {count}" if count > 1 else row.name
        waits = say(f"bounds.{bound.limited_by}")
        told = f"{name}: {told_seconds(bound.least * count)}, {100 * part:.1f}%, {waits}"
        radius = LEAST + LARGEST * sqrt(part)
        paint = "conv" if bound.limited_by == "compute" else "pool"
        # the largest lie below
        parts.append(Group(row.name, told, [Circle(*at, radius, paint, f"{paint}.edge", 0.8)]))
        if number <= MOST_LABELS:
            labels.append(_label(at, str(number), labels))
            legend.append(f"{number}  {told}")
    parts += labels
    rest = sum(part for bound, _, part, _ in layers if not bound.operations)
    if rest:
        legend.append(say("roofline.others", part=f"{100 * rest:.1f}%"))
    bottom = HEIGHT + 62
    for line in legend:
        parts.append(Text(0, bottom, line, 11, "start"))
        bottom += 16
    title = f"{bounds.report.settings.network} · {device.name}"
    parts.append(Text(0, -18, title, 13, "start", bold=True))
    description = say(
        "roofline.description",
        network=bounds.report.settings.network,
        device=device.name,
        peak=told_rate(bounds.peak, "FLOP/s"),
        bandwidth=told_rate(slow, "B/s"),
        least=told_seconds(bounds.total.least),
    )
    return Scene("roofline", title, description, theme, Box(-74, -44, WIDTH + 40, bottom + 8), parts)


def _label(at: Point, text: str, others: Sequence[Text]) -> Text:
    """A number in its circle, or above the numbers that stand there already."""
    x, y = at[0], at[1] + 3.5
    while any(abs(other.x - x) < 10 and abs(other.y - y) < 11 for other in others):
        y -= 11
    return Text(x, y, text, 10, bold=True)


def _roof(x: Scale, y: Scale, peak: float, bandwidth: float) -> list[Point]:
    """The most FLOPs a second at any intensity: along the bandwidth up to the peak, then along the peak."""
    ridge, low = peak / bandwidth, max(x.low, y.low / bandwidth)
    return [(x.at(each), y.at(min(peak, each * bandwidth))) for each in (low, ridge, x.high)]
