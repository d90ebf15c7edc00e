"""A network as one page of HTML, which loads nothing: its figure, its table, and the working of every number.

`report.html`, `report.css` and `report.js` are the page as browsers read it; the Python files say what stands
in it.
"""

from cnncalc.page.report import report_page

__all__ = ["report_page"]
