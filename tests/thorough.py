"""How much of what could be tried a run tries: ``THOROUGH=1`` (``make soak``) tries all of it.

The suite takes what has told of faults; what repeats it in another size, language, role or with more examples
is left to the thorough run.
"""

import os
from collections.abc import Sequence
from typing import TypeVar

THOROUGH = bool(os.environ.get("THOROUGH"))
Case = TypeVar("Case")


def usually(those: Sequence[Case], all_of_them: Sequence[Case]) -> Sequence[Case]:
    """These; in a thorough run all."""
    return all_of_them if THOROUGH else those
