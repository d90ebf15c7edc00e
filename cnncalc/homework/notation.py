"""The characters and words around an answer: how they are written, and the answer without them."""

import html
import re
import unicodedata

from cnncalc.homework.word_lists import WORD_LISTS, word_set

# how it is written -> how it is read; what NFKC does not do
_SIGNS = str.maketrans(WORD_LISTS["signs"])
_SUPERSCRIPT = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_COMMANDS: dict[str, str] = WORD_LISTS["latex"]
"""A notation of LaTeX -> the plain sign."""
_STYLE = re.compile(
    r"\\(?:text|mathrm|mathbf|textbf|textit|emph|num|mathit|mbox|operatorname|boxed)\{([^{}]{0,80})\}"
)
_FRACTION = re.compile(r"\\[dt]?frac\{([^{}]{1,80})\}\{([^{}]{1,80})\}")

_FILLERS = word_set("answer_fillers")
"""Words around an answer that say nothing of its size."""
_ENDS = "?!.,;:…"
_COUNTED = re.compile(r"(?<=\d)\s*+[个個개次つ](?:[^\d\s万亿千百萬億]{0,12})$")
"""How Chinese, Japanese and Korean count things: 120个神经元."""
_BEHIND = re.compile(r"^(?P<answer>[-+~≈]?[\d.,_' ]*\d)\s*+(?:[,;:-]|because|since|as)\s++(?=\D*+$)")
_PART = re.compile(r"\d[\d,.']*+|[^\W\d_]++|[^\w\s]")
_PARTS: dict[str, str] = WORD_LISTS["answer_parts"]


def normal(text: str) -> str:
    r"""The characters of an answer as they are meant: full-width digits, Chinese punctuation, signs, LaTeX.

    >>> normal("４８，１２０"), normal("14×10⁶"), normal(r"$28 \times 28$"), normal(r"\(5\cdot5\)")
    ('48,120', '14x10^6', '28 x 28', '5*5')
    """
    if "&" in text:
        text = html.unescape(text)
    if "\\" in text or "{" in text:
        text = _of_latex(text)
    text = _SUPERSCRIPT.sub(lambda match: f"^{unicodedata.normalize('NFKC', match[0])}", text)
    text = unicodedata.normalize("NFKC", text.translate(_SIGNS)).translate(_SIGNS)
    # zero-width spaces and marks of direction come along with what is copied
    text = "".join(c for c in text if unicodedata.category(c) != "Cf")
    text = text.replace("$", "").replace("`", "")
    return " ".join(text.replace("**", "^").strip(" \t\r\n\"'").split())


def _of_latex(text: str) -> str:
    for written, meant in _COMMANDS.items():
        text = text.replace(written, meant)
    text = _STYLE.sub(r" \1 ", text)
    return _FRACTION.sub(r"(\1)/(\2)", text)


def without_words(text: str) -> str:
    """An answer without the words around it: `so 456 parameters in total`, `456, as there are biases`.

    Words that may say how large the number is (`thousand`, `per filter`) stay.

    >>> without_words("so 456 learnable parameters in total!"), without_words("76 per filter")
    ('456', '76 per filter')
    """
    text = _COUNTED.sub("", text.lstrip("→⇒>=- \t" if text[:1] in "→⇒=" else "").strip())
    if remark := _BEHIND.match(text):
        text = remark["answer"]
    words = text.split()
    while words and _is_filler(words[-1]):
        words.pop()
    first = 0
    while first < len(words) and _is_filler(words[first]):
        first += 1
    kept = " ".join(words[first:])
    return kept.rstrip("?!; ") if kept else text


def _is_filler(word: str) -> bool:
    """Whether a word, or each of `connections/weights`, says nothing of the number."""
    parts = word.casefold().strip(_ENDS + "()").split("/")
    return all(not part or part in _FILLERS for part in parts) and not any(map(str.isdigit, word))


def parts_of(text: str) -> dict[str, str]:
    """The numbers of `450 weights and 6 biases` and of `W: 450 b: 6 total: 456`; none of another answer.

    >>> parts_of("450 weights and 6 biases"), parts_of("W: 450, b: 6, total: 456"), parts_of("456")
    ({'w': '450', 'b': '6'}, {'w': '450', 'b': '6', 't': '456'}, {})
    """
    pieces = [
        piece
        for piece in _PART.findall(text.casefold())
        if piece not in (",", ";", ":", "=", "and", "&", "+")
    ]
    if not pieces or len(pieces) % 2 or len(pieces) > 2 * len(set(_PARTS.values())):
        return {}
    first, second = pieces[::2], pieces[1::2]
    names, numbers = (second, first) if pieces[0][0].isdigit() else (first, second)
    if not all(name in _PARTS for name in names) or not all(number[0].isdigit() for number in numbers):
        return {}
    found = {_PARTS[name]: number.rstrip(",.") for name, number in zip(names, numbers, strict=True)}
    return found if {"w", "b"} <= found.keys() and len(found) == len(names) else {}


_NOTHING = frozenset(WORD_LISTS["nothing"])
_NO = tuple(WORD_LISTS["nothing_begins"])
_THINGS: list[str] = WORD_LISTS["nothing_of"]


def says_nothing(text: str) -> bool:
    """Whether an answer says that there is nothing: right where the answer is 0, else no answer.

    >>> [says_nothing(text) for text in ("-", "N/A", "no parameters", "There are none", "0", "6")]
    [True, True, True, True, False, False]
    """
    told = " ".join(text.replace("—", "-").replace("–", "-").casefold().split()).strip("\"'()[].!*` ")
    if told in _NOTHING or without_words(told) in _NOTHING:
        return True
    return (
        told.startswith(_NO) and any(thing in told for thing in _THINGS) and not any(map(str.isdigit, told))
    )
