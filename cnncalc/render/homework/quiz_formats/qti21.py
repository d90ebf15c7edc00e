"""A quiz as a QTI 2.1 package: a file for each question, a test of them in order, and a manifest."""

from collections.abc import Iterator
from typing import ClassVar

from cnncalc.homework.questions import Question
from cnncalc.homework.quiz import Quiz
from cnncalc.render.homework.quiz_formats import PICTURE, PackageWriter, holes_of

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'


class Writer(PackageWriter):
    """QTI 2.1: a choice, or numbers typed into a text, with their tolerance and the feedback of slips."""

    TABLE = "<table>"
    HAS_PICTURES = True
    NAMESPACE: ClassVar[str] = "http://www.imsglobal.org/xsd/imsqti_v2p1"
    PACKAGING: ClassVar[str] = "http://www.imsglobal.org/xsd/imscp_v1p1"
    SCHEMA: ClassVar[tuple[str, str]] = ("QTIv2.1 Package", "1.0.0")
    TYPES: ClassVar[tuple[str, str]] = ("imsqti_item_xmlv2p1", "imsqti_test_xmlv2p1")

    def files(self, quiz: Quiz) -> Iterator[tuple[str, str]]:
        names = [f"items/{number:03}.xml" for number in range(1, len(quiz.questions) + 1)]
        yield "imsmanifest.xml", self._manifest(names, [PICTURE] if quiz.picture else [])
        if quiz.picture:
            yield PICTURE, quiz.picture
        yield "test.xml", self.converted(self._test(quiz, names))
        for name, question in zip(names, quiz.questions, strict=True):
            yield name, self.converted(self._item(quiz, question))

    def converted(self, xml: str) -> str:
        """A file of QTI 2.1 in the format's own version."""
        return _XML + xml

    def _item(self, quiz: Quiz, question: Question) -> str:
        parts = self._choice(quiz, question) if question.choices else self._numbers(question)
        declared, body, processed, feedback = parts
        if quiz.picture:
            body = self.image(f"../{PICTURE}", question) + body
        if question.working:
            processed += _feedback_of('<baseValue baseType="identifier">WORKING</baseValue>')
            working = "".join(f"<p><code>{self.text(line)}</code></p>" for line in question.working)
            feedback += _modal("WORKING", working)
        return (
            f'<assessmentItem xmlns="{self.NAMESPACE}" identifier="{question.id}" '
            f'title="{self.text(quiz.name(question))}" adaptive="false" timeDependent="false">{declared}'
            f"{_outcome('SCORE', 'single', 'float', '0')}"
            f"{_outcome('MAXSCORE', 'single', 'float', str(len(holes_of(question)) or 1))}"
            f"{_outcome('FEEDBACK', 'multiple', 'identifier')}"
            f"\n<itemBody>{body}</itemBody>\n"
            f"<responseProcessing>{processed}</responseProcessing>\n{feedback}</assessmentItem>\n"
        )

    def _choice(self, quiz: Quiz, question: Question) -> tuple[str, str, str, str]:
        choices, feedback, right = "", "", ""
        for letter, (text, is_key, said) in zip("ABCD", question.shuffled(quiz.seed), strict=False):
            choices += f'<simpleChoice identifier="{letter}">{self.text(text)}</simpleChoice>'
            feedback += _modal(letter, f"<p>{self.text(said)}</p>") if said else ""
            right = letter if is_key else right
        asked = self.html(question)
        body = (
            f"<div>{asked}</div>"
            f'<choiceInteraction responseIdentifier="RESPONSE" shuffle="true" maxChoices="1">{choices}'
            "</choiceInteraction>"
        )
        same = '<match><variable identifier="RESPONSE"/><correct identifier="RESPONSE"/></match>'
        processed = f"<responseCondition><responseIf>{same}{_POINT}</responseIf></responseCondition>"
        processed += _feedback_of('<variable identifier="RESPONSE"/>')
        return _declared("RESPONSE", "identifier", right), body, processed, feedback

    def _numbers(self, question: Question) -> tuple[str, str, str, str]:
        declared, processed, feedback = "", "", ""
        for number, blank in enumerate(holes_of(question), 1):
            name = f"RESPONSE{number}"
            declared += _declared(name, "float", str(blank.value))
            off = f"{float(question.tolerance * blank.value):g}"
            how = f'toleranceMode="absolute" tolerance="{off} {off}"' if question.tolerance else _EXACT
            right = f'<equal {how}><variable identifier="{name}"/><correct identifier="{name}"/></equal>'
            tried = f"<responseIf>{right}{_POINT}</responseIf>"
            for value, said in blank.wrong:
                given = f'<variable identifier="{name}"/><baseValue baseType="float">{value}</baseValue>'
                shown = f'<baseValue baseType="identifier">{_slip(number, value)}</baseValue>'
                tried += (
                    f"<responseElseIf><equal {_EXACT}>{given}</equal>{_feedback_of(shown)}</responseElseIf>"
                )
                feedback += _modal(_slip(number, value), f"<p>{value}: {self.text(said)}</p>")
            processed += f"<responseCondition>{tried}</responseCondition>"
        body = self.html(question, lambda number, _: _hole(number))
        return declared, f"<div>{body}</div>", processed, feedback

    def _test(self, quiz: Quiz, names: list[str]) -> str:
        items = "".join(
            f'<assessmentItemRef identifier="item{number}" href="{name}"/>'
            for number, name in enumerate(names, 1)
        )
        title = self.text(quiz.title)
        return (
            f'<assessmentTest xmlns="{self.NAMESPACE}" identifier="quiz" title="{title}">'
            '<testPart identifier="part1" navigationMode="nonlinear" submissionMode="individual">'
            f'<assessmentSection identifier="section1" title="{title}" visible="true">{items}'
            "</assessmentSection></testPart></assessmentTest>\n"
        )

    def _manifest(self, names: list[str], pictures: list[str]) -> str:
        item, test = self.TYPES
        depends = "".join(f'<dependency identifierref="item{at}"/>' for at in range(1, len(names) + 1))
        beside = "".join(f'<file href="{name}"/>' for name in pictures)
        resources = "".join(
            f'<resource identifier="item{at}" type="{item}" href="{name}"><file href="{name}"/>{beside}'
            "</resource>"
            for at, name in enumerate(names, 1)
        )
        schema, version = self.SCHEMA
        return (
            f'{_XML}<manifest xmlns="{self.PACKAGING}" identifier="cnncalc">'
            f"<metadata><schema>{schema}</schema><schemaversion>{version}</schemaversion></metadata>"
            "<organizations/><resources>"
            f'<resource identifier="test" type="{test}" href="test.xml"><file href="test.xml"/>{depends}'
            f"</resource>{resources}</resources></manifest>\n"
        )


