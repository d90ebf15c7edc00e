"""Answer sheets: a file of any usual format, as rows of answers."""

import re
import zipfile
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import Any

from cnncalc.errors import CnncalcError, UsageError, brief, nearest, reason_of
from cnncalc.homework.found_tables import answers_in
from cnncalc.homework.heading_words import known_words
from cnncalc.homework.headings import ASKED, QUANTITY_OF, asked_quantity
from cnncalc.homework.numbers import LONGEST
from cnncalc.homework.tables import Cell, Grid, Notes, SheetRow, bad_sheet
from cnncalc.homework.told import told

LAST_OF_USUAL = 0xD7
"""The last row of GB 2312 with signs and usual characters: those that follow are rare."""
LARGEST_FILE = 8 * 2**20
"""The most bytes that a sheet may have."""


@dataclass
class Sheet:
    """The answers of one sheet. `notes` say what was passed over."""

    file: str
    rows: list[SheetRow] = field(default_factory=list)
    notes: Notes = field(default_factory=Notes)
    doubt: CnncalcError | None = None
    """What is wrong with the file, unless its rows turn out to be layers."""
    matrices: Mapping[str, str] = field(default_factory=dict)
    """The matrices that were looked for and found, as they are typed, by their names."""

    @property
    def has_answers(self) -> bool:
        """Whether anything is filled in."""
        return any(self.matrices.values()) or any(
            cell.text for row in self.rows for cell in row.cells.values()
        )

    @classmethod
    def of_layers(cls, file: str, rows: Mapping[str, dict[str, Cell]]) -> "Sheet":
        """A sheet of rows by their labels."""
        return cls(file, [SheetRow(label, cells) for label, cells in rows.items()])


SUFFIXES = {
    ".yaml": "mapping", ".yml": "mapping", ".json": "mapping", ".csv": "csv", ".tsv": "csv", ".txt": "csv",
    ".md": "markdown", ".markdown": "markdown", ".xlsx": "xlsx", ".xlsm": "xlsx", ".ipynb": "notebook",
    ".html": "html", ".htm": "html", ".tex": "latex", ".docx": "docx", ".ods": "spreadsheet",
    ".xls": "spreadsheet", ".xlsb": "spreadsheet", ".zip": "zip",
}  # fmt: skip
"""The suffix of a file -> the reader of its format."""
_PICTURE = "is a picture, and answers are not read from pictures"
_SHORTCUT = "is a shortcut to a document that stands elsewhere"
OTHER_SUFFIXES = {
    **dict.fromkeys(
        (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".heif", ".svg"),
        _PICTURE,
    ),
    **dict.fromkeys((".url", ".webloc", ".lnk", ".gsheet", ".gdoc", ".desktop"), _SHORTCUT),
    ".pdf": "is a PDF, which has no cells that can be read",
    ".doc": "is a document of an old Word, whose tables can't be read",
    ".rtf": "is rich text, whose tables can't be read",
    ".numbers": "is a document of Apple Numbers, which nothing else reads",
    ".pages": "is a document of Apple Pages, which nothing else reads",
    ".odt": "is a text document, whose tables are not read",
    ".rar": "is an archive that is not unpacked here",
    ".7z": "is an archive that is not unpacked here",
}
"""What files that students hand in for a sheet are, by their suffixes."""
HAND_IN = (
    "hand in the table as CSV, .xlsx, Markdown, HTML or a notebook; check --template writes an empty one"
)
_SIGNATURES = (
    (b"%PDF", OTHER_SUFFIXES[".pdf"]), (b"\x89PNG", _PICTURE), (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _PICTURE), (b"BM", _PICTURE), (b"II*\0", _PICTURE), (b"MM\0*", _PICTURE),
    (b"{\\rtf", OTHER_SUFFIXES[".rtf"]), (b"[InternetShortcut]", _SHORTCUT),
    (b"Rar!", OTHER_SUFFIXES[".rar"]), (b"7z\xbc\xaf", OTHER_SUFFIXES[".7z"]),
)  # fmt: skip
_SUMMARY = re.compile(r"Layer \(type[^\n]{0,140}Param #", re.IGNORECASE)


def read_sheet(
    path: str | Path,
    data: bytes | None = None,
    known: Mapping[Any, str] | None = None,
    matrices: Collection[str] = (),
) -> Sheet:
    """The sheet of a file, or of `data` that came under that name; raises CnncalcError.

    `known` are headings, without case and signs, that somebody has said the meaning of, and `matrices` the
    names of matrices that are asked.
    """
    file = str(path)
    if data is None:
        data = _bytes(Path(path), file)
    if matrices:
        return _with_matrices(data, file, known, matrices)
    return Sheet(file, *answers_in(read_grids(data, file), file, known))


