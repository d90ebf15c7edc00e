"""What all tests have in common.

Drawn examples are the same in every run, so that a run says what the last one said; other ones are tried by
`pytest --hypothesis-profile=default` and `make fuzz`. A slow machine fails no test.
"""

import command
import pytest
from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")


@pytest.fixture(scope="session")
def all_imported() -> None:
    """For tests whose commands start processes of their own: each finds everything imported."""
    command.import_all()
