"""Quizzes read by programs that others wrote for the formats of learning platforms."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.homework.questions import Question
from cnncalc.homework.quiz import Quiz, Wish, network_quiz
from cnncalc.languages import english
from cnncalc.render.homework.quiz_formats import holes_of, quiz_writer

pytestmark = pytest.mark.slow
Write = Callable[[str, str], tuple[Path, list[Question]]]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(format: str, type: str) -> tuple[Path, list[Question]]:
        report = cnncalc.load("lenet5").analyze()
        questions = network_quiz(report, 1, Wish("shape,params,total", "CONV2,FC3", type))
        writer = quiz_writer(format, english())
        file = tmp_path / f"{type}{writer.SUFFIX}"
        writer.write(Quiz("Quiz", "1", questions), str(file))
        return file, questions

    return written


def _plain(xml: str) -> list[Any]:
    """The elements of an item, without namespaces and without the address of its schema."""
    tree = pytest.importorskip("lxml.etree")
    return [
        (
            tree.QName(element).localname,
            (element.text or "").strip(),
            sorted((key, value) for key, value in element.attrib.items() if "schemaLocation" not in key),
        )
        for element in tree.fromstring(xml.encode()).iter()
    ]


@pytest.mark.parametrize("type", ["choice", "number", "table"])
def test_qti_30_is_what_another_program_makes_of_qti_21(type: str, write: Write) -> None:
    upgrade = pytest.importorskip("qti_convert").upgrade_qti2_to_qti3
    written = [write(format, type)[0].read_bytes() for format in ("qti21", "qti30")]
    archives = [zipfile.ZipFile(io.BytesIO(each)) for each in written]
    for name in archives[0].namelist():
        if name != "imsmanifest.xml":
            second, third = (archive.read(name).decode() for archive in archives)
            assert _plain(upgrade(second)) == _plain(third)


@pytest.mark.parametrize("format", ["qti21", "qti30"])
def test_qti_packages_are_read(format: str, write: Write) -> None:
    converters = pytest.importorskip("citolab_qti_json_schema_converters")
    for type in ("choice", "number", "table"):
        file, questions = write(format, type)
        document = converters.convert_qti_zip_to_exam_document(io.BytesIO(file.read_bytes()))
        assert len(document.items) == len(questions)


def test_moodle_cloze_is_read(write: Write) -> None:
    parser = pytest.importorskip("moodle_xml_parser.parser")
    file, questions = write("moodle", "table")
    (cloze,) = parser.parse_file(str(file))["cloze"]
    assert len(cloze.gaps) == len(holes_of(questions[0]))


def test_a_notebook_by_nbformat(write: Write) -> None:
    nbformat = pytest.importorskip("nbformat")
    for type in ("choice", "number", "table"):
        nbformat.validate(nbformat.read(str(write("nbgrader", type)[0]), 4))