def _with_matrices(data: bytes, file: str, known: Mapping[Any, str] | None, names: Collection[str]) -> Sheet:
    """A sheet with matrices beside its tables of layers, or alone."""
    from cnncalc.homework.sheet_matrices import in_text, matrix_alone, take_matrices

    found: dict[str, str] = {}
    left = []
    if data.strip() and _format(data, file) == "markdown":
        found, text = in_text(decode(data), names)
        data = text.encode()
    for grid in read_grids(data, file) if data.strip() or not found else ():
        own, rows = take_matrices(list(grid.rows), names)
        found = {**own, **{name: text for name, text in found.items() if text}}
        left.append(grid._replace(rows=rows))
    # of Word and HTML the tables are read, and not the lines above that may name a matrix
    unnamed = [text for grid in left if (text := matrix_alone(grid.rows))]
    taken = [name for name in names if name not in found]
    if len(unnamed) == len(taken):
        found |= dict(zip(taken, unnamed, strict=True))
        left = [grid for grid in left if not matrix_alone(grid.rows)]
    else:
        taken = []
    try:
        sheet = Sheet(file, *answers_in(left, file, known))
    except CnncalcError:
        if not found:
            raise
        sheet = Sheet(file)
    if taken:
        sheet.notes.append(f"matrices without a name are taken in order: {', '.join(taken)}")
    sheet.matrices = found
    return sheet


def read_grids(data: bytes, file: str, *, inside: bool = False) -> Iterable[Grid]:
    """The tables of a file, which may stand inside of an archive; raises CnncalcError."""
    if len(data) > LARGEST_FILE:
        raise bad_sheet(file, f"is larger than {LARGEST_FILE // 2**20} MiB")
    if not data.strip():
        raise bad_sheet(file, "is empty")
    format = _format(data, file)
    if inside and format == "zip":
        raise bad_sheet(file, "is an archive in an archive", HAND_IN)
    reader = import_module(f"cnncalc.homework.readers.{format}_sheet")
    grids: Iterable[Grid] = reader.grids(data, file)
    return grids


def _format(data: bytes, file: str) -> str:
    """The format of a file by what it begins with, else by its name; raises CnncalcError for no sheet."""
    suffix = Path(file).suffix.lower()
    what = next((what for begin, what in _SIGNATURES if data.startswith(begin)), None)
    if data[4:8] == b"ftyp" or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        what = _PICTURE
    if what is None and suffix in OTHER_SUFFIXES:
        what = OTHER_SUFFIXES[suffix]
    if what is not None and not (data.startswith(b"BM") and suffix in SUFFIXES):
        raise bad_sheet(file, what, HAND_IN)
    if data.startswith(b"PK\x03\x04"):
        return _of_archive(data, file)
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        return "spreadsheet"
    format = SUFFIXES.get(suffix)
    if format in (None, "csv", "xlsx", "docx", "spreadsheet", "zip"):
        format = _guess(data, format if format == "csv" else "")
    if format == "csv" and _SUMMARY.search(decode(data[:4000])):
        raise bad_sheet(file, "is the printed summary of a model, and no answers", HAND_IN)
    return format


def _of_archive(data: bytes, file: str) -> str:
    """The format of a zip archive, which spreadsheets and documents are too."""
    with archive_of(data, file) as archive:
        names = archive.namelist()[:1000]
        kind = archive.open("mimetype").read(100) if "mimetype" in names else b""
    if any(name.startswith("xl/") for name in names):
        return "spreadsheet" if "xl/workbook.bin" in names else "xlsx"
    if any(name.startswith("word/") for name in names):
        return "docx"
    if b"opendocument.spreadsheet" in kind:
        return "spreadsheet"
    if b"opendocument" in kind:
        raise bad_sheet(file, OTHER_SUFFIXES[".odt"], HAND_IN)
    if any(name.endswith(".iwa") for name in names):
        raise bad_sheet(file, OTHER_SUFFIXES[".numbers"], HAND_IN)
    return "zip"


