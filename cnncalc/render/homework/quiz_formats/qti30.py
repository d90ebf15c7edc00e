"""A quiz as a QTI 3.0 package: that of QTI 2.1, with the names that version 3 has for elements."""

import re
import xml.etree.ElementTree as ET

from cnncalc.render.homework.quiz_formats import qti21

_HTML = frozenset({"p", "div", "code", "table", "caption", "thead", "tbody", "tr", "th", "td", "img"})
"""The elements that are HTML's in both versions."""


class Writer(qti21.Writer):
    """QTI 3.0."""

    NAMESPACE = "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
    PACKAGING = "http://www.imsglobal.org/xsd/qti/qtiv3p0/imscp_v1p1"
    SCHEMA = ("QTI Package", "3.0.0")
    TYPES = ("imsqti_item_xmlv3p0", "imsqti_test_xmlv3p0")

    def converted(self, xml: str) -> str:
        root = ET.fromstring(xml)  # noqa: S314 - written by this package
        for element in list(root.iter()):
            name = element.tag.rpartition("}")[2]
            element.tag = name if name in _HTML else f"qti-{_dashed(name)}"
            element.attrib = {_dashed(key): value for key, value in element.attrib.items()}
            if name == "modalFeedback":
                # version 3 has the content of a feedback in an element of its own
                content = ET.Element("qti-content-body")
                content.extend(list(element))
                element[:] = [content]
        root.set("xmlns", self.NAMESPACE)
        return super().converted(ET.tostring(root, "unicode") + "\n")


def _dashed(name: str) -> str:
    """A name of QTI 2 as QTI 3 writes it: simpleChoice is simple-choice."""
    return re.sub(r"(?<=[a-z])[A-Z]", lambda letter: f"-{letter[0]}", name).lower()
