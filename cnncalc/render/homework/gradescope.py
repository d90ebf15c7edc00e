"""results.json, as Gradescope's autograder platform takes it: a test for each answer."""

from collections.abc import Iterable
from typing import Any

from cnncalc.homework.answers import Answer, number
from cnncalc.homework.grading import Graded
from cnncalc.languages import Language, Message
from cnncalc.plain_text import visible
from cnncalc.render.homework.feedback import summary
from cnncalc.render.homework.marking import expected, remark, said
from cnncalc.render.json_text import json_text


def results(graded: Graded, language: Language, *, show_answers: bool) -> str:
    """The text of the file; a sheet that can't be read scores 0 of the same marks, and says why."""
    if graded.marked is None:
        name = language.say("grade.sheet")
        tests = [
            {
                **_points(name, 0, number(graded.out_of), passed=False),
                "output": _lines([summary(graded)], language),
            }
        ]
    else:
        tests = [_test(answer, language, show_answers) for answer in graded.marked.answers]
    told = {
        "score": number(graded.marks),
        "output": _lines([summary(graded), *graded.notes], language),
        "output_format": "text",
        "visibility": "visible",
        "tests": [{**test, "number": str(at)} for at, test in enumerate(tests, 1)],
    }
    return json_text(told, indent=1)


def _points(name: str, score: float, most: float, *, passed: bool) -> dict[str, Any]:
    status = "passed" if passed else "failed"
    return {"name": name, "score": score, "max_score": most, "status": status, "visibility": "visible"}


def _test(answer: Answer, language: Language, show_answers: bool) -> dict[str, Any]:
    passed = answer.earns
    given = Message("grade.given", answer=answer.text) if answer.text else Message("marking.missing")
    lines = [given, remark(answer)]
    if show_answers and not passed:
        lines.append(Message("grade.right", answer=expected(answer)))
    points = _points(
        f"{answer.layer}, {language.tell(said(answer.quantity))}",
        number(answer.marks),
        number(answer.out_of),
        passed=passed,
    )
    return {**points, "output": _lines(lines, language), "output_format": "text"}


def _lines(texts: Iterable[str], language: Language) -> str:
    """A line for each text that says something."""
    return "\n".join(visible(language.tell(text)) for text in texts if text)
