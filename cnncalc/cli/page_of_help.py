"""The pages of help: what the command is for, examples under a heading, and options and verbs in groups."""

import re
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

WIDEST = 100
"""Lines of help longer than this are hard to read, however wide the terminal."""
PURPOSES = ("Look at networks", "Work out by hand", "Prove", "Teach", "Convert", "Look up")
"""What verbs are for, in the order of the help; a verb that doesn't say its `PURPOSE` is the first's."""


class ByGroups:
    """A page of help with examples, and with options in the groups that their `rich_help_panel` names."""

    def format_help_text(self: Any, ctx: Any, formatter: Any) -> None:
        """The sentences of the docstring, then the lines behind them as examples."""
        told, _, examples = (self.help or "").partition("\n\n")
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(told)
        if examples:
            with formatter.section(_bold("Examples")):
                # a line to be copied is not broken
                formatter.write("".join(f"  {line.strip()}\n" for line in examples.split("\n\n")))

    def format_options(self: Any, ctx: Any, formatter: Any) -> None:
        """Verbs; arguments, a verb's own options, then the options that verbs share; the help itself last."""
        if isinstance(self, TyperGroup):
            self.format_commands(ctx, formatter)
        groups: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        *params, help = self.get_params(ctx)
        for param in params:
            group = "Arguments" if param.param_type_name == "argument" else param.rich_help_panel
            if record := param.get_help_record(ctx):
                groups.setdefault(group or "Options", []).append(record)
        list(groups.values())[-1].append(help.get_help_record(ctx))
        _sections(formatter, groups)

    def format_commands(self: Any, ctx: Any, formatter: Any) -> None:
        """Verbs by their purpose, each with the first sentence of its docstring."""
        groups: dict[str, list[tuple[str, str]]] = {purpose: [] for purpose in PURPOSES}
        for name in self.list_commands(ctx):
            verb = self.get_command(ctx, name)
            first = re.match(r"[^\n]*?\.(?=\s|$)", verb.help or "")
            groups[verb.rich_help_panel or PURPOSES[0]].append((name, first[0] if first else ""))
        _sections(formatter, groups)


class Verb(ByGroups, TyperCommand):
    """A verb of the command."""


class WithNumbers(Verb):
    """A verb whose arguments may begin with a minus: -1 0; 0 1 is a matrix, and no option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        # sorted into options, then arguments behind --, where a minus is no option
        with_value = {
            name for param in self.params if not getattr(param, "is_flag", True) for name in param.opts
        }
        options: list[str] = []
        arguments: list[str] = []
        words = iter(args)
        for word in words:
            if word == "--":
                arguments += words
            elif word == "-" or not word.startswith("-") or re.match(r"-[0-9.]", word):
                arguments.append(word)
            else:
                options += [word, *islice(words, 1)] if word in with_value else [word]
        lacks_value = bool(args) and args[-1] in with_value and options[-1:] == args[-1:]
        behind = ["--", *arguments] if arguments and not lacks_value else []
        return super().parse_args(ctx, [*options, *behind])


def _sections(formatter: Any, groups: Mapping[str, Sequence[tuple[str, str]]]) -> None:
    """A list of terms under each heading, the terms of all as wide."""
    room = max(len(term) for rows in groups.values() for term, _ in rows)
    for name, rows in groups.items():
        if rows:
            with formatter.section(_bold(name)):
                formatter.write_dl([(term.ljust(room), told) for term, told in rows])


def _bold(heading: str) -> str:
    """A heading; where the output is no terminal, typer takes the boldness away."""
    return typer.style(heading, bold=True)
