"""Access tokens: who holds one, until when, and what it has used of its budget."""

import secrets
from collections import defaultdict
from dataclasses import dataclass, field

from emulator.errors import ApiError
from emulator.state.limits import RateWindow


@dataclass(slots=True)
class Token:
    """One token. `api` is "platform" (from HTTP Basic) or "guide" (from form fields)."""

    value: str
    client_id: str
    api: str
    expires: float
    budget: RateWindow = field(default_factory=RateWindow)


class TokenStore:
    """All tokens that were issued."""

    def __init__(self) -> None:
        self.by_value: dict[str, Token] = {}
        self.issues: dict[str, RateWindow] = defaultdict(RateWindow)
        """The budget of token requests of each client."""
        self.client_budgets: dict[str, RateWindow] = defaultdict(RateWindow)
        self.organisation_budget = RateWindow()

    def issue(self, client_id: str, api: str, expires: float, alive: int | None = None) -> Token:
        """A new token for a client; of its older ones the newest stay, `alive` with this one."""
        if alive is not None:
            older = [value for value, token in self.by_value.items() if token.client_id == client_id]
            for value in older[: max(0, len(older) - alive + 1)]:
                self.revoke(value)
        token = Token(secrets.token_urlsafe(48), client_id, api, expires)
        self.by_value[token.value] = token
        return token

    def holder(self, authorization: str, now: float) -> Token:
        """The token of an `Authorization` header; raises ApiError 401."""
        scheme, _, value = authorization.partition(" ")
        if not authorization or scheme.lower() != "bearer":
            raise ApiError(401, "authentication.required", "No authentication bearer token specified")
        token = self.by_value.get(value)
        if token is None:
            raise ApiError(401, "bad.credentials", "Invalid login credentials.")
        if now >= token.expires:
            raise ApiError(401, "credentials.expired", "The supplied credentials have expired.")
        return token

    def revoke(self, value: str) -> None:
        """Log a token out."""
        self.by_value.pop(value, None)
