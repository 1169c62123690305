"""How Outbound behaves where its documents are silent: each unknown of the outbound fact sheet is a switch.

The default is what the sheet thinks likely. A product that keeps its promise keeps it with every value.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from emulator.state.values import Document, Positive, Seconds, Share, Whole


class OutboundSwitches(Document):
    """The setting `outbound`: replaced as a whole. Seconds are the organisation's."""

    # adding contacts
    requeues_when_not_told: bool = True
    refused_add: Literal["whole", "part"] = "whole"
    broken_adds: Share = 0.0
    contact_ids: Literal["letters", "guid"] = "letters"
    longest_contact_id: Positive = 64
    same_id_twice: Literal["last", "refused"] = "last"
    add_order: Literal["given", "shuffled"] = "given"
    # names
    same_campaign_name: Literal["refused", "allowed"] = "refused"
    name_filter: Literal["exact", "prefix"] = "prefix"
    # starting and stopping
    created_running: Literal["refused", "allowed"] = "refused"
    start_seconds: Seconds = 0.0
    stop_seconds: Seconds = 1.0
    start_of_running: Literal["accepted", "refused"] = "accepted"
    start_of_complete: Literal["restarts", "refused"] = "restarts"
    stop_of_off: Literal["accepted", "refused"] = "accepted"
    stop_of_complete: Literal["refused", "accepted"] = "refused"
    sender_in_two_campaigns: Literal["refused", "allowed"] = "refused"
    always_running: Literal["holds", "completes"] = "holds"
    # sending
    most_messages_per_minute: Positive | None = None
    sender_per_second: dict[str, Annotated[float, Field(gt=0, le=1e6)]] = Field(default_factory=dict)
    email_per_minute: Positive = 1200
    burst: Whole = 0
    over_rate: Literal["FAILED", "THROTTLED"] = "FAILED"
    handover_seconds: Seconds = 1.0
    in_flight_at_stop: Literal["sent", "dropped", "returned"] = "sent"
    ambiguous: Share = 0.0
    ambiguous_was_sent: Share = 0.5
    throttled: Share = 0.0
    throttled_is_retried: bool = False
    throttled_is_an_attempt: bool = True
    failed: Share = 0.0
    not_sent_counts_as_messaged: bool = True
    resolves_identity: bool = False
    # belts
    attempt_limits: Literal["hold", "end_with_recycle", "ignored"] = "hold"
    rules_after_contact: Literal["hold", "ignored"] = "hold"
    uncontactable_stops_queued: bool = True
    skip_is_last_result: bool = False
    recycle_resets_progress: bool = True
    requeued_counts_twice: bool = False
    # results
    result_seconds: Seconds = 2.0
    result_words: Literal["OUTBOUND-MESSAGE-SENT", "OUTBOUND_MESSAGE_SENT"] = "OUTBOUND-MESSAGE-SENT"
    contactable_key: Literal["Sms", "SMS"] = "Sms"
    export: Literal["fresh", "stale", "half", "twice"] = "fresh"
    export_seconds: Seconds = 2.0
    export_redirects: bool = False
    email_results_in_export: bool = True
    limits: dict[str, Whole] = Field(default_factory=dict)
