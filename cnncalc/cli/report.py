"""`cnncalc report`: a network as one page for a browser."""

from typing import Annotated

from typer import Option

from cnncalc.cli.common import LANG, SpecOptions, with_option_groups

PURPOSE = "Look at networks"


@with_option_groups(SpecOptions)
def run(
    spec: SpecOptions,
    output: Annotated[
        str | None, Option("--output", "-o", help="The file of the page.", metavar="FILE")
    ] = None,
    device: Annotated[
        str | None,
        Option(help="The roofline of a device too: a name, a file, or this machine (this).", metavar="NAME"),
    ] = None,
    lang: Annotated[str | None, Option(help=LANG, metavar="LANGUAGE")] = None,
) -> None:
    """A network as one page for a browser. Table, figure and every working; the page loads nothing.

    cnncalc report resnet50 -o resnet50.html

    cnncalc report resnet50 --device jetson-nano -o resnet50.html

    cnncalc report lenet5 --lang zh -o lenet5.html
    """
    import sys
    from pathlib import Path

    from cnncalc.cli.common import found_device
    from cnncalc.errors import UsageError
    from cnncalc.languages import language
    from cnncalc.page import report_page
    from cnncalc.render.output import emit

    if output is None and sys.stdout.isatty():
        raise UsageError("a page is read in a browser", "-o FILE.html writes the page to a file")
    if output is not None and Path(output).suffix.lower() not in ("", ".html", ".htm"):
        raise UsageError(f"{output}: a page is HTML", "-o FILE.html, which a browser prints as PDF")
    spec.refuse("the page, whose numbers are of one sample", "batch")
    spoken = language(lang)
    report = spec.report()
    bounds = None if device is None else report.bounds(found_device(device))
    emit([report_page(report, spoken, bounds)], output)
