"""Answers that stand in no table: lists of layers, questions with their answers, and sentences."""

import re
from collections.abc import Iterator, Mapping, Sequence

from cnncalc.homework.headings import is_total, quantity_of
from cnncalc.homework.tables import MOST_COLUMNS, MOST_ROWS

LEAST_ITEMS = 3
"""The fewest items of a list that are sure by their number."""
LONGEST_ITEM = 2_000
_ITEM = re.compile(
    r"(?:(?:[-*+•]|\d{1,2}[.)])\s++)?+(?P<name>[^:：,;|\t]{1,60}+)[:：]\*{0,2}+\s++(?P<answers>\S.*+)"
)
_ANSWER = re.compile(r"(?:\([^()]{0,60}+\)|\[[^][]{0,60}+\]|(?!\sand\s\D)[^,;]|[,;](?!\s))++")
_ASIDE = re.compile(r"(?P<answer>[^()]{1,60}+|\([^()]{1,60}+\) ?)\((?P<aside>[^()]{1,60}+)\)")
_EMPHASIS = re.compile(r"(?<!\S)(?:\*\*|`)([^*`\s][^*`]{0,60}+)(?:\*\*|`)(?!\w)")
_QUESTION = re.compile(
    r"[\W_]{0,6}+(?:(?:(?:q|question|ex|exercise|task|frage|aufgabe)[ .]?)?\d{1,3}[a-z]?[\W_]{1,6}+)?+"
    r"(?P<name>[^:：=,;|\t]{1,60}+)[:：=]\*{0,2}+\s*+(?P<answer>\S.*+)",
    re.IGNORECASE,
)
"""A line that names a layer and a quantity: `**Q1** CONV1 output: 28x28x6`, `Parameters of CONV1 = 456`."""
_OF = frozenset({"of", "for", "in", "at"})
_BULLET = re.compile(r"^(?:[-*+•]|\d{1,2}[.)])\s++")
_DIGIT = re.compile(r"\d")
_SHAPE = re.compile(r"[(\[]?\d++(?: ?[x×X*,] ?\d++){1,3}+[)\]]?")
_COUNT = re.compile(r"\d(?:\d| ?[x×X] ?\d)")
_SENTENCE_END = re.compile(r"(?<=[.;!?。；])\s*+(?!\d)")
_SAID = re.compile(
    r"(?P<subject>[^:：=]{1,80}?)"
    r"(?: (?:is|are|was|equals|has|have|gives|outputs|produces|contains|becomes)\b|[:：=])\*{0,2}+ ?"
    r"(?P<rest>\S.*)",
    re.IGNORECASE,
)
"""A sentence that says something of a layer: `CONV1 has 456 parameters`, `The output of CONV1 is 28x28x6`."""
_HAS = re.compile(r"\w (?:is|are|has|have|outputs)\b", re.IGNORECASE)
_PIECES = re.compile(r",?\s(?:and|with)\s|[,;，；]\s")
_ARTICLE = re.compile(
    r"^(?:(?:the|an?|its|of|layer|therefore|so|then|thus|hence)\b,?\s++){1,4}+", re.IGNORECASE
)
_NUMBER = r"(?:no|zero|(?:[(\[]\s?+)?\d[\d.,'x×X* ]*+(?:[)\]])?)"
_OF_ANSWER = re.compile(
    rf"(?:(?P<before>[^\d(\[]{{1,40}}?)(?:\s(?:of|is|=|as|being)|[:=])?\s)?(?P<answer>{_NUMBER})(?:\s?(?P<after>\D{{1,60}}))?",
    re.IGNORECASE,
)
"""An answer and the words for its quantity: `456 parameters`, `an output shape of 28x28x6`."""
_PRONOUNS = frozenset({"it", "this", "that", "this layer", "which", "there"})
_WHOLE = frozenset({"network", "whole network", "model", "whole model", "entire network", "cnn"})
_IN_ALL = re.compile(r",?\s(?:in total|altogether|in all|overall)\b", re.IGNORECASE)


def told(text: str) -> list[list[str]]:
    """The rows of a list, of questions with their answers or of sentences; none of another text."""
    return _listed(text) or _in_sentences(text)


def _listed(text: str) -> list[list[str]]:
    """The rows of a list of layers, as `- CONV1: 28x28x6, 456 parameters`; none of another text."""
    lines = [_EMPHASIS.sub(r"\1", line.strip()[:LONGEST_ITEM]) for line in text.splitlines()[: MOST_ROWS + 1]]
    if questions := _by_question(lines):
        return questions
    items = [_ITEM.fullmatch(line) for line in lines]
    count = sum(item is not None and bool(_DIGIT.search(item["answers"])) for item in items)
    if not count or 2 * count < sum(bool(line) and line[0] != "#" for line in lines):
        return []
    if any(item is None and _says_columns(line) for line, item in zip(lines, items, strict=True)):
        return []
    if 2 * sum(item is not None and quantity_of(_name(item["name"])) is not None for item in items) > count:
        return _under_names(lines, items)
    rows = _by_their_words(lines, items)
    if rows or count < LEAST_ITEMS:
        return rows
    # an empty row for another line keeps the count of rows that of the file's lines
    for item in items:
        answers = [_labelled(answer.strip()) for answer in _answers(item["answers"])] if item else []
        if answers and not any(rows) and all(label for label, _ in answers):
            rows[-1:] = [["", *(label for label, _ in answers)]]
        rows.append([_name(item["name"]), *(answer for _, answer in answers)] if item else [])
    return rows


