"""Signed notes: the form of C2SP, real signatures, and keys that show themselves nowhere."""

from __future__ import annotations

import base64
import pickle
import traceback
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from dualwitness.difflog.errors import CheckpointRefused, KeyRefused
from dualwitness.difflog.merkle import EMPTY_ROOT
from dualwitness.difflog.note import Checkpoint, Signer, VerifierKey, check_origin, parse_checkpoint

# The key and the signed note in the documentation of golang.org/x/mod/sumdb/note: facts of another implementation.
FOREIGN_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
FOREIGN_TEXT = b"If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
FOREIGN_SIGNATURE = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="

NAME = "example.org/log"
SEED = sha256(b"a key of the tests").digest()
ROOT = sha256(b"a root").digest()
CHECKPOINT = Checkpoint(NAME, 7, ROOT)


def private_key() -> Ed25519PrivateKey:
    """The key of these tests."""
    return Ed25519PrivateKey.from_private_bytes(SEED)


def pem(key: Ed25519PrivateKey, password: bytes | None = None) -> bytes:
    """A key file as openssl writes it."""
    how = NoEncryption() if password is None else BestAvailableEncryption(password)
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)


def one_line(name: str = NAME, seed: bytes = SEED, kind: bytes = b"\x01") -> bytes:
    """A key file of golang.org/x/mod/sumdb/note."""
    public = Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()
    key_id = sha256(name.encode() + b"\n\x01" + public).digest()[:4].hex()
    return f"PRIVATE+KEY+{name}+{key_id}+{base64.b64encode(kind + seed).decode()}\n".encode()


def test_a_note_signed_by_another_implementation_verifies() -> None:
    """The published example of Go's note package has the key id and the signature that we compute."""

    class Note(Checkpoint):
        """A note whose text is no checkpoint."""

        @property
        def text(self) -> bytes:
            return FOREIGN_TEXT

    key = VerifierKey.of(FOREIGN_KEY)
    note = Note(NAME, 0, ROOT, (("PeterNeumann", base64.b64decode(FOREIGN_SIGNATURE)),))
    assert (key.key_id.hex(), str(key)) == ("c74f20a3", FOREIGN_KEY)
    assert key.signed(note) is True
    assert key.signed(Checkpoint(NAME, 0, ROOT, note.signatures)) is False


@pytest.mark.parametrize("file", [pem(private_key()), one_line()], ids=["pem", "one line"])
def test_a_checkpoint_that_was_signed_verifies_and_reads_back(file: bytes) -> None:
    """Both forms of a key file give the same key; what it signed is read back byte for byte."""
    signer = Signer.from_bytes(file, NAME)
    signed = signer.sign(CHECKPOINT)
    assert parse_checkpoint(signed.data) == signed
    assert signer.verifier_key.signed(parse_checkpoint(signed.data)) is True
    assert signed.data.startswith(f"{NAME}\n7\n{base64.b64encode(ROOT).decode()}\n\n— {NAME} ".encode())
    assert VerifierKey.of(str(signer.verifier_key)) == signer.verifier_key


def test_a_signature_over_anything_else_is_refused() -> None:
    """Another origin, size, root, a changed bit and a short signature are wrong; no signature is none."""
    key = Signer.from_bytes(one_line(), NAME).verifier_key
    signatures = Signer.from_bytes(one_line(), NAME).sign(CHECKPOINT).signatures
    (name, right), *_ = signatures
    for changed in (
        Checkpoint("example.org/other", 7, ROOT, signatures),
        Checkpoint(NAME, 8, ROOT, signatures),
        Checkpoint(NAME, 7, EMPTY_ROOT, signatures),
        Checkpoint(NAME, 7, ROOT, ((name, right[:-1] + bytes((right[-1] ^ 1,))),)),
        Checkpoint(NAME, 7, ROOT, ((name, right[:-1]),)),
        Checkpoint(NAME, 7, ROOT, (*signatures, (name, right[:4] + bytes(64)))),
    ):
        assert key.signed(changed) is False
    assert key.signed(CHECKPOINT) is None


def test_a_signature_of_a_foreign_key_is_no_word_of_this_one() -> None:
    """The same name with another key, and the same key with another name, are other signers (C2SP signed-note)."""
    key = Signer.from_bytes(one_line(), NAME).verifier_key
    for file in (one_line(seed=ROOT), one_line("example.org/other")):
        assert key.signed(Signer.from_bytes(file, NAME).sign(CHECKPOINT)) is None


def test_a_signature_under_another_name_is_no_word_of_this_key() -> None:
    """The id of the key alone is not enough: name and id both say whose a signature is."""
    signer = Signer.from_bytes(one_line(), NAME)
    signed = signer.sign(CHECKPOINT)
    renamed = Checkpoint(NAME, 7, ROOT, (("example.org/other", signed.signatures[0][1]),))
    assert (signer.verifier_key.signed(renamed), signer.verifier_key.signed(signed)) == (None, True)


