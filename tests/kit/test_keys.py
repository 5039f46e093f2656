"""API keys: their form, their checksum, their hash."""

import re
from collections.abc import Callable

import pytest

from services.kit.keys import hash_key, make_key, read_key, same_hash


def test_a_key_has_the_form_that_the_contract_gives_it() -> None:
    key = make_key()
    assert re.fullmatch(r"wft_live_[a-z0-9]{8}_[A-Za-z0-9]{32}_[0-9a-f]{8}", key.text)
    assert read_key(key.text) == key
    assert key.public_id in key.text
    assert make_key() != make_key()


@pytest.mark.parametrize(
    "spoil",
    [lambda it: it[:-1], lambda it: it + "0", str.upper, lambda it: f" {it}", lambda _: "", lambda it: f"{it}\n"],
)
def test_a_misspelled_key_is_none(spoil: Callable[[str], str]) -> None:
    assert read_key(spoil(make_key().text)) is None


def test_the_checksum_finds_one_wrong_character() -> None:
    text = make_key().text
    assert read_key(text[:20] + ("a" if text[20] != "a" else "b") + text[21:]) is None


def test_a_hash_depends_on_key_and_pepper() -> None:
    key = make_key().text
    assert same_hash(hash_key("pepper", key), hash_key("pepper", key))
    assert not same_hash(hash_key("pepper", key), hash_key("salt", key))
    assert key not in hash_key("pepper", key)
