"""Moving pictures as files: a drawing that moves by itself, and a page that a reader steps through."""

from collections.abc import Iterator
from html import escape

from cnncalc.execute.convolve import Worked
from cnncalc.figures.themes import variables
from cnncalc.languages import Language
from cnncalc.page.filled import filled, part
from cnncalc.page.walk import Picture, picture, title_of

SECONDS = 1.6
"""How long a step is seen."""


def walk_svg(work: Worked, language: Language) -> str:
    """The picture as SVG, moved by its style sheet; it stands still, at its end, for whom motion disturbs.

    A pointer on the picture halts it.
    """
    found = picture(work, language)
    title = escape(language.tell(title_of(work)))
    style = "\n".join(
        [
            f"svg {{ {variables('light')} }}",
            f"@media (prefers-color-scheme: dark) {{ svg {{ {variables('dark')} }} }}",
            part("walk.css") + "".join(_motion(found)),
        ]
    )
    ground = f'<rect width="{found.width:g}" height="{found.height:g}" fill="var(--background)"/>'
    return _svg(found, title, f"<style>{style}</style>{ground}", ' xmlns="http://www.w3.org/2000/svg"')


def walk_html(work: Worked, language: Language) -> str:
    """The picture as a page with buttons and keys, which loads nothing."""
    found = picture(work, language)
    title = escape(language.tell(title_of(work)))
    values = {"title": title, "picture": _svg(found, title), "last": str(len(found.steps) - 1)}
    words = {key: language.messages[f"walk.{key}"] for key in ("play", "pause", "position")}
    return filled(
        "walk", language, values, {"words": words, "wait": round(1000 * SECONDS), "steps": found.steps}
    )


def _svg(found: Picture, title: str, before: str = "", more: str = "") -> str:
    pieces = "".join(
        f'<g class="s{piece.first}-{piece.end}" data-first="{piece.first}" data-end="{piece.end}">'
        f"{piece.svg}</g>\n"
        for piece in found.pieces
    )
    size = f'viewBox="0 0 {found.width:g} {found.height:g}" width="{found.width:g}" height="{found.height:g}"'
    still = "\n".join(found.still)
    return f'<svg{more} {size} role="img"><title>{title}</title>{before}{still}\n{pieces}</svg>\n'


def _motion(found: Picture) -> Iterator[str]:
    """The rules that show each piece in its steps. Without motion the last step is seen."""
    count = len(found.steps)
    spans = sorted({(piece.first, piece.end) for piece in found.pieces})
    for first, end in spans:
        if end != count:
            yield f".s{first}-{end} {{ visibility: hidden; }}\n"
    yield "@media (prefers-reduced-motion: no-preference) {\n"
    for first, end in spans:
        if (first, end) == (0, count):
            continue
        name, begins, stops = f"s{first}-{end}", 100 * first / count, 100 * end / count
        hidden = "visibility: hidden"
        frames = (
            f"0% {{ {hidden} }} {begins:.4f}% {{ visibility: visible }} "
            if first
            else "0% { visibility: visible } "
        )
        frames += f"{stops:.4f}% {{ {hidden} }}" if end != count else "100% { visibility: visible }"
        yield f"@keyframes {name} {{ {frames} }}\n"
        yield f".{name} {{ animation: {name} {count * SECONDS:g}s step-end infinite; }}\n"
    yield "svg:hover g { animation-play-state: paused; }\n}\n"