def _answers(text: str) -> list[str]:
    """The answers of an item: `28x28x6, 456 parameters` and `28x28x6 (456 parameters)` are two."""
    found: list[str] = []
    for answer in _ANSWER.findall(text):
        aside = _ASIDE.fullmatch(answer.strip())
        both = aside and _heading_of(aside["aside"])
        found += [aside["answer"].strip(), aside["aside"]] if aside and both else [answer]
    return found


def _by_their_words(lines: Sequence[str], items: Sequence[re.Match[str] | None]) -> list[list[str]]:
    """The rows of a list whose answers say what they are: shapes, `456 parameters`; none of another list."""
    cells: dict[tuple[str, str], str] = {}
    at: dict[str, int] = {}
    headings: dict[str | None, str] = {}
    for number, (line, item) in enumerate(zip(lines, items, strict=True)):
        if item is None:
            # a sentence among the items: CONV2 has 2416 parameters
            for label, heading, answer in _answers_of(line, ""):
                at.setdefault(label, number)
                cells.setdefault((label, headings.setdefault(quantity_of(heading), heading)), answer)
        if item is None or not _DIGIT.search(item["answers"]):
            continue
        label = _name(item["name"])
        for answer in map(str.strip, _answers(item["answers"])):
            word = _OF_ANSWER.fullmatch(answer)
            heading = (
                "shape" if _SHAPE.fullmatch(answer) else (word and (word["before"] or word["after"])) or ""
            )
            if not quantity_of(heading) or quantity_of(label):
                return []
            at.setdefault(label, number)
            cells.setdefault(
                (label, headings.setdefault(quantity_of(heading), heading)),
                answer[word.start("answer") if word else 0 :],
            )
    return _by_layer(cells, at, list(headings.values()), len(items)) if cells else []


def _by_question(lines: Sequence[str]) -> list[list[str]]:
    """The rows of a list whose lines name a layer and a quantity each; none of another list."""
    cells: dict[tuple[str, str], str] = {}
    at: dict[str, int] = {}
    headings: dict[str | None, str] = {}
    for number, line in enumerate(lines):
        item = _QUESTION.fullmatch(line)
        asked = item and _DIGIT.search(item["answer"]) and _asked(_name(item["name"]))
        if item and asked:
            # params and parameters are one column
            label, heading = asked[0], headings.setdefault(quantity_of(asked[1]), asked[1])
            at.setdefault(label, number)
            first, *others = _answers(item["answer"])
            named = [(word, answer) for word, answer in map(_labelled, map(str.strip, others)) if word]
            cells.setdefault((label, heading), first if named else item["answer"])
            for word, answer in named:
                cells.setdefault((label, headings.setdefault(quantity_of(word), word)), answer)
    if not cells or 2 * len(cells) < sum(bool(line) and line[0] != "#" for line in lines):
        return []
    return _by_layer(cells, at, list(headings.values()), len(lines))


def _by_layer(
    cells: Mapping[tuple[str, str], str], at: Mapping[str, int], columns: Sequence[str], lines: int
) -> list[list[str]]:
    """The rows of answers by their layers and headings, each in the line where its layer is first named."""
    rows: list[list[str]] = [[] for _ in range(lines)]
    for label, number in at.items():
        rows[number] = [label, *(cells.get((label, heading), "") for heading in columns)]
    first = min(at.values())
    rows[max(first - 1, 0) : first] = [["", *columns]]
    return rows


def _in_sentences(text: str) -> list[list[str]]:
    """The rows of sentences such as `CONV1 has 456 parameters`; none of a text that has hardly any."""
    lines = [line.strip()[:LONGEST_ITEM] for line in text.splitlines()[: MOST_ROWS + 1]]
    cells: dict[tuple[str, str], str] = {}
    at: dict[str, int] = {}
    headings: dict[str | None, str] = {}
    label, numbered = "", 0
    for number, line in enumerate(lines):
        for sentence in _SENTENCE_END.split(_BULLET.sub("", line)):
            answers = list(_answers_of(sentence, label))
            numbered += bool(_COUNT.search(sentence))
            for label, heading, answer in answers:
                at.setdefault(label, number)
                cells.setdefault((label, headings.setdefault(quantity_of(heading), heading)), answer)
    if not cells or 2 * len(cells) < numbered:
        return []
    return _by_layer(cells, at, list(headings.values()), len(lines))