@contextmanager
def archive_of(data: bytes, file: str) -> Iterator[zipfile.ZipFile]:
    """A zip archive, while it is read; raises CnncalcError for what is broken in it."""
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            yield archive
    except (CnncalcError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001 - what a damaged archive makes Python raise is of many types
        raise bad_sheet(file, "is not an archive that can be read", str(error)[:100]) from None


def check_size(data: bytes, file: str, most: int) -> None:
    """Raises CnncalcError for an archive that unpacks to more bytes than there is room for."""
    with archive_of(data, file) as archive:
        inside = sum(info.file_size for info in archive.infolist())
    if inside > most:
        raise bad_sheet(file, f"unpacks to more than {most // 2**20} MiB")


def _bytes(path: Path, file: str) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(LARGEST_FILE + 1)
    except IsADirectoryError:
        raise bad_sheet(file, "is a folder", "cnncalc grade marks a folder of sheets") from None
    except (OSError, ValueError) as error:
        raise bad_sheet(file, f"can't be read: {reason_of(error)}") from None


_RULE = re.compile(r"^[^\S\n]*+\|?[^\S\n]*+:?-++:?[^\S\n]*+\|", re.MULTILINE)
"""The line under the headings of a table in Markdown."""


_MAPPED = re.compile(
    r":[ \t]*+(?:\{|$)|^[ \t]*+-?[ \t]*+(?:layer|name|answers)[ \t]*+:", re.MULTILINE | re.IGNORECASE
)
"""What stands in YAML and in no list that people write."""


def _guess(data: bytes, format: str = "") -> str:
    """The format of text without a telling name; of a `.txt` or `.csv` too, where it is clearly another."""
    text = decode(data).strip()
    if text[:1] == "<" and re.search(r"<(?:table|html|!doctype)", text[:4000], re.IGNORECASE):
        return "html"
    if "\\begin{tabular" in text or "\\begin{longtable" in text:
        return "latex"
    if format:
        return format
    if text[:1] in ("{", "["):
        return "notebook" if '"nbformat"' in text else "mapping"
    if _RULE.search(text):
        return "markdown"
    first = text.partition("\n")[0]
    key_first = re.match(r"""["']?[\w -]++["']?\s*+:(\s|$)""", first)
    cells = re.search("[,;\t，；]", first) and not key_first
    return "csv" if cells or (not _MAPPED.search(text) and told(text)) else "mapping"


def decode(data: bytes) -> str:
    """The text of a file: UTF-8, UTF-16 with or without its mark, what is usual in East Asia, Latin."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    high, low = data[:2000:2].count(0), data[1:2000:2].count(0)
    if high + low > len(data[:2000]) // 4:
        # of Latin letters and digits the higher byte is 0
        return data.decode("utf-16-be" if high > low else "utf-16-le", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    texts = {}
    for encoding in ("gb18030", "big5hkscs", "cp932", "cp949", "cp1251"):
        try:
            texts[encoding] = data.decode(encoding)
        except UnicodeDecodeError:
            continue
    # the encoding in which most words of headings are found
    best = max(texts, key=lambda encoding: known_words(texts[encoding][:1000]), default="")
    if best and known_words(texts[best][:1000]):
        return texts[best]
    if "gb18030" in texts and _is_chinese(texts["gb18030"]):
        return texts["gb18030"]
    return data.decode("cp1252", "replace")


def _is_chinese(text: str) -> bool:
    """Whether a usual sign is among what is read as Chinese; the umlauts of Größe come to rare ones."""
    pairs = (sign.encode("gb2312", "ignore") for sign in set(text) if not sign.isascii())
    return any(pair and pair[0] <= LAST_OF_USUAL for pair in pairs)


def one_answer(given: str) -> tuple[str, Cell]:
    """The quantity and the cell of `--answer params=450`; raises UsageError."""
    name, equals, value = given.partition("=")
    quantity = asked_quantity(name)
    if not equals or quantity is None:
        close = nearest(name, QUANTITY_OF)
        raise UsageError(
            f"--answer {brief(given)}: "
            + ("not quantity=value" if not equals else f"{brief(name)} is not a quantity"),
            f"did you mean {close}?" if close and equals else f"such as params=450; {', '.join(ASKED)}",
            "usage" if not equals else "unknown_choice",
        )
    return quantity, Cell(value, f"--answer {name}", name)


def texts(value: Any, depth: int = 0) -> str:
    """A value of YAML, JSON or a spreadsheet's cell as the text that a student would write."""
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        # a list may hold itself over and over, by YAML's aliases
        parts = (texts(part, depth + 1) for part in value[: 20 if depth < 2 else 0])
        return f"({', '.join(parts)})" if value else ""
    if isinstance(value, Mapping):
        return "a mapping"
    if isinstance(value, float) and value.is_integer() and abs(value) < 10**15:
        return str(int(value))
    return str(value)[: LONGEST + 1]
