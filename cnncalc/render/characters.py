"""Plainer signs for characters that a terminal's encoding lacks."""

PLAINER = {
    **dict.fromkeys("█▉▊▋▌", "#"), **dict.fromkeys("▍▎▏", " "), **dict.fromkeys("−–—", "-"),
    "×": "x", "·": "-", "…": ".", "“": '"', "”": '"',
    "├": "|", "└": "`", "│": "|", "─": "-",
    "≥": ">", "≤": "<", "→": ">", "←": "<", "✓": "v", "✗": "x", "⌊": "[", "⌋": "]", "⌈": "[", "⌉": "]",
}  # fmt: skip
"""Character -> one of ASCII that takes as many columns."""


def plainer() -> str:
    """The name of the way to write what an encoding lacks, as `errors=` of a stream takes it."""
    import codecs

    codecs.register_error("cnncalc", _handle)
    return "cnncalc"


def _handle(error: UnicodeError) -> tuple[str, int]:
    from cnncalc.render.wrapping import width

    assert isinstance(error, UnicodeEncodeError)
    lacking = error.object[error.start : error.end]
    return "".join(PLAINER.get(character) or "?" * width(character) for character in lacking), error.end
