"""results.json, as Gradescope's autograder platform takes it: a test for each answer."""

from __future__ import annotations

import json
from typing import Any

from cnncalc.homework.answers import Answer, number
from cnncalc.homework.grading import Graded
from cnncalc.render.marking import QUANTITIES, expected, remark


def results(graded: Graded, *, show_answers: bool) -> str:
    """The text of the file; a sheet that can't be read scores 0, and says why."""
    told: dict[str, Any] = {"score": number(graded.marks), "output_format": "text"}
    if graded.marked is None:
        told["output"] = f"The sheet can't be marked: {graded.problem}"
        told["tests"] = []
    else:
        told["output"] = "\n".join(graded.notes) or "Every answer is marked below."
        told["tests"] = [_test(answer, show_answers) for answer in graded.marked.answers]
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"


def _test(answer: Answer, show_answers: bool) -> dict[str, Any]:
    said = [f"answer: {answer.text}" if answer.text else "no answer", remark(answer)]
    if show_answers and answer.verdict not in ("right", "carried"):
        said.append(f"right: {expected(answer)}")
    return {
        "name": f"{answer.layer}, {QUANTITIES[answer.quantity]}",
        "score": number(answer.marks),
        "max_score": number(answer.out_of),
        "status": "passed" if answer.verdict in ("right", "carried") else "failed",
        "output": "\n".join(filter(None, said)),
        "visibility": "visible",
    }
