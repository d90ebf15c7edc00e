"""A quiz as a QTI 1.2 package, as Canvas imports it."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from cnncalc.homework.questions import Blank, Question
from cnncalc.homework.quiz import Quiz
from cnncalc.render.homework.quiz_formats import PackageWriter, holes_of

_XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
_QTI = "http://www.imsglobal.org/xsd/ims_qtiasiv1p2"
_CANVAS = "http://canvas.instructure.com/xsd/cccv1p0"
_RIGHT = '<setvar action="Set" varname="SCORE">100</setvar>'


class Writer(PackageWriter):
    """QTI 1.2: multiple choice, a number with its tolerance, or blanks in a text.

    What slips come to is told where an answer is wrong: a condition on a wrong number would be read as one
    more right answer.
    """

    HAS_TOLERANCE = False

    def files(self, quiz: Quiz) -> Iterator[tuple[str, str]]:
        title = self.text(quiz.title)
        yield "imsmanifest.xml", _MANIFEST
        yield "quiz/assessment_meta.xml", _meta(title, len(quiz.questions))
        items = "".join(self._item(quiz, number, each) for number, each in enumerate(quiz.questions, 1))
        section = f'<section ident="root_section">\n{items}</section>'
        quiz_xml = f'<assessment ident="quiz" title="{title}">{section}</assessment>'
        yield "quiz/quiz.xml", f'{_XML}<questestinterop xmlns="{_QTI}">{quiz_xml}</questestinterop>\n'

    def _item(self, quiz: Quiz, number: int, question: Question) -> str:
        if question.choices:
            kind, parts = "multiple_choice_question", self._choices(quiz, question)
        elif len(question.blanks) == 1:
            kind, parts = "numerical_question", self._number(question.blanks[0], question.tolerance)
        else:
            kind, parts = "fill_in_multiple_blanks_question", self._blanks(question)
        answers, conditions, feedback = parts
        asked = (
            self.html(question, lambda at, _: f"[b{at}]") if not answers.startswith("<response_str") else ""
        )
        asked = asked or self.html(question)
        fields = {"question_type": kind, "points_possible": "1.0"}
        metadata = "".join(
            f"<qtimetadatafield><fieldlabel>{label}</fieldlabel><fieldentry>{entry}</fieldentry></qtimetadatafield>"
            for label, entry in fields.items()
        )
        told = _condition("<other/>", _shown("general_fb"), again=True) if question.working else ""
        feedback += _feedback("general_fb", self.working(question)) if question.working else ""
        return (
            f'<item ident="{question.id}" title="{self.text(f"{number}: {self.tell(quiz.name(question))}")}">'
            f"<itemmetadata><qtimetadata>{metadata}</qtimetadata></itemmetadata>"
            f"\n<presentation>{_material(asked)}{answers}</presentation>\n"
            '<resprocessing><outcomes><decvar maxvalue="100" minvalue="0" varname="SCORE" vartype="Decimal"/>'
            f"</outcomes>{told}{conditions}</resprocessing>\n{feedback}</item>\n"
        )

    def _choices(self, quiz: Quiz, question: Question) -> tuple[str, str, str]:
        labels, conditions, feedback = "", "", ""
        for at, (text, is_key, said) in enumerate(question.shuffled(quiz.seed), 1):
            labels += _label(f"c{at}", _material(self.text(text)))
            chosen = f'<varequal respident="response1">c{at}</varequal>'
            if said:
                conditions += _condition(chosen, _shown(f"c{at}_fb"), again=True)
                feedback += _feedback(f"c{at}_fb", self.text(said))
            if is_key:
                right = _condition(chosen, _RIGHT)
        answers = f'<response_lid ident="response1" rcardinality="Single"><render_choice>{labels}'
        return f"{answers}</render_choice></response_lid>", conditions + right, feedback

    def _number(self, blank: Blank, tolerance: Fraction) -> tuple[str, str, str]:
        off = tolerance * blank.value
        low, high = (f"{float(blank.value + side):.12g}" for side in (-off, off))
        right = (
            f'<or><varequal respident="response1">{blank.value}</varequal>'
            f'<and><vargte respident="response1">{low}</vargte>'
            f'<varlte respident="response1">{high}</varlte></and></or>'
        )
        answers = '<response_str ident="response1" rcardinality="Single"><render_fib fibtype="Decimal">'
        answers += '<response_label ident="answer1"/></render_fib></response_str>'
        wrong = _condition("<other/>", _shown("general_incorrect_fb"), again=True) if blank.wrong else ""
        return answers, _condition(right, _RIGHT) + wrong, self._slips([blank])

    def _blanks(self, question: Question) -> tuple[str, str, str]:
        answers, conditions = "", ""
        blanks = holes_of(question)
        share = f"{100 / len(blanks):.6g}"
        for at, blank in enumerate(blanks, 1):
            labels = ""
            for spelling, written in enumerate(dict.fromkeys((str(blank.value), f"{blank.value:,}"))):
                labels += _label(f"b{at}_{spelling}", f"<material><mattext>{written}</mattext></material>")
                chosen = f'<varequal respident="response_b{at}">b{at}_{spelling}</varequal>'
                conditions += _condition(
                    chosen, f'<setvar action="Add" varname="SCORE">{share}</setvar>', again=True
                )
            answers += f'<response_lid ident="response_b{at}"><material><mattext>b{at}</mattext></material>'
            answers += f"<render_choice>{labels}</render_choice></response_lid>"
        wrong = _condition("<other/>", _shown("general_incorrect_fb"), again=True)
        # which of many numbers a sentence is about can't be told
        return answers, *((conditions, "") if question.grid else (conditions + wrong, self._slips(blanks)))

    def _slips(self, blanks: Sequence[Blank]) -> str:
        """What wrong numbers come from."""
        told = dict.fromkeys((value, said) for blank in blanks for value, said in blank.wrong)
        lines = "".join(f"<p>{value}: {self.text(said)}</p>" for value, said in told)
        return _feedback("general_incorrect_fb", lines) if lines else ""

    def text(self, text: str) -> str:
        # a name in brackets is no blank
        return super().text(text).replace("[", "&#91;").replace("]", "&#93;")


def _material(html: str) -> str:
    return f'<material><mattext texttype="text/html">{_held(html)}</mattext></material>'


def _held(html: str) -> str:
    """HTML as the text of XML."""
    return html.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _label(ident: str, material: str) -> str:
    return f'<response_label ident="{ident}">{material}</response_label>'


def _condition(when: str, then: str, *, again: bool = False) -> str:
    """A condition; `again`: the ones behind it are looked at too."""
    return (
        f'<respcondition continue="{"Yes" if again else "No"}"><conditionvar>{when}</conditionvar>'
        f"{then}</respcondition>"
    )


def _shown(feedback: str) -> str:
    return f'<displayfeedback feedbacktype="Response" linkrefid="{feedback}"/>'


def _feedback(ident: str, html: str) -> str:
    return f'<itemfeedback ident="{ident}"><flow_mat>{_material(html)}</flow_mat></itemfeedback>'


_MANIFEST = (
    f'{_XML}<manifest identifier="cnncalc" xmlns="http://www.imsglobal.org/xsd/imscp_v1p1">'
    "<metadata><schema>IMS Content</schema><schemaversion>1.1.3</schemaversion></metadata>"
    "<organizations/><resources>"
    '<resource identifier="quiz" type="imsqti_xmlv1p2"><file href="quiz/quiz.xml"/>'
    '<dependency identifierref="meta"/></resource>'
    '<resource identifier="meta" type="associatedcontent/imscc_xmlv1p1/learning-application-resource" '
    'href="quiz/assessment_meta.xml"><file href="quiz/assessment_meta.xml"/></resource>'
    "</resources></manifest>\n"
)


def _meta(title: str, points: int) -> str:
    return (
        f'{_XML}<quiz identifier="quiz" xmlns="{_CANVAS}"><title>{title}</title><description></description>'
        f"<quiz_type>assignment</quiz_type><points_possible>{points}.0</points_possible></quiz>\n"
    )
