"""Everything that can go wrong, as one tree.

OutreachError
├── UsageError                 the person who called us can mend it (exit code 2)
│   ├── SourceError            the contacts cannot be read: where, what, what to do
│   ├── SettingsError          a setting, block or rule pack is wrong or missing
│   │   └── PrefectAway        the Prefect API that is configured does not answer as one
│   └── UnknownCampaign        no such campaign, or no such contact in it
├── LedgerError                the ledger cannot be opened, migrated or written
│   ├── WrongLedger            what was named is no ledger of ours; a UsageError too
│   │   ├── NoLedger           none is there yet; a run makes it
│   │   └── WrongKey           the ledger was made with another key
│   └── LedgerOutdated         the ledger is older than what was done with it
├── CampaignStopped            too many failures, unknowns or a missing permission; resumable
├── NobodyContacted            a run could contact nobody for reasons of our own; resumable
├── SumsDoNotHold              the proof of a campaign is red
├── WebhookError               a receiver's address or signature is not acceptable
└── GenesysError               status, code, correlation id, advice
    ├── NotSent                nothing left this machine: refused, DNS, TLS
    ├── Refused                Genesys said no, so nothing happened
    │   ├── Invalid            400, 413, 415, 422
    │   ├── Unauthorized       401
    │   │   └── WrongClient    the login refuses the client: its id or secret is wrong (exit code 2)
    │   ├── Forbidden          403, names the missing permission where Genesys does
    │   ├── NotFound           404
    │   ├── Conflict           409
    │   └── RateLimited        429, or 503 with Retry-After: `retry_after` in seconds
    └── Ambiguous              a timeout, a reset, any other 5xx: it may have happened

Positional arguments only, all handed to `Exception.__init__`: Prefect pickles what escapes a flow, and an
exception with keyword-only arguments cannot be read back. No error carries a number, address, name,
message, token or body: only identifiers, statuses and advice.
"""


class OutreachError(Exception):
    """Whatever this product raises."""

    advice = ""
    """What a person can do about it; empty when the message says it all."""


class _AdvisedError(OutreachError):
    """`problem` says what and where, `advice` what to do: one sentence, or two."""

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(problem, advice)
        self.problem = problem
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.problem} {self.advice}".rstrip()


class UsageError(_AdvisedError):
    """A mistake that the caller can mend."""


class SourceError(UsageError):
    """The contacts cannot be read."""


class SettingsError(UsageError):
    """A setting, a block or a rule pack is wrong or missing."""


class PrefectAway(SettingsError):  # noqa: N818 - it says what happened
    """The Prefect API that is configured does not answer, or is none."""


class UnknownCampaign(UsageError):  # noqa: N818 - it names a thing, not a failure
    """There is no such campaign, or no such contact in it."""


class LedgerError(_AdvisedError):
    """The ledger cannot be opened, migrated or written."""


class WrongLedger(LedgerError, UsageError):  # noqa: N818 - it names a thing, not a failure
    """What was named is no ledger, or none that this program can open: no later try helps."""


class NoLedger(WrongLedger):
    """None is there yet, and only one that is there was asked for."""


class WrongKey(WrongLedger):
    """The ledger was made with another key than the one given."""


class LedgerOutdated(LedgerError):  # noqa: N818 - it names a thing, not a failure
    """More was done than the ledger knows, or nobody can say: whoever it contacts may be contacted twice."""


class CampaignStopped(OutreachError):  # noqa: N818 - a decision, not a failure
    """New contacts were stopped: `campaign`, `reason`, `advice`. Running it again resumes it."""

    def __init__(self, campaign: str, reason: str, advice: str = "") -> None:
        super().__init__(campaign, reason, advice)
        self.campaign = campaign
        self.reason = reason
        self.advice = advice

    def __str__(self) -> str:
        """Who stopped, why, and what to do."""
        return f"Campaign {self.campaign} stopped: {self.reason} {self.advice}".rstrip()


