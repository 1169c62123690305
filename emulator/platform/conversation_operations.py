"""The operations that start, read, end and find conversations: name, method, path, handler, permission."""

from __future__ import annotations

from emulator.guide.operations import GUIDE_DISCONNECT, GUIDE_END, GUIDE_READ
from emulator.http.routing import platform_operation
from emulator.platform import account, analytics, attribute_search, callbacks, conversations, emails, messages

_READ = "conversation:communication:view"
_END = "conversation:communication:disconnect"
_ANALYTICS = ("analytics:conversationDetail:view", "analytics:agentConversationDetail:view")
_CONVERSATION = "/conversations/{conversationId}"

INTERACTIONS = (
    platform_operation(
        "messages.agentless",
        "POST",
        "/conversations/messages/agentless",
        messages.send,
        "conversation:message:create",
    ),
    platform_operation(
        "emails.agentless",
        "POST",
        "/conversations/emails/agentless",
        emails.send,
        "conversation:agentlessEmail:send",
        "conversation:email:create",
    ),
    platform_operation(
        "callbacks.create",
        "POST",
        "/conversations/callbacks",
        callbacks.create,
        "conversation:callback:create",
    ),
    platform_operation(
        "calls.create", "POST", "/conversations/calls", account.user, "conversation:conference:add"
    ),
    platform_operation(
        "callbacks.patch", "PATCH", "/conversations/callbacks", callbacks.patch, "conversation:callback:edit"
    ),
)
_MEDIA = ("messages", "emails", "callbacks")
READING = (
    platform_operation("conversations.list", "GET", "/conversations", conversations.list_own),
    platform_operation(
        "conversations.get", "GET", _CONVERSATION, conversations.read, _READ, guide=GUIDE_READ
    ),
    platform_operation(
        "conversations.disconnect",
        "POST",
        f"{_CONVERSATION}/disconnect",
        conversations.disconnect,
        _END,
        guide=GUIDE_DISCONNECT,
    ),
    platform_operation(
        "conversations.delete", "DELETE", _CONVERSATION, conversations.delete, _END, guide=GUIDE_END
    ),
    platform_operation(
        "conversations.tag",
        "PUT",
        f"{_CONVERSATION}/tags",
        conversations.tag,
        "conversation:externalTag:edit",
    ),
    platform_operation(
        "conversations.attributes",
        "PATCH",
        f"{_CONVERSATION}/participants/{{participantId}}/attributes",
        conversations.set_attributes,
        "conversation:participant:attributes",
    ),
    *(
        platform_operation(
            f"{media}.get",
            "GET",
            f"/conversations/{media}/{{conversationId}}",
            conversations.read_media,
            _READ,
        )
        for media in _MEDIA
    ),
    *(
        platform_operation(
            f"{media}.end",
            "PATCH",
            f"/conversations/{media}/{{conversationId}}",
            conversations.patch_media,
            _END,
        )
        for media in _MEDIA
    ),
    *(
        platform_operation(
            f"{media}.end_participant",
            "PATCH",
            f"/conversations/{media}/{{conversationId}}/participants/{{participantId}}",
            conversations.patch_participant,
            _END,
        )
        for media in _MEDIA
    ),
    platform_operation(
        "messages.message",
        "GET",
        "/conversations/messages/{conversationId}/messages/{messageId}",
        conversations.read_message,
        "conversation:message:view",
    ),
    platform_operation(
        "messages.details",
        "GET",
        "/conversations/messages/{messageId}/details",
        conversations.read_message,
        "conversation:message:view",
    ),
    platform_operation(
        "attributes.search",
        "POST",
        "/conversations/participants/attributes/search",
        attribute_search.search,
        "conversation:participant:attributesview",
    ),
    platform_operation(
        "analytics.query", "POST", "/analytics/conversations/details/query", analytics.query, *_ANALYTICS
    ),
    platform_operation(
        "analytics.details", "GET", "/analytics/conversations/details", analytics.read_many, *_ANALYTICS
    ),
    platform_operation(
        "analytics.conversation",
        "GET",
        "/analytics/conversations/{conversationId}/details",
        analytics.read_one,
        *_ANALYTICS,
    ),
)
