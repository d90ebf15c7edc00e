"""A quiz as Markdown: the questions with their choices, then the key with its working."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cnncalc.homework.questions import Question, say

SUFFIX = ".md"


def written(questions: Sequence[Question], title: str, seed: str) -> Iterator[str]:
    """The quiz, in pieces."""
    yield f"# {title}\n"
    for number, question in enumerate(questions, 1):
        yield f"\n{number}. {question.text}\n\n"
        for letter, (text, _, _) in zip("abcd", question.shuffled(seed), strict=False):
            yield f"   {letter}) {text}\n"


def answers(questions: Sequence[Question], title: str, seed: str) -> Iterator[str]:
    """The key alone."""
    yield f"\n## {say('key', title=title)}\n"
    for number, question in enumerate(questions, 1):
        every = question.shuffled(seed)
        right = next(letter for letter, (_, is_key, _) in zip("abcd", every, strict=False) if is_key)
        yield f"\n{number}. {right}) {question.key}\n\n"
        yield from (f"   - `{line}`\n" for line in question.working)
        for letter, (text, is_key, said) in zip("abcd", every, strict=False):
            if not is_key and said:
                yield f"   - {letter}) {text}: {said}\n"
