"""The laws of test_properties.py on very many networks."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from strategies import Spec
from test_properties import LAWS, hold

pytestmark = pytest.mark.slow

MANY = 600


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
def test_law(law: Callable[[Spec], None]) -> None:
    hold(law, MANY)
