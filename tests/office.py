"""Documents of Word and spreadsheets of LibreOffice, as small as they can be read: for tests and fuzzing."""

from __future__ import annotations

import io
import zipfile

ABOUT = "http://schemas.openxmlformats.org"
KIND = "application/vnd.openxmlformats-"
ODS = "application/vnd.oasis.opendocument.spreadsheet"
NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "table", "text", "manifest")
)


def archive(members: dict[str, str | bytes], packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A zip archive of these files."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", packed) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name), content, packed)
    return target.getvalue()


def document(rows: str, before: str = "", packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A Word document of one table; `before` is what stands before its text, as entities do."""
    types = f"""<Types xmlns="{ABOUT}/package/2006/content-types">
        <Default Extension="rels" ContentType="{KIND}package.relationships+xml"/>
        <Override PartName="/word/document.xml"
         ContentType="{KIND}officedocument.wordprocessingml.document.main+xml"/></Types>"""
    parts = f"""<Relationships xmlns="{ABOUT}/package/2006/relationships">
        <Relationship Id="r" Target="word/document.xml"
         Type="{ABOUT}/officeDocument/2006/relationships/officeDocument"/></Relationships>"""
    text = f"""{before}<w:document xmlns:w="{ABOUT}/wordprocessingml/2006/main">
        <w:body><w:tbl><w:tblGrid/>{rows}</w:tbl></w:body></w:document>"""
    files: dict[str, str | bytes] = {
        "[Content_Types].xml": types,
        "_rels/.rels": parts,
        "word/document.xml": text,
    }
    return archive(files, packed)


def in_word(text: str, options: str = "") -> str:
    """A cell of a document."""
    return f"<w:tc><w:tcPr>{options}</w:tcPr><w:p><w:r><w:t>{text}</w:t></w:r></w:p></w:tc>"


def open_document(tables: str, before: str = "", packed: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A spreadsheet of LibreOffice."""
    manifest = f"""<manifest:manifest {NAMES}>
        <manifest:file-entry manifest:full-path="/"/></manifest:manifest>"""
    content = f"""{before}<office:document-content {NAMES}><office:body><office:spreadsheet>
        {tables}</office:spreadsheet></office:body></office:document-content>"""
    files: dict[str, str | bytes] = {
        "mimetype": ODS,
        "META-INF/manifest.xml": manifest,
        "content.xml": content,
    }
    return archive(files, packed)


def worksheet(rows: str) -> str:
    """A table of a spreadsheet."""
    return f'<table:table table:name="A">{rows}</table:table>'


def row(cells: str, options: str = "") -> str:
    """A row of a spreadsheet."""
    return f"<table:table-row{options}>{cells}</table:table-row>"


def cell(text: str, options: str = "") -> str:
    """A cell of a spreadsheet."""
    value = f'office:value-type="string"{options}'
    return f"<table:table-cell {value}><text:p>{text}</text:p></table:table-cell>"
