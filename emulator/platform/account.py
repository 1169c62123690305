"""The organisation itself: who am I, my token, the home division, the limits."""

from emulator.errors import bad_request, present
from emulator.http.messages import JsonObject, Request, Response, answer, nothing
from emulator.http.routing import Operations
from emulator.platform.listing import page
from emulator.platform.messages import LONGEST_SMS
from emulator.state.defaults import HOME_DIVISION_ID, ORGANISATION_NAME
from emulator.state.organisation import Organisation

operation = Operations("/api/v2")


@operation("organisation.get", "GET", "/organizations/me")
def organisation(org: Organisation, _request: Request) -> Response:
    """The organisation of the token."""
    key = org.settings.organisation_id
    return answer(
        {
            "id": key,
            "name": ORGANISATION_NAME,
            "defaultLanguage": "en-us",
            "defaultCountryCode": org.settings.country,
            "domain": "outreach-example",
            "version": 1,
            "state": "active",
            "selfUri": f"/api/v2/organizations/{key}",
        }
    )


@operation("token.get", "GET", "/tokens/me")
def token(org: Organisation, request: Request) -> Response:
    """What the token is."""
    holder = org.tokens.by_value[request.token or ""]
    named = {"id": org.settings.organisation_id, "name": ORGANISATION_NAME}
    client = {"id": holder.client_id, "name": holder.client_id, "organization": named}
    return answer(
        {"organization": named, "homeOrganization": named, "authorizedScope": [], "OAuthClient": client}
    )


@operation("token.head", "HEAD", "/tokens/me")
def check_token(_org: Organisation, _request: Request) -> Response:
    """200 when the token is good."""
    return Response(200)


@operation("token.delete", "DELETE", "/tokens/me")
def log_out(org: Organisation, request: Request) -> Response:
    """Make the token worthless."""
    org.tokens.revoke(request.token or "")
    return nothing(200)


@operation("calls.create", "POST", "/conversations/calls", "conversation:conference:add")
@operation("user.get", "GET", "/users/me")
@operation("conversations.list", "GET", "/conversations")
def user(_org: Organisation, _request: Request) -> Response:
    """A client is no user, and has no conversations of its own."""
    raise bad_request("This request requires a user context", code="not.a.user")


@operation("division.home", "GET", "/authorization/divisions/home")
def home_division(_org: Organisation, _request: Request) -> Response:
    """The division of everything here."""
    return answer(
        {
            "id": HOME_DIVISION_ID,
            "name": "Home",
            "description": "The home division",
            "homeDivision": True,
            "selfUri": f"/api/v2/authorization/divisions/{HOME_DIVISION_ID}",
        }
    )


def _limits(org: Organisation) -> dict[str, dict[str, int]]:
    settings = org.settings
    return {
        "platform.api": {
            "token.rate.per.minute": settings.requests_per_minute or 300,
            "org.app.user.rate.per.minute": 3000,
            "request.bytes.max": 512000,
        },
        "auth.api": {"client.credentials.token.rate.per.minute": settings.token_requests_per_minute or 300},
        "external.contacts": {"bulk.entities.max": settings.bulk_most},
        "messaging": {"agentless.sms.text.max": LONGEST_SMS},
        "conversation": {},
        "email": {},
        "callback": {},
        "outbound": dict(settings.outbound.limits),
        "analytics": {},
    }


@operation("limits.namespaces", "GET", "/organizations/limits/namespaces")
def limit_namespaces(org: Organisation, request: Request) -> Response:
    """The names of the limits' groups."""
    return page(request, list(_limits(org)), 100)


@operation("limits.get", "GET", "/organizations/limits/namespaces/{namespaceName}")
@operation("limits.defaults", "GET", "/organizations/limits/namespaces/{namespaceName}/defaults")
def limits(org: Organisation, request: Request) -> Response:
    """The limits of one group."""
    namespace = request.parameters["namespaceName"]
    values = present(_limits(org).get(namespace), "namespace")
    entities = [{"key": key, "namespace": namespace, "value": value} for key, value in values.items()]
    return answer({"entities": entities})


@operation("limits.docs", "GET", "/organizations/limits/docs")
def limit_docs(org: Organisation, _request: Request) -> Response:
    """What the limits mean."""
    namespaces: list[JsonObject] = [
        {
            "name": name,
            "friendlyName": name,
            "limits": [
                {
                    "key": key,
                    "defaultValue": value,
                    "description": key.replace(".", " "),
                    "configurable": False,
                    "trackable": False,
                }
                for key, value in values.items()
            ],
        }
        for name, values in _limits(org).items()
    ]
    return answer({"namespaces": namespaces})
