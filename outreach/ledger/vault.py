"""The ledger's keys: keyed hashes of addresses and people, and the sealing of what is personal.

A plain hash of a phone number is no protection (all numbers of a country hash in hours), so every hash is
an HMAC with a key that lives outside the database. With `encrypted=True` the personal columns are sealed
(Fernet: AES-CBC with HMAC) under the same root; several roots may be given while one replaces another:
the first seals, all open. The hashing keys must never change, or nobody would be recognised: they are the
ledger's own, random, kept in it wrapped under the newest root (`opening`), so any root can be dropped.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import secrets
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from outreach.errors import WrongKey
from outreach.sameness import forms_of, same_form

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

SEALED = "sealed:"
_KEYS = ("_hashing_keys", "_sealing_keys", "_encrypted", "has_today_forms")
"""What makes a vault in another process of ours; the rest is made of it."""


_NUMBER = struct.Struct(">Q24x")
"""The first eight bytes of a hash: one by one they took twice as long as the hash."""


class Vault:
    """Hashes and seals with keys derived from root keys.

    Args:
        roots: root keys, newest first; at least 16 characters each.
        encrypted: whether `seal` encrypts; `open` reads both kinds, so this may change at any time.
    """

    def __init__(self, roots: Sequence[str], *, encrypted: bool = False) -> None:
        check_roots(roots)
        self._hash_with(_derive(roots[-1], b"hash"), _derive(roots[-1], b"audit"))
        self._sealing_keys = [base64.urlsafe_b64encode(_derive(root, b"seal")) for root in roots]
        self._encrypted = encrypted
        self.has_today_forms = False
        """Whether the ledger holds no address under an earlier form, so that nobody looks for one."""

    def __getstate__(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in _KEYS}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)
        self._hash_with(*self._hashing_keys)

    @property
    def fingerprint(self) -> str:
        """Tells two keys apart, and nothing else."""
        return self.key("fingerprint", "")[:16]

    def key(self, kind: str, value: str) -> str:
        """A keyed hash, 40 hex digits: `kind` keeps an address's hash apart from a person's."""
        return self._hashing(f"{kind}\0{value}".encode())[:40]

    def keys(self, kind: str, values: Iterable[bytes]) -> list[str]:
        """The same of many values, which are UTF-8."""
        return [digest[:20].hex() for digest in _hash_all(self._halves[0], f"{kind}\0".encode(), values)]

    def numbers(self, kind: str, values: Iterable[bytes]) -> list[int]:
        """`number_of` the keys of many values."""
        digests = b"".join(_hash_all(self._halves[0], f"{kind}\0".encode(), values))
        return [number >> 4 for (number,) in _NUMBER.iter_unpack(digests)]

    def address_key(self, address: str) -> str:
        """The same for one address however it is written: see outreach/sameness.py."""
        return self._address_keys(address)[0]

    def address_keys(self, address: str) -> tuple[str, ...]:
        """Its key, and those it may have in a ledger that was begun before two forms were known as one."""
        return self._address_keys(address)

    def person_key(self, external_contact_id: str) -> str:
        """The same for one person in all campaigns."""
        return self.key("person", external_contact_id)

    def chain(self, previous: str, record: bytes) -> str:
        """The audit hash of a record that follows `previous`, 64 hex digits."""
        return self._auditing(previous.encode() + b"\n" + record)

    def begin_chains(self, records: Iterable[bytes]) -> list[bytes]:
        """The same of records that follow none, as 32 bytes."""
        return list(_hash_all(self._halves[1], b"\n", records))

    def draw_hashing_keys(self) -> None:
        """Hash with new random keys from now on: for a ledger that is just being made."""
        self._hash_with(secrets.token_bytes(32), secrets.token_bytes(32))

    def wrap_hashing_keys(self) -> str:
        """The keys that hash, encrypted under the newest root, to be kept in the ledger."""
        return self.lock(f"{self._hashing_keys[0].hex()} {self._hashing_keys[1].hex()}")

    def adopt_hashing_keys(self, wrapped: str) -> None:
        """Hash with the ledger's keys from now on. Raises WrongKey."""
        hashing, auditing = self.open(wrapped).split()
        self._hash_with(bytes.fromhex(hashing), bytes.fromhex(auditing))

    def _hash_with(self, hashing: bytes, auditing: bytes) -> None:
        self._hashing_keys = (hashing, auditing)
        self._halves = _halves(hashing), _halves(auditing)
        self._hashing, self._auditing = map(_keyed, self._halves)
        # A contact's addresses are asked about ten times on their way to the call, 6 microseconds each.
        # Several batches are under way, and each step takes some hundred contacts at once: 2.4 MB.
        self._address_keys = functools.lru_cache(maxsize=8192)(self._hash_forms)

    def _hash_forms(self, address: str) -> tuple[str, ...]:
        forms = (same_form(address),) if self.has_today_forms else forms_of(address)
        return tuple(self.key("address", form) for form in forms)

    def lock(self, value: str) -> str:
        """Encrypted, whatever the ledger's setting; `open` opens it."""
        return SEALED + self._boxes[0].encrypt(value.encode()).decode()

    def seal(self, value: str) -> str:
        """As it is, or encrypted."""
        return self.lock(value) if self._encrypted else value

    def open(self, value: str) -> str:
        """What was sealed, by any of the roots."""
        if not value.startswith(SEALED):
            return value
        for box in self._boxes:
            if (opened := _opened(box, value)) is not None:
                return opened
        raise WrongKey(
            "The ledger holds rows sealed with another key.", "Add the earlier key to the ledger block."
        )

    def is_current(self, value: str) -> bool:
        """Whether a value stands as `seal` would write it now: under the newest root, or in clear."""
        if not value.startswith(SEALED):
            return not self._encrypted
        return self._encrypted and _opened(self._boxes[0], value) is not None

    @functools.cached_property
    def _boxes(self) -> Sequence[Fernet]:
        from cryptography.fernet import Fernet  # noqa: PLC0415 - 0.01 s, which who only hashes has no use for

        return [Fernet(key) for key in self._sealing_keys]