class NobodyContacted(OutreachError):  # noqa: N818 - a verdict, not a failure
    """A run could contact nobody for reasons of our own, or a call for one person could not make the contact:
    `campaign`, `reason`, what to mend as `advice`.
    """

    def __init__(self, campaign: str, reason: str, advice: str) -> None:
        super().__init__(campaign, reason, advice)
        self.campaign = campaign
        self.reason = reason
        self.advice = advice

    def __str__(self) -> str:
        """Who, why, and what to do."""
        return f"Campaign {self.campaign} contacted nobody: {self.reason} {self.advice}".rstrip()


class SumsDoNotHold(OutreachError):  # noqa: N818 - a verdict, not a failure
    """A campaign's proof is red: `campaign`, `missing` says in one line which sums do not hold."""

    def __init__(self, campaign: str, missing: str) -> None:
        super().__init__(campaign, missing)
        self.campaign = campaign
        self.missing = missing
        self.advice = f"Look at it with `outreach proof {campaign}`, and at who changed the ledger."

    def __str__(self) -> str:
        """Whose sums, and which."""
        return f"Campaign {self.campaign} does not add up: {self.missing}. {self.advice}"


class WebhookError(OutreachError):
    """A webhook's address or signature is not acceptable; `code` is for machines."""

    def __init__(self, code: str, problem: str) -> None:
        super().__init__(code, problem)
        self.code = code

    def __str__(self) -> str:
        """The sentence."""
        return str(self.args[1])


class GenesysError(OutreachError):
    """A call to Genesys Cloud did not succeed.

    Args:
        operation: what was tried, in our words ("start sms", "register").
        status: the HTTP status, 0 when there was none.
        code: Genesys' error code, or ours ("connect", "read_timeout").
        correlation_id: Genesys' correlation id, "" when there was none.
        advice: what a person can do.
    """

    def __init__(
        self, operation: str, status: int = 0, code: str = "", correlation_id: str = "", advice: str = ""
    ) -> None:
        super().__init__(operation, status, code, correlation_id, advice)
        self.operation = operation
        self.status = status
        self.code = code
        self.correlation_id = correlation_id
        self.advice = advice

    def __str__(self) -> str:
        """For example: `register: 403 missing.permissions (correlation id 1f3c). Grant ...`."""
        parts = [str(self.status) if self.status else "no answer", self.code]
        where = f" (correlation id {self.correlation_id})" if self.correlation_id else ""
        return f"{self.operation}: {' '.join(part for part in parts if part)}{where}. {self.advice}".rstrip()


class NotSent(GenesysError):  # noqa: N818 - it names an outcome
    """The request never left: connection refused, DNS, TLS. Nothing happened."""


class Refused(GenesysError):  # noqa: N818 - it names an outcome
    """Genesys said no. Nothing happened."""


class Invalid(Refused):
    """400, 413, 415, 422: the request itself is wrong."""


class Unauthorized(Refused):
    """401."""


class WrongClient(Unauthorized):
    """The login refused the client: the id or the secret is wrong, which the caller can mend."""


class Forbidden(Refused):
    """403: a permission is missing."""


class NotFound(Refused):
    """404."""


class Conflict(Refused):
    """409."""


class RateLimited(Refused):
    """429, or 503 with Retry-After. `retry_after` is in seconds."""

    def __init__(  # the tree's one exception with a fact of its own
        self,
        operation: str,
        status: int = 429,
        code: str = "",
        correlation_id: str = "",
        advice: str = "",
        retry_after: float = 5.0,
    ) -> None:
        super().__init__(operation, status, code, correlation_id, advice)
        self.args = (*self.args, retry_after)
        self.retry_after = retry_after


class Ambiguous(GenesysError):  # noqa: N818 - it names an outcome
    """A timeout, a reset after sending, a 5xx: it may have happened. Never sent again blindly."""
