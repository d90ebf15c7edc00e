"""Runs lines of the command in one process, and tells those that go wrong: `python run_lines.py`.

The lines stand on standard input as JSON. What comes out is the version of Python, and of each line that
ended otherwise than with 0 or 1, or that printed nothing, the line, how it ended, and what it told.
"""

import contextlib
import io
import json
import shlex
import sys
import traceback

from cnncalc.cli import main

wrong = []
for line in json.load(sys.stdin):
    out, error = io.StringIO(), io.StringIO()
    code: object = None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(error):
        try:
            main(shlex.split(line))
        except SystemExit as end:
            code = end.code
        except Exception:  # noqa: BLE001 - a traceback is what is looked for
            traceback.print_exc()
    if code not in (0, 1) or "error" in error.getvalue() or not out.getvalue().strip():
        wrong.append([line, str(code), error.getvalue()[-500:]])
print(json.dumps([sys.version, wrong]))  # noqa: T201 - the answer
