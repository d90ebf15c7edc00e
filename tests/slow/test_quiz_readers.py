"""Quizzes read by programs that others wrote for the formats of learning platforms."""

import io
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

import cnncalc
from cnncalc.homework.questions import Question
from cnncalc.homework.quiz import Quiz, Wish, network_quiz
from cnncalc.languages import english
from cnncalc.render.homework.quiz_formats import holes_of, quiz_writer

TYPES = ("choice", "number", "table")
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


@pytest.mark.parametrize("type", TYPES)
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
    for type in TYPES:
        file, questions = write(format, type)
        document = converters.convert_qti_zip_to_exam_document(io.BytesIO(file.read_bytes()))
        assert len(document.items) == len(questions)


def test_moodle_cloze_is_read(write: Write) -> None:
    parser = pytest.importorskip("moodle_xml_parser.parser")
    file, questions = write("moodle", "table")
    (cloze,) = parser.parse_file(str(file))["cloze"]
    assert len(cloze.gaps) == len(holes_of(questions[0]))


@pytest.mark.parametrize("format", ["nbgrader", "otter"])
def test_a_notebook_by_nbformat(format: str, write: Write) -> None:
    nbformat = pytest.importorskip("nbformat")
    for type in TYPES:
        nbformat.validate(nbformat.read(str(write(format, type)[0]), 4))


def test_h5p_packages_are_read(write: Write) -> None:
    pyh5p = pytest.importorskip("pyh5p")
    for type in TYPES:
        file, questions = write("h5p", type)
        package = pyh5p.read_package(file)
        assert package.is_content_only
        assert len(package.content["questions"]) == len(questions)
        # the libraries are the platform's
        assert {issue.keyword for issue in package.validate()} == {"dependency"}


def test_gift_is_read(write: Write) -> None:
    parser = pytest.importorskip("pygiftparser.parser")
    for type in ("choice", "number"):
        file, questions = write("gift", type)
        with file.open(encoding="utf-8") as text:
            read = [each for each in parser.parseFile(text) if each.valid]
        assert len(read) == len(questions)
        for found, question in zip(read, questions, strict=True):
            assert found.generalFeedback
            answers = [each for each in found.answers.answers if each.fraction == 100]
            if question.choices:
                assert [each.answer for each in answers] == [question.key]
            elif len(question.blanks) == 1:
                assert [each.value for each in answers] == [question.blanks[0].value]
            else:
                assert question.key in {each.answer for each in answers}


def test_blackboard_is_read(write: Write) -> None:
    reader = pytest.importorskip("qti_package_maker.engines.bbq_text_upload.read_package")
    for type in TYPES:
        file, questions = write("blackboard", type)
        lines = file.read_text("utf-8").splitlines()
        for line, question in zip(lines, questions, strict=True):
            item = reader.make_item_cls_from_line(line)
            holes = holes_of(question)
            if question.choices:
                assert item.answer_text == question.key
            elif len(holes) == 1:
                assert (item.answer_float, item.tolerance_float) == (holes[0].value, 0)
            else:
                assert [int(each[0]) for each in item.answer_map.values()] == [each.value for each in holes]


def test_qti_12_is_read(write: Write) -> None:
    reader = pytest.importorskip("qti2latex")
    for type, kinds in (
        ("choice", {"multiple_choice_question"}),
        ("number", {"numerical_question", "fill_in_multiple_blanks_question"}),
        ("table", {"fill_in_multiple_blanks_question"}),
    ):
        file, questions = write("qti12", type)
        root = ET.fromstring(zipfile.ZipFile(file).read("quiz/quiz.xml"))  # noqa: S314 - our own
        items = reader.findall_anyns(root, "item")
        found = set()
        for item, question in zip(items, questions, strict=True):
            kind = reader.guess_type(reader.get_qti_metadata(item), item)
            found.add(kind)
            assert question.text in unescape(reader.get_item_stem(item))
            right = reader.get_correct_idents(item)
            choices = dict(reader.get_choices(item))
            if question.choices:
                # a reader takes the condition that shows a feedback for one of a right answer
                assert set(choices.values()) == {question.key, *(each.text for each in question.choices)}
            elif choices:
                assert {int(choices[each].replace(",", "")) for each in right} == {
                    blank.value for blank in holes_of(question)
                }
            else:
                assert {int(each) for each in right} == {blank.value for blank in question.blanks}
        assert found == kinds
