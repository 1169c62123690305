"""An instant and a hostile name that the tests of the report share."""

from __future__ import annotations

from datetime import datetime, timezone

NOW = datetime(2026, 3, 2, 14, 30, tzinfo=timezone.utc)
HOSTILE = "<img src=http://evil.example/x onerror=alert(1)>|`*_[x](http://evil.example)_*`\x1b[31m\u202e"
