"""The calculator in a browser: its page, what the page asks of the library, and the local server."""
