"""The root of every named refusal, so that any door can answer it with a stable code."""

import re
from typing import ClassVar


class DomainError(Exception):
    """A rule refuses, for a reason the caller can act on.

    Subclasses state a fact (`PaymentNotFinal`), live beside the rule that raises them, and carry a
    stable `code` (their name in snake case unless set) and the HTTP `status` a door answers with.
    The message is one plain sentence fit to be shown to the person who caused it.
    """

    status: ClassVar[int] = 409
    code: ClassVar[str] = "domain_error"

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "code" not in cls.__dict__:
            cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, message: str = "", *, field: str | None = None, **facts: object) -> None:
        super().__init__(message or (self.__doc__ or "").strip().splitlines()[0])
        self.field = field
        self.facts = facts