def _answers_of(sentence: str, before: str) -> Iterator[tuple[str, str, str]]:
    """The layers, headings and answers of a sentence; `before` is the layer of the sentence before."""
    said = _SAID.match(sentence.strip(" *_`").rstrip(" .;!*_`"))
    if not said:
        return
    subject = _plain_subject(said["subject"])
    pieces = [piece for piece in _PIECES.split(said["rest"]) if piece]
    if _asked(subject) and not any(map(_HAS.search, pieces)) and not any(map(_heading_of, pieces)):
        # one answer with its working, as in (32 - 5) / 1 + 1 = 28, so 28x28x6
        pieces = [said["rest"]]
    if asked := _asked(subject):
        subject, heading = _plain_subject(asked[0]), asked[1]
        yield subject, heading, pieces.pop(0)
    elif (heading := subject) and quantity_of(subject) and (before or _IN_ALL.search(sentence)):
        subject = _layer_of(before, sentence)
        yield subject, heading, pieces.pop(0)
    subject = before if subject.casefold() in _PRONOUNS else subject
    for piece in pieces:
        if _asked(subject) is None and _HAS.search(piece):
            yield from _answers_of(piece, subject)
            continue
        plain = _ARTICLE.sub("", piece.strip())
        word = _OF_ANSWER.fullmatch(plain)
        if word and subject and (heading := _heading_of(piece)):
            yield _layer_of(subject, sentence), heading, _IN_ALL.sub("", plain[word.start("answer") :])
        elif subject and _SHAPE.fullmatch(plain):
            yield subject, "shape", plain


def _heading_of(piece: str) -> str:
    """The words of a piece that are a quantity's; "" for none."""
    word = _OF_ANSWER.fullmatch(_ARTICLE.sub("", piece.strip()))
    heading = _IN_ALL.sub("", word["before"] or word["after"] or "").strip() if word else ""
    return heading if quantity_of(heading) else ""


def _layer_of(subject: str, sentence: str) -> str:
    """The layer that a sentence tells of, which may be all of them."""
    return "total" if subject.casefold() in _WHOLE or _IN_ALL.search(sentence) else subject


def _plain_subject(text: str) -> str:
    """A subject without its article, and `layer` behind a name."""
    plain = _ARTICLE.sub("", _BULLET.sub("", text.strip(" *_`")).strip())
    plain = plain.replace("'s ", " ").replace("\u2019s ", " ")
    return plain.removesuffix(" layer").strip()


def _asked(name: str) -> tuple[str, str] | None:
    """The layer and the heading of `CONV1 output shape` or of `parameters of CONV1`."""
    words = name.split()
    splits = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    of = [at for at, word in enumerate(words) if word.casefold() in _OF and at]
    splits = [(" ".join(words[at + 1 :]), " ".join(words[:at])) for at in of if at + 1 < len(words)] + splits
    known = (
        (label, heading) for label, heading in splits if not heading[:1].isdigit() and quantity_of(heading)
    )
    return next(
        ((label, heading) for label, heading in known if quantity_of(label) is None or is_total(label)), None
    )


def _under_names(lines: Sequence[str], items: Sequence[re.Match[str] | None]) -> list[list[str]]:
    """The rows of a list that has under each layer's name a line for each quantity: `Output: 28x28x6`."""
    columns = list(dict.fromkeys(_name(item["name"]) for item in items if item))[: MOST_COLUMNS - 1]
    rows: list[list[str]] = [[] for _ in lines]
    at: int | None = None
    for number, (line, item) in enumerate(zip(lines, items, strict=True)):
        if item is None:
            at = number if line else at
        elif at is not None and (name := _name(item["name"])) in columns:
            rows[at] = rows[at] or [_name(_BULLET.sub("", lines[at])), *[""] * len(columns)]
            rows[at][1 + columns.index(name)] = item["answers"]
    first = next((number for number, row in enumerate(rows) if row), 0)
    rows[max(first - 1, 0) : first] = [["", *columns]]
    return rows


def _name(text: str) -> str:
    """A name without its emphasis."""
    return text.strip(" *_`#:")


def _says_columns(line: str) -> bool:
    """Whether a line is the heading of a table whose cells are parted by signs."""
    return any(map(quantity_of, re.split(r"[,;\t]", line)[1 : MOST_COLUMNS + 1]))


def _labelled(answer: str) -> tuple[str, str]:
    """The word for a quantity before an answer, as in `parameters = 456`, and the answer; "" for no word."""
    at = next((at for at, sign in enumerate(answer) if sign.isdigit() or sign in "(["), 0)
    label = answer[:at].rstrip(" :=")
    return (label, answer[at:]) if quantity_of(label) else ("", answer)
