"""`cnncalc serve`: the calculator as a page in the browser."""

from typing import Annotated

from typer import Argument, Option

PURPOSE = "Work out by hand"


def run(
    spec: Annotated[
        str | None, Argument(help="The network that the page begins with.", metavar="SPEC")
    ] = None,
    port: Annotated[
        int, Option(help="The port of the address; 0 is any free one.", metavar="N", min=0, max=65535)
    ] = 0,
    open: Annotated[bool, Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """The calculator as a page in the browser. On this machine alone, until Ctrl-C.

    cnncalc serve

    cnncalc serve lenet5.yaml --port 8080 --open
    """
    import sys

    from cnncalc.errors import UsageError, reason_of
    from cnncalc.web.answers import spec_text
    from cnncalc.web.server import Server

    start = {} if spec is None else {"text": spec_text(spec)}
    try:
        server = Server(port, start)
    except OSError as error:
        help = "another port, or none: a free one is found"
        raise UsageError(f"--port {port} can't be had: {reason_of(error)}", help) from None
    with server:
        sys.stdout.write(f"{server.address}  (Ctrl-C ends)\n")
        sys.stdout.flush()
        if open:
            import webbrowser

            webbrowser.open(server.address)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            sys.stdout.write("\n")