def test_a_second_signature_stands_after_the_first_and_both_verify() -> None:
    """Whoever signs later adds a line and changes nothing."""
    first, second = (Signer.from_bytes(one_line(seed=seed), NAME) for seed in (SEED, ROOT))
    both = second.sign(first.sign(CHECKPOINT))
    assert both.data.startswith(first.sign(CHECKPOINT).data)
    assert [signer.verifier_key.signed(both) for signer in (first, second)] == [True, True]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "no origin, size and root"),
        (b"\xff\n", "no UTF-8"),
        (b"%b" % CHECKPOINT.data.replace(b"\n7\n", b"\n07\n"), "no origin, size and root"),
        (CHECKPOINT.data.replace(b"\n7\n", b"\n-7\n"), "no origin, size and root"),
        (CHECKPOINT.data.replace(b"example", b"exam ple"), "no origin, size and root"),
        (CHECKPOINT.data.replace(b"example", b"exam\x1bple"), "no origin, size and root"),
        (CHECKPOINT.data.replace(b"=\n", b"\n"), "no base64"),
        (CHECKPOINT.data + b"more\n", "more follows"),
        (CHECKPOINT.data.replace(b"\n7\n", b"\n7\nAAAA\n"), "more follows"),
        (CHECKPOINT.data[:-1], "not in the one form"),
        (CHECKPOINT.data.replace(b"\n", b"\r\n"), "no origin, size and root"),
        (CHECKPOINT.data + b"\n", "not in the one form"),
        (CHECKPOINT.data + b"\n- name AAAA\n", "is no signature"),
        (CHECKPOINT.data + "\n— name !!!!\n".encode(), "is no signature"),
        (CHECKPOINT.data + "\n— name AAA\n".encode(), "no base64"),
        (CHECKPOINT.data + "\n— na\u202eme AAAA\n".encode(), "is no signature"),
    ],
)
def test_what_is_no_checkpoint_is_refused(data: bytes, problem: str) -> None:
    """Each departure from the one form is said."""
    with pytest.raises(ValueError, match=problem):
        parse_checkpoint(data)


def test_a_checkpoint_without_signature_reads_back() -> None:
    """Three lines are enough, and they are the ones of C2SP tlog-checkpoint."""
    assert parse_checkpoint(CHECKPOINT.data) == CHECKPOINT
    assert CHECKPOINT.data == f"{NAME}\n7\n{base64.b64encode(ROOT).decode()}\n".encode()


@pytest.mark.parametrize("origin", ["", "a b", "a+b", "a\nb", "a\u2028b", "a\x1bb", "a\u202eb"])
def test_an_origin_that_a_note_cannot_carry_is_refused(origin: str) -> None:
    """Blanks, plus signs and control characters would break a line of the note."""
    with pytest.raises(CheckpointRefused, match="cannot name a log"):
        check_origin(origin)
    check_origin(NAME)


def refused_keys() -> dict[str, bytes]:
    """Files that hold no key that can be used, each by what is wrong with it."""
    return {
        "nothing": b"",
        "noise": SEED,
        "encrypted": pem(private_key(), b"a password"),
        "another algorithm": generate_private_key(SECP256R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ),
        "another kind": one_line(kind=b"\x02"),
        "a short key": one_line().replace(b"=", b"").rstrip()[:-8] + b"\n",
        "an id of another key": one_line().replace(one_line().split(b"+")[3], b"00000000"),
        "cut short": pem(private_key())[:60],
    }


@pytest.mark.parametrize("name", refused_keys())
def test_a_file_that_holds_no_usable_key_is_refused_and_never_shown(name: str, tmp_path: Path) -> None:
    """The whole text of the error, with everything it is chained to, holds nothing of the file."""
    file = tmp_path / "key"
    file.write_bytes(refused_keys()[name])
    for read in (Signer.from_file, VerifierKey.from_file):
        with pytest.raises(KeyRefused, match="cannot be used") as refusal:
            read(file, NAME)
        assert refusal.value.exit_code == 2
        shown = "".join(traceback.format_exception(refusal.value)) + refusal.value.diagnostics()
        secrets = {
            base64.b64encode(SEED).decode()[:12],
            base64.b64encode(b"\x01" + SEED).decode()[:12],
            SEED.hex()[:12],
        }
        assert not [secret for secret in secrets if secret in shown]


def test_a_key_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """A wrong path is an error of the user, with a sentence."""
    with pytest.raises(KeyRefused, match="No such file"):
        Signer.from_file(tmp_path / "none", NAME)


def test_a_signer_shows_its_public_key_alone() -> None:
    """Neither `repr` nor `vars` nor a pickle gives the private key away."""
    signer = Signer.from_bytes(one_line(), NAME)
    assert repr(signer) == f"Signer({signer.verifier_key})"
    assert base64.b64encode(b"\x01" + SEED).decode() not in repr(signer) + str(signer)
    with pytest.raises(TypeError):
        pickle.dumps(signer)


@pytest.mark.parametrize("form", ["note", "pem", "private"])
def test_a_public_key_is_read_from_each_form_of_file(form: str, tmp_path: Path) -> None:
    """The note's form, PEM, or the private key that it belongs to."""
    public = private_key().public_key()
    expected = VerifierKey(NAME, public.public_bytes_raw())
    forms = {
        "note": f"{expected}\n".encode(),
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "private": pem(private_key()),
    }
    file = tmp_path / "key"
    file.write_bytes(forms[form])
    assert VerifierKey.from_file(file, NAME) == expected


@pytest.mark.parametrize(
    "text", ["", "name", FOREIGN_KEY.replace("c74f20a3", "c74f20a4"), FOREIGN_KEY[:-4], "a+b+" + FOREIGN_KEY]
)
def test_a_text_that_is_no_verifier_key_is_refused(text: str) -> None:
    """A public key whose id is not its own is none."""
    with pytest.raises(KeyRefused):
        VerifierKey.of(text)


def test_a_public_key_file_of_another_algorithm_is_refused(tmp_path: Path) -> None:
    """An elliptic curve of another kind, and a PEM file that is damaged."""
    other = generate_private_key(SECP256R1()).public_key()
    data = other.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    file = tmp_path / "key"
    for content in (data, data.replace(b"\nM", b"\n!")):
        file.write_bytes(content)
        with pytest.raises(KeyRefused):
            VerifierKey.from_file(file, NAME)
