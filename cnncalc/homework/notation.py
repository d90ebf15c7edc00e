"""The characters and words around an answer: how they are written, and the answer without them."""

import html
import re
import unicodedata
from functools import cache

from cnncalc.homework.word_lists import WORD_LISTS, forms, word_set

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
_OF_COUNTS = frozenset(
    {"param", "weight", "neuron", "unit", "node", "value", "element", "activation", "learnable"}
)
_ENDS = "?!.,;:…-#✓✔✅☑∴"
_STRUCK = re.compile(r"~~[^~]*+~~|<(?:s|del|strike)>[^<]*+</(?:s|del|strike)>", re.IGNORECASE)
"""What a student has crossed out."""
_TAG = re.compile(r"</?(?:b|i|u|em|strong|span|p|br|sup|sub|code)\s?/?>", re.IGNORECASE)
_ALL = re.compile(r"^(?:共计?|合计|总共)(?=\d)")
_COUNTED = re.compile(r"(?<=\d)\s*+[个個개次つ](?:[^\d\s万亿千百萬億]{0,12})$")
"""How Chinese, Japanese and Korean count things: 120个神经元."""
_UNIT = re.compile(r"(?<=\d)[^\W\d_]++$")
_BEHIND = re.compile(r"^(?P<answer>[-+~≈]?[\d.,_' ]*\d)\s*+(?:[,;:-]|because|since|as)\s++(?=\D*+$)")
_PART = re.compile(r"\d[\d,.']*+|[^\W\d_]++|[^\w\s]")
_PARTS: dict[str, str] = WORD_LISTS["answer_parts"]
_BETWEEN_PARTS = frozenset({*",;:=&+()#→", "and", "plus", "und", "et", "y", "so", "thus"})


def normal(text: str) -> str:
    r"""The characters of an answer as they are meant: full-width digits, Chinese punctuation, signs, LaTeX.

    >>> normal("４８，１２０"), normal("14×10⁶"), normal(r"$28 \times 28$"), normal(r"\(5\cdot5\)")
    ('48,120', '14x10^6', '28 x 28', '5*5')
    """
    if "&" in text:
        text = html.unescape(text)
    if "~~" in text or "<" in text:
        text = _TAG.sub(" ", _STRUCK.sub(" ", text))
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
    text = _COUNTED.sub(
        "", _ALL.sub("", text.lstrip("→⇒>=- \t" if text[:1] in "→⇒=" else "").strip()).lstrip("#")
    )
    if (unit := _UNIT.search(text)) and _is_counted(unit[0]):
        text = text[: unit.start()]
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
    return all(not part or part in _FILLERS or _is_counted(part) for part in parts) and not any(
        map(str.isdigit, word)
    )


@cache
def _counted() -> dict[str, str]:
    return forms("heading_words")


def _is_counted(word: str) -> bool:
    """Whether a word of any language says what is counted: paramètres."""
    return _counted().get(word) in _OF_COUNTS


def parts_of(text: str) -> dict[str, str]:
    """The numbers of `450 weights and 6 biases` and of `W: 450 b: 6 total: 456`; none of another answer.

    >>> parts_of("450 weights and 6 biases"), parts_of("W: 450, b: 6, total: 456"), parts_of("456")
    ({'w': '450', 'b': '6'}, {'w': '450', 'b': '6', 't': '456'}, {})
    """
    pieces = [piece for piece in _PART.findall(text.casefold()) if piece not in _BETWEEN_PARTS]
    if len(pieces) % 2 and len(pieces) < 6:
        # a number without a name is the sum: 450 weights and 6 biases, so 456; 456: 450 weights, 6 biases
        before = _named(["total", *pieces])
        return before if _adds_up(before) else _named([*pieces[:-1], "total", *pieces[-1:]])
    return _named(pieces)


def _adds_up(parts: dict[str, str]) -> bool:
    """Whether the parts and their sum go together."""
    whole = {name: number.replace(",", "") for name, number in parts.items()}
    return (
        bool(whole)
        and all(map(str.isdecimal, whole.values()))
        and (int(whole["w"]) + int(whole["b"]) == int(whole["t"]))
    )


def _named(pieces: list[str]) -> dict[str, str]:
    """The parts by their names, each number behind its name or before."""
    if not pieces or len(pieces) % 2 or len(pieces) > 2 * len(set(_PARTS.values())):
        return {}
    pairs = [
        (name, number) if number[0].isdigit() else (number, name)
        for name, number in zip(pieces[::2], pieces[1::2], strict=True)
    ]
    if not all(name in _PARTS and number[0].isdigit() for name, number in pairs):
        return {}
    found = {_PARTS[name]: number.rstrip(",.") for name, number in pairs}
    return found if {"w", "b"} <= found.keys() and len(found) == len(pairs) else {}


_NOTHING = frozenset(WORD_LISTS["nothing"])
_NO = tuple(WORD_LISTS["nothing_begins"])
_NONE_OF = tuple(WORD_LISTS["nothing_ends"])
_THINGS: list[str] = WORD_LISTS["nothing_of"]


def says_nothing(text: str) -> bool:
    """Whether an answer says that there is nothing: right where the answer is 0, else no answer.

    >>> [says_nothing(text) for text in ("-", "N/A", "no parameters", "There are none", "0", "6")]
    [True, True, True, True, False, False]
    """
    told = " ".join(text.replace("—", "-").replace("–", "-").casefold().split()).strip("\"'()[].!` ")
    # none (pooling), -none-
    bare = re.sub(r"\([^()\d]*+\)?$", "", told).strip("* •·")
    if {told, bare, bare.strip("- "), without_words(told)} & _NOTHING:
        return True
    if told.endswith(_NONE_OF):
        return not any(map(str.isdigit, told))
    return (
        told.startswith(_NO) and any(thing in told for thing in _THINGS) and not any(map(str.isdigit, told))
    )
