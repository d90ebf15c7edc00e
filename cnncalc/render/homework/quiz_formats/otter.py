"""A quiz as a Jupyter notebook for Otter-Grader: questions, solutions and hidden tests between raw cells."""

from collections.abc import Iterator

from cnncalc.render.homework.quiz_formats import nbgrader
from cnncalc.render.homework.quiz_formats.nbgrader import Cell, code


class Writer(nbgrader.Writer):
    """The teacher's notebook: `otter assign` makes the students' notebook of it, and the autograder."""

    def head(self) -> Iterator[Cell]:
        yield _raw("assignment", "ASSIGNMENT CONFIG", "export_cell: false")

    def answered(
        self, asked: Cell, name: str, form: str, solution: str, tests: dict[str, list[str]]
    ) -> Iterator[Cell]:
        yield _raw(f"{name}-begin", "BEGIN QUESTION", f"name: {name}", f"points: {len(tests)}")
        yield asked
        yield _raw(f"{name}-solution", "BEGIN SOLUTION")
        yield code(f"{name}-answer", [form, f"{solution} # SOLUTION"])
        yield _raw(f"{name}-solved", "END SOLUTION")
        yield _raw(f"{name}-tests", "BEGIN TESTS")
        for test, lines in tests.items():
            yield code(test, ["# HIDDEN", *lines])
        yield _raw(f"{name}-tested", "END TESTS")
        yield _raw(f"{name}-end", "END QUESTION")


def _raw(name: str, mark: str, *settings: str) -> Cell:
    """A cell that says what the cells behind it are."""
    return {"cell_type": "raw", "id": name, "metadata": {}, "source": "\n".join((f"# {mark}", *settings))}
