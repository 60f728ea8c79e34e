"""
Signed notes: C2SP ``signed-note`` with Ed25519, and the checkpoint that is signed, C2SP ``tlog-checkpoint``.

A checkpoint is three lines: origin, number of records, base64 of the RFC 6962 root. Where it is signed a blank line and
a line for each signature follow: an em dash, the key's name, and base64 of the key's id and the signature. What a key
file held is in no message, no `repr` and no chained exception.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from dualwitness.difflog.errors import CheckpointRefused, KeyRefused

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["Checkpoint", "Signer", "VerifierKey", "check_origin", "parse_checkpoint", "read_checkpoint"]

_ED25519 = b"\x01"
_PRIVATE = re.compile(r"PRIVATE\+KEY\+([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")
_PUBLIC = re.compile(r"([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)")
_SIGNATURE = re.compile("— ([^+\\s]+) ([A-Za-z0-9+/=]+)")
_SIZE = re.compile("0|[1-9][0-9]{0,17}")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's size and root as they were published; ``signatures`` are pairs of key name and id with signature."""

    origin: str
    size: int
    root: bytes
    signatures: tuple[tuple[str, bytes], ...] = ()

    @property
    def text(self) -> bytes:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n".encode()

    @property
    def data(self) -> bytes:
        """The whole file."""
        lines = [f"— {name} {base64.b64encode(signature).decode()}\n" for name, signature in self.signatures]
        return self.text + ("\n" + "".join(lines)).encode() if lines else self.text


def parse_checkpoint(data: bytes) -> Checkpoint:
    """Read a checkpoint back; raises `ValueError` where it is none, with what is wrong."""
    try:
        text, _, rest = data.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError:
        message = "it is no UTF-8"
        raise ValueError(message) from None
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not _is_name(lines[0]) or not _SIZE.fullmatch(lines[1]):
        message = "it has no origin, size and root"
        raise ValueError(message)
    try:
        root = base64.b64decode(lines[2], validate=True)
        signatures = tuple(_signature(line) for line in rest.splitlines())
    except binascii.Error:
        message = "its root or a signature is no base64"
        raise ValueError(message) from None
    if len(root) != 32 or len(lines) > 3:
        message = "its root is no SHA-256, or more follows it"
        raise ValueError(message)
    found = Checkpoint(lines[0], int(lines[1]), root, signatures)
    if found.data != data:
        message = "its bytes are not in the one form that a checkpoint has"
        raise ValueError(message)
    return found


def read_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint's file; raises `CheckpointRefused` where it cannot be read, or is none."""
    try:
        return parse_checkpoint(path.read_bytes())
    except (OSError, ValueError) as error:
        problem = error.strerror if isinstance(error, OSError) else error
        message = f"{path} is no checkpoint that can be read: {problem}"
        raise CheckpointRefused(message, advice="give a file that `checkpoint` wrote") from None


def check_origin(origin: str) -> None:
    """Raise `CheckpointRefused` for a name that a signed note cannot carry: blanks, plus, control characters."""
    if not _is_name(origin):
        message = f"the origin {origin[:80]!r} cannot name a log"
        raise CheckpointRefused(message, advice="give a name without blanks and plus signs, such as example.org/log")


def _is_name(text: str) -> bool:
    """Whether a note can carry it as an origin and as the name of a key (C2SP signed-note, "Key name")."""
    return text.isprintable() and re.fullmatch(r"[^+\s]+", text) is not None