_EXACT = 'toleranceMode="exact"'
_POINT = (
    '<setOutcomeValue identifier="SCORE"><sum><variable identifier="SCORE"/>'
    '<baseValue baseType="float">1</baseValue></sum></setOutcomeValue>'
)


def _hole(number: int) -> str:
    return f'<textEntryInteraction responseIdentifier="RESPONSE{number}" expectedLength="12"/>'


def _slip(number: int, value: int) -> str:
    return f"SLIP_{number}_{value}"


def _declared(name: str, base: str, right: str) -> str:
    return (
        f'<responseDeclaration identifier="{name}" cardinality="single" baseType="{base}">'
        f"<correctResponse><value>{right}</value></correctResponse></responseDeclaration>"
    )


def _outcome(name: str, cardinality: str, base: str, value: str = "") -> str:
    default = f"<defaultValue><value>{value}</value></defaultValue>" if value else ""
    return (
        f'<outcomeDeclaration identifier="{name}" cardinality="{cardinality}" baseType="{base}">{default}'
        "</outcomeDeclaration>"
    )


def _feedback_of(shown: str) -> str:
    """One more feedback to be shown."""
    return (
        '<setOutcomeValue identifier="FEEDBACK"><multiple><variable identifier="FEEDBACK"/>'
        f"{shown}</multiple></setOutcomeValue>"
    )


def _modal(name: str, html: str) -> str:
    shown = f'outcomeIdentifier="FEEDBACK" identifier="{name}" showHide="show"'
    return f"<modalFeedback {shown}>{html}</modalFeedback>"
