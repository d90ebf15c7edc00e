"""What all tests have in common.

Drawn examples are the same in every run, so that a run says what the last one said; other ones are tried by
`pytest --hypothesis-profile=default` and `make fuzz`. A slow machine fails no test.
"""

from hypothesis import settings

settings.register_profile("steady", derandomize=True, deadline=None)
settings.load_profile("steady")
