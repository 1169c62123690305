"""What the organisation has from the start. Ids are constants, so that a settings file can name them."""

ORGANISATION_ID = "0e6e1b0a-0001-4000-8000-000000000001"
ORGANISATION_NAME = "Outreach Example"
HOME_DIVISION_ID = "0e6e1b0a-0002-4000-8000-000000000001"
CLIENT_ID = "demo"
CLIENT_SECRET = "demo"  # noqa: S105  the published secret of a laptop's emulator

SMS_NUMBER = "+13175550100"
SMS_NUMBER_PENDING = "+13175550199"

QUEUE_ID = "0e6e1b0a-0004-4000-8000-000000000001"
QUEUE_NAME = "Outreach callbacks"

OPEN_INTEGRATION_ID = "0e6e1b0a-0005-4000-8000-000000000001"
WHATSAPP_INTEGRATION_ID = "0e6e1b0a-0005-4000-8000-000000000002"
WEB_DEPLOYMENT_ID = "0e6e1b0a-0005-4000-8000-000000000003"
INACTIVE_INTEGRATION_ID = "0e6e1b0a-0005-4000-8000-000000000004"

EMAIL_DOMAIN = "outreach.example"
EMAIL_FROM = f"hello@{EMAIL_DOMAIN}"

EXTERNAL_SOURCE_ID = "0e6e1b0a-0006-4000-8000-000000000001"
EXTERNAL_SOURCE_NAME = "Outreach CRM"

DNC_LIST_ID = "0e6e1b0a-0007-4000-8000-000000000001"
DNC_LIST_NAME = "Do not contact"
DNC_EXTERNAL_LIST_ID = "0e6e1b0a-0007-4000-8000-000000000002"

CALLING_HOURS_ID = "0e6e1b0a-0008-4000-8000-000000000001"

SMS_NUMBERS = {SMS_NUMBER: "ACTIVE", SMS_NUMBER_PENDING: "PENDING"}
"""Number to `phoneNumberStatus`."""
INTEGRATIONS = {
    OPEN_INTEGRATION_ID: "open Active",
    WHATSAPP_INTEGRATION_ID: "whatsapp Active",
    WEB_DEPLOYMENT_ID: "webmessaging Active",
    INACTIVE_INTEGRATION_ID: "open Inactive",
}
"""Id to `messengerType status`."""
EMAIL_DOMAINS = {EMAIL_DOMAIN: "VERIFIED", "unverified.example": "PENDING"}
"""Domain to the state of its DNS records."""
QUEUES = {QUEUE_ID: QUEUE_NAME}
"""Id to name."""


def published() -> dict[str, str]:
    """The ids and addresses that a user needs to fill in sender settings."""
    return {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "organisation_id": ORGANISATION_ID,
        "sms_from": SMS_NUMBER,
        "email_from": EMAIL_FROM,
        "voice_queue_id": QUEUE_ID,
        "chat_from": OPEN_INTEGRATION_ID,
        "chat_type": "open",
        "whatsapp_integration_id": WHATSAPP_INTEGRATION_ID,
        "web_deployment_id": WEB_DEPLOYMENT_ID,
        "external_source_id": EXTERNAL_SOURCE_ID,
        "external_source_name": EXTERNAL_SOURCE_NAME,
        "dnc_list_id": DNC_LIST_ID,
    }
