"""What the organisation can send from: SMS numbers, integrations, e-mail domains, queues (fact sheet 6)."""

import uuid

from emulator.errors import present
from emulator.http.messages import JsonObject, Request, Response, answer, known
from emulator.http.routing import Operations
from emulator.platform.listing import page
from emulator.state.defaults import HOME_DIVISION_ID
from emulator.state.organisation import Organisation

operation = Operations("/api/v2")

_DOMAIN_VIEW = ("routing:email:manage", "routing:email:view")
_NAMES = uuid.UUID("0e6e1b0a-0003-4000-8000-000000000000")


@operation("sms_numbers.list", "GET", "/routing/sms/phonenumbers", "sms:phoneNumber:view")
def sms_numbers(org: Organisation, request: Request) -> Response:
    """The SMS numbers; usable when ACTIVE and `supportsSms`."""
    number, state = request.query("phoneNumber"), request.query("phoneNumberStatus")
    chosen = [
        _sms_number(each, status)
        for each, status in org.settings.sms_numbers.items()
        if number in ("", each) and state in ("", status)
    ]
    return page(request, chosen)


def _sms_number(number: str, status: str) -> JsonObject:
    key = str(uuid.uuid5(_NAMES, number))
    return {
        "id": key,
        "name": number,
        "phoneNumber": number,
        "phoneNumberType": "local",
        "phoneNumberStatus": status,
        "provisionedThroughPureCloud": True,
        "capabilities": ["sms"],
        "countryCode": "US",
        "supportsSms": True,
        "supportsMms": False,
        "supportsVoice": False,
        "provisioningStatus": {"action": "CREATE", "state": "COMPLETED"},
        "selfUri": f"/api/v2/routing/sms/phonenumbers/{key}",
    }


@operation("integrations.list", "GET", "/conversations/messaging/integrations", "messaging:integration:view")
def integrations(org: Organisation, request: Request) -> Response:
    """The messaging integrations of every messenger."""
    return page(request, [_integration(key, value) for key, value in org.settings.integrations.items()])


def _integration(key: str, value: str) -> JsonObject:
    messenger, _, status = value.partition(" ")
    return {
        "id": key,
        "name": f"{messenger} {key[-4:]}",
        "status": status,
        "messengerType": messenger,
        "selfUri": f"/api/v2/conversations/messaging/integrations/{messenger}/{key}",
    }


@operation("email_domains.list", "GET", "/routing/email/outbound/domains", "routing:email:manage")
def email_domains(org: Organisation, request: Request) -> Response:
    """The outbound e-mail domains with the state of their DNS records."""
    return page(request, [_email_domain(name, state) for name, state in org.settings.email_domains.items()])


@operation("email_domains.get", "GET", "/routing/email/outbound/domains/{domainId}", *_DOMAIN_VIEW)
def email_domain(org: Organisation, request: Request) -> Response:
    """One outbound e-mail domain."""
    name = request.parameters["domainId"]
    return answer(_email_domain(name, present(org.settings.email_domains.get(name), "domain")))


def _email_domain(name: str, state: str) -> JsonObject:
    """A domain that the organisation's own server sends for (`SMTP`) has nothing to verify."""
    verified = {"status": state, "records": []} if state not in ("SMTP", "") else None
    return known(
        id=name,
        name=name,
        cnameVerificationResult=verified,
        dkimVerificationResult=verified,
        senderType="EmailSmtpDomain" if state == "SMTP" else "EmailDomain",
        selfUri=f"/api/v2/routing/email/outbound/domains/{name}",
    )


@operation("queues.list", "GET", "/routing/queues", "routing:queue:view")
def queues(org: Organisation, request: Request) -> Response:
    """The queues, or those of a name or an id."""
    name = request.query("name")
    ids = {part for value in request.queries("id") for part in value.split(",") if part}
    chosen = [
        _queue(key, title)
        for key, title in org.settings.queues.items()
        if name in ("", title) and (not ids or key in ids)
    ]
    return page(request, chosen)


@operation("queues.get", "GET", "/routing/queues/{queueId}", "routing:queue:view")
def queue(org: Organisation, request: Request) -> Response:
    """One queue."""
    key = request.parameters["queueId"]
    return answer(_queue(key, present(org.settings.queues.get(key), "queue")))


def _queue(key: str, name: str) -> JsonObject:
    return {
        "id": key,
        "name": name,
        "division": {"id": HOME_DIVISION_ID, "name": "Home"},
        "memberCount": 3,
        "selfUri": f"/api/v2/routing/queues/{key}",
    }