def _signature(line: str) -> tuple[str, bytes]:
    found = _SIGNATURE.fullmatch(line)
    if found is None or not _is_name(found[1]):
        message = f"{line[:60]!r} is no signature"
        raise ValueError(message)
    return found[1], base64.b64decode(found[2], validate=True)


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key with its name, as ``name+id+base64``; it is no secret."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of SHA-256 over name, line feed, algorithm and key."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    @classmethod
    def of(cls, text: str) -> VerifierKey:
        """Read ``name+id+base64``; raises `KeyRefused`."""
        found = _PUBLIC.fullmatch(text.strip())
        raw = _key_bytes(found[3]) if found else None
        if found is None or raw is None or not _is_name(found[1]):
            raise _refused("it is no Ed25519 verifier key")
        key = cls(found[1], raw)
        if key.key_id.hex() != found[2]:
            raise _refused("its id does not belong to its key")
        return key

    @classmethod
    def from_file(cls, path: Path, origin: str) -> VerifierKey:
        """
        Read a file that holds ``name+id+base64``, a public key as PEM, or the private key itself.

        A PEM file has no name, so ``origin`` is its name. Raises `KeyRefused`.
        """
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        data = _read_key(path)
        text = data.decode("latin-1").strip()
        if _PUBLIC.fullmatch(text):
            return cls.of(text)
        if b"-----BEGIN PUBLIC KEY-----" not in data:
            return Signer.from_bytes(data, origin).verifier_key
        try:
            key = load_pem_public_key(data)
        except (ValueError, UnsupportedAlgorithm):
            raise _refused("it is no PEM file that can be read") from None
        if not isinstance(key, Ed25519PublicKey):
            raise _refused("it is no Ed25519 key")
        return cls(origin, key.public_bytes_raw())

    def signed(self, checkpoint: Checkpoint) -> bool | None:
        """Whether this key signed the checkpoint: False for a wrong signature, None where there is none of it."""
        mine = [one for name, one in checkpoint.signatures if name == self.name and one[:4] == self.key_id]
        return all(self._is_right(one, checkpoint.text) for one in mine) if mine else None

    def _is_right(self, signature: bytes, text: bytes) -> bool:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature[4:], text)
        except InvalidSignature:
            return False
        return True


class Signer:
    """
    A private key: the one-line form ``PRIVATE+KEY+name+id+base64``, or an unencrypted PEM file, named after the origin.

    Everything else is refused with `KeyRefused`, which never shows what was read.
    """

    __slots__ = ("_key", "verifier_key")

    def __init__(self, key: Ed25519PrivateKey, name: str) -> None:
        self._key = key
        self.verifier_key = VerifierKey(name, key.public_key().public_bytes_raw())

    def __repr__(self) -> str:
        return f"Signer({self.verifier_key})"

    @classmethod
    def from_file(cls, path: Path, origin: str) -> Signer:
        """Read a key file; a PEM file has no name, so ``origin`` is its name; raises `KeyRefused`."""
        return cls.from_bytes(_read_key(path), origin)

    @classmethod
    def from_bytes(cls, data: bytes, origin: str) -> Signer:
        """Read a key; raises `KeyRefused`."""
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        found = _PRIVATE.fullmatch(data.decode("latin-1").strip())
        if found is not None:
            seed = _key_bytes(found[3])
            if seed is None or not _is_name(found[1]):
                raise _refused("it is no Ed25519 key with a name")
            signer = cls(Ed25519PrivateKey.from_private_bytes(seed), found[1])
            if signer.verifier_key.key_id.hex() != found[2]:
                raise _refused("its id does not belong to its key")
            return signer
        try:
            key = load_pem_private_key(data, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise _refused("it is neither PRIVATE+KEY+… nor an unencrypted PEM file") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise _refused("it is no Ed25519 key")
        return cls(key, origin)

    def sign(self, checkpoint: Checkpoint) -> Checkpoint:
        """The same checkpoint with this key's signature after those that it has."""
        signature = self.verifier_key.key_id + self._key.sign(checkpoint.text)
        signatures = (*checkpoint.signatures, (self.verifier_key.name, signature))
        return Checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root, signatures)


def _read_key(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise _refused(f"its file cannot be read ({error.strerror})") from None


def _key_bytes(text: str) -> bytes | None:
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
    return raw[1:] if len(raw) == 33 and raw[:1] == _ED25519 else None


def _refused(problem: str) -> KeyRefused:
    return KeyRefused(
        f"the key cannot be used: {problem}",
        advice="give an Ed25519 key, PRIVATE+KEY+… or PEM to sign, name+id+base64 to verify",
    )
