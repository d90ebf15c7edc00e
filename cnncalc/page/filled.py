"""A page of HTML put together: its text, its style, its script, and the data that the script reads."""

import json
from html import escape
from importlib.resources import files
from string import Template
from typing import Any

from cnncalc.figures.themes import variables
from cnncalc.languages import Language


def part(name: str) -> str:
    """The text of a file of this folder."""
    return files("cnncalc.page").joinpath(name).read_text("utf-8")


def filled(name: str, language: Language, values: dict[str, str], data: Any) -> str:
    """The page of NAME.html, NAME.css and NAME.js, with values of HTML and the data of the script."""
    html_of, style, script = (part(f"{name}.{ending}") for ending in ("html", "css", "js"))
    said = {
        key.removeprefix("page.").replace(".", "_"): escape(message)
        for key, message in language.messages.items()
        if key.startswith(("page.", "walk."))
    }
    # no text in the data can end the script that holds the data: </script> would, also after <!--
    held = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    held = held.replace("</", "<\\/").replace("<!", "\\u003c!")
    code = language.code.replace("_", "-")
    return Template(html_of).substitute(
        {f"say_{key}": text for key, text in said.items()}
        | {
            "lang": escape(code),
            "style": style,
            "light": variables("light"),
            "dark": variables("dark"),
            "script": script,
            "data": held,
        }
        | values
    )
