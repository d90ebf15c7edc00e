"""The characters and words around an answer: how they are written, and the answer without them."""

from __future__ import annotations

import html
import re
import unicodedata

# how it is written -> how it is read; what NFKC does not do
_SIGNS = str.maketrans(
    {
        "×": "x", "✕": "x", "✖": "x", "⨯": "x", "х": "x", "X": "x", "∗": "*", "·": "*", "⋅": "*", "•": "*",
        "−": "-", "–": "-", "—": "-", "÷": "/", "⁄": "/", "∕": "/", "、": ",", "。": ".", "’": "'", "‘": "'",
        "⌊": " floor(", "⌋": ")", "⌈": " ceil(", "⌉": ")", "【": "[", "】": "]", "〔": "(", "〕": ")",
        "≅": "≈", "≃": "≈", "約": "约",
    }
)  # fmt: skip
_SUPERSCRIPT = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_COMMANDS = {
    r"\times": "x", r"\cdot": "*", r"\rightarrow": "→", r"\to": "→", r"\approx": "≈", r"\left": "",
    r"\right": "", r"\lfloor": " floor(", r"\rfloor": ")", r"\lceil": " ceil(", r"\rceil": ")",
    r"\mathbb{R}": "R", r"\quad": " ", r"\,": " ", r"\;": " ", r"\:": " ", r"\!": "", r"\ ": " ",
    r"\#": "#", r"\%": "%", r"\_": "_", r"\&": "&", r"{,}": ",", r"{.}": ".",
}  # fmt: skip
"""A notation of LaTeX -> the plain sign."""
_STYLE = re.compile(r"\\(?:text|mathrm|mathbf|textbf|mathit|mbox|operatorname|boxed)\{([^{}]{0,80})\}")
_FRACTION = re.compile(r"\\[dt]?frac\{([^{}]{1,80})\}\{([^{}]{1,80})\}")

_FILLERS_WORDS = (
    "a all also altogether an and answer are as at bias biases by connection connections contains count "
    "each element elements equals for get gives got has have hence here i in incl included including is "
    "it its layer layers learnable learned learnt link links makes map maps needed no node nodes number "
    "of on output outputs overall param parameter parameters params result so summed sum that the then "
    "there therefore these think this thus to total totally totals trainable unit units value values we "
    "weight weights will with w b activation activations neuron neurons mac macs multiplication "
    "multiplications addition additions operation operations flop flops"
)
_FILLERS = frozenset(_FILLERS_WORDS.split())
"""Words around an answer that say nothing of its size."""
_ENDS = "?!.,;:…"
_COUNTED = re.compile(r"(?<=\d)\s*+[个個개次つ](?:[^\d\s万亿千百萬億]{0,12})$")
"""How Chinese, Japanese and Korean count things: 120个神经元."""
_BEHIND = re.compile(r"^(?P<answer>[-+~≈]?[\d.,_' ]*\d)\s*+(?:[,;:-]|because|since|as)\s++(?=\D*+$)")
_PART = re.compile(r"\d[\d,.']*+|[^\W\d_]++|[^\w\s]")
_PARTS = {
    "weight": "w", "weights": "w", "w": "w", "权重": "w", "權重": "w", "个权重": "w", "bias": "b",
    "biases": "b",
    "b": "b", "偏置": "b", "个偏置": "b", "total": "t", "sum": "t", "共": "t",
}  # fmt: skip


def normal(text: str) -> str:
    r"""The characters of an answer as they are meant: full-width digits, Chinese punctuation, signs, LaTeX.

    >>> normal("４８，１２０"), normal("14×10⁶"), normal(r"$28 \times 28$"), normal("28&times;28")
    ('48,120', '14x10^6', '28 x 28', '28x28')
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


_NOTHING = frozenset(
    {
        "-", "/", "\\", "x", "✗", "✘", "none", "nil", "null", "nothing", "no", "zero", "n/a", "na", "n.a",
        "n. a",
        "not applicable", "none needed", "does not have any", "-0-", "--", "---", "ø", "∅",
        "keine", "kein", "aucun", "aucune", "rien", "ninguno", "ninguna", "nada", "cero", "なし",
        "無し", "ない", "없음", "없다", "無", "无", "没有", "沒有", "нет", "yok", "nessuno", "nenhum",
    }
)  # fmt: skip
_NO = (
    "no ", "none ", "zero ", "没有", "沒有", "无", "無", "keine ", "aucun ", "there are no",
    "there is no", "without ",
)  # fmt: skip
_THINGS = (
    "param", "weight", "bias", "learn", "参", "參", "权重", "權重", "gewicht", "poids", "peso", "mac",
    "connection",
    "multipl", "flop", "operation",
)  # fmt: skip


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
