"""Names and values in Python's source; nothing that a spec says gets into code but through here."""

import builtins
import keyword
from collections.abc import Container
from typing import Any
from unicodedata import normalize

LONGEST_NAME = 60


def identifier(name: str, taken: Container[str] = ()) -> str:
    """The identifier nearest to a name that is neither a word of Python nor taken.

    >>> identifier("fc-6"), identifier("1x1"), identifier("class"), identifier("卷积1")
    ('fc_6', 'n1x1', 'class_', '卷积1')
    """
    plain = "".join(c if _may_stand(c) else "_" for c in name)[:LONGEST_NAME]
    if not plain or plain[0].isdigit() or plain.startswith("__"):
        plain = f"n{plain}"
    if keyword.iskeyword(plain) or keyword.issoftkeyword(plain):
        plain += "_"
    found, count = plain, 1
    while found in taken or keyword.iskeyword(found):
        count += 1
        found = f"{plain}_{count}"
    return found


def _may_stand(sign: str) -> bool:
    """Whether a sign may stand in an identifier, and Python doesn't take another sign for the same."""
    return f"n{sign}".isidentifier() and (sign.isascii() or normalize("NFKC", sign) == sign)


def class_name(name: str, taken: Container[str] = (), default: str = "Network") -> str:
    """The name of a class after another name.

    >>> class_name("ResNet-18"), class_name("dense_block")
    ('ResNet18', 'DenseBlock')
    """
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in name).split()
    plain = "".join(word[:1].upper() + word[1:] for word in words)[:LONGEST_NAME]
    plain = plain.lstrip("0123456789") or default
    plain = identifier(plain[0].upper() + plain[1:])
    found, count = plain, 1
    while found in taken:
        count += 1
        found = f"{plain}{'_' * plain[-1].isdigit()}{count}"
    return found


def function_name(name: str, taken: Container[str] = ()) -> str:
    """The name of a function after another name.

    >>> function_name("ResNet-18"), function_name("dense_block")
    ('resnet18', 'dense_block')
    """
    plain = "".join(c.lower() if c.isascii() and (c.isalnum() or c == "_") else " " for c in name)
    return identifier("".join(plain.split()).strip("_")[:LONGEST_NAME] or "network", taken)


def literal(value: Any) -> str:
    """A value in source: numbers, words, and tuples of them."""
    if isinstance(value, str) and type(value) is not str:
        return str(value)  # code already
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, tuple | list):
        inner = ", ".join(map(literal, value))
        return f"({inner},)" if len(value) == 1 else f"({inner})"
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, float):
        return repr(value) if abs(value) != float("inf") else f'float("{value}")'
    return str(int(value))


def quoted(text: str) -> str:
    """A text as a literal in double quotes.

    >>> print(quoted('a"b'))
    'a"b'
    """
    plain = repr(text)
    return plain if '"' in text else f'"{plain[1:-1]}"' if "'" not in text else plain


def for_comments(text: str) -> str:
    """A text of others as it can stand in a docstring: in one line, without quotes and backslashes."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(plain.replace("\\", "/").replace('"', "'").split())


BUILTINS = frozenset(dir(builtins))