def number_of(key: str) -> int:
    """A key as a number of 60 bits, which fits a BIGINT."""
    return int(key[:15], 16)


def check_roots(roots: Sequence[str]) -> None:
    """Raise WrongKey where one could be guessed."""
    if not roots or any(len(root) < 16 for root in roots):
        raise WrongKey("The ledger's key is too short.", "Give at least 16 random characters.")


def _opened(box: Fernet, sealed: str) -> str | None:
    from cryptography.fernet import InvalidToken  # noqa: PLC0415 - as above

    try:
        return box.decrypt(sealed[len(SEALED) :].encode()).decode()
    except InvalidToken:
        return None


def _derive(root: str, purpose: bytes) -> bytes:
    from cryptography.hazmat.primitives.hashes import SHA256  # noqa: PLC0415 - as above
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: PLC0415

    return HKDF(SHA256(), 32, salt=b"genesys-outreach", info=purpose).derive(root.encode())


def _halves(key: bytes) -> tuple[Any, Any]:
    """Of an HMAC (RFC 2104), each as what copies it: `hmac.digest` gives the interpreter away each time."""
    padded = key.ljust(64, b"\0")
    inner, outer = (hashlib.sha256(bytes(byte ^ sign for byte in padded)).copy for sign in (0x36, 0x5C))
    return inner, outer


def _keyed(halves: tuple[Any, Any]) -> Callable[[bytes], str]:
    """The HMAC: 1.1 microseconds a hash; with a copy of `hmac`'s, 1.7."""
    inner, outer = halves

    def hash_of(message: bytes) -> str:
        first, second = inner(), outer()
        first.update(message)
        second.update(first.digest())
        return str(second.hexdigest())

    return hash_of


def _hash_all(halves: tuple[Any, Any], prefix: bytes, messages: Iterable[bytes]) -> Iterator[bytes]:
    """The HMAC of each, behind what they all begin with: in two thirds of the time."""
    begun, outer = halves[0](), halves[1]
    begun.update(prefix)
    for message in messages:
        first, second = begun.copy(), outer()
        first.update(message)
        second.update(first.digest())
        yield second.digest()
