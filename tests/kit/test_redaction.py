"""Redaction: what is found, what is left alone, what it costs, and that nothing else of a text changes."""

import json
import sysconfig
import time
from binascii import crc32
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.local.home import CHECKOUT
from services.kit.keys import derive_key, make_key
from services.kit.redaction import redact
from tests.examples import mistyped
from tests.kit.secrets_corpus import BLOCKS, TOKENS, Sample, held_out, learned, made_for

HERE = Path(__file__).parent
TRICKY = (HERE / "ordinary_lines.txt").read_text().splitlines()
SECRETS_INSIDE = ("redact", "secrets", "transcripts", "golden", "hostile")
"""Of names of files that show secrets on purpose."""
SENSITIVE = ("pass", "secret", "token", "key", "auth", "credential")
ABOUT_SECRETS = (
    "getpass.py hashlib.py hmac.py secrets.py netrc.py ssl.py smtplib.py imaplib.py ftplib.py tokenize.py "
    "urllib/request.py http/client.py http/cookiejar.py configparser.py base64.py uuid.py shlex.py argparse.py"
)


def share_found(samples: list[Sample]) -> float:
    return 1 - len(missed(samples)) / len(samples)


def missed(samples: list[Sample]) -> list[Sample]:
    return [sample for sample in samples if sample.secret in redact(sample.text).text]


def is_exact(sample: Sample) -> bool:
    """Whether all but secrets is as it was."""
    before, _, after = sample.text.partition(sample.secret)
    redacted = redact(sample.text).text
    return redacted.startswith(before) and redacted.endswith(after)


def own_files() -> Iterator[str]:
    """Written by us: what npm has brought is not."""
    for folder in ("services", "contracts", "deploy", "tests"):
        for file in sorted((CHECKOUT / folder).rglob("*")):
            within = str(file.relative_to(CHECKOUT))
            if file.suffix in {".py", ".sql", ".md", ".yaml", ".toml", ".json", ".sh"} and not any(
                word in within for word in (*SECRETS_INSIDE, "node_modules")
            ):
                yield file.read_text()


def library_files() -> Iterator[str]:
    """The modules of the standard library that speak of secrets the most."""
    for name in ABOUT_SECRETS.split():
        yield (Path(sysconfig.get_path("stdlib")) / name).read_text()


def false_alarms(texts: list[str]) -> list[str]:
    return [text for text in texts if redact(text).kinds]


@pytest.mark.slow
class TestFigures:
    def test_of_the_secrets_it_is_made_for_it_finds_98_in_100(self, capsys: pytest.CaptureFixture[str]) -> None:
        samples = made_for() + made_for(seed=7)
        recall, exact = share_found(samples), sum(map(is_exact, samples)) / len(samples)
        with capsys.disabled():
            print(f"\nredaction: {len(samples)} secrets, recall {recall:.4f}, all else as it was {exact:.4f}")
        assert len(samples) >= 1_000
        assert recall >= 0.98, missed(samples)
        assert exact >= 0.98

    def test_of_shapes_that_no_pattern_was_made_for_it_finds_half(self, capsys: pytest.CaptureFixture[str]) -> None:
        taught, unseen = share_found(learned()), share_found(held_out())
        with capsys.disabled():
            print(f"\nredaction: recall {taught:.2f} of what was held out once, {unseen:.2f} of what still is")
        assert taught >= 0.75
        assert unseen >= 0.5

    def test_ordinary_code_is_left_alone_99_times_in_100(self, capsys: pytest.CaptureFixture[str]) -> None:
        files = [*own_files(), *library_files()]
        lines = [line for file in files for line in file.splitlines() if line.strip()]
        sensitive = [line for line in lines if any(word in line.lower() for word in SENSITIVE)]
        alarms = false_alarms(lines)
        with capsys.disabled():
            print(f"\nredaction: {len(lines)} lines of code, false alarms {len(alarms) / len(lines):.5f};", end=" ")
            print(f"of {len(sensitive)} that speak of secrets or keys {len(alarms) / len(sensitive):.5f}")
        assert len(lines) >= 10_000
        assert len(alarms) <= 0.01 * len(sensitive), alarms
        assert len(false_alarms(files)) <= 0.02 * len(files), "several lines together raise more"

    def test_so_is_what_is_hard_to_tell_apart(self) -> None:
        assert len(TRICKY) >= 200
        assert false_alarms(TRICKY) == []

    def test_and_ordinary_prose(self, capsys: pytest.CaptureFixture[str]) -> None:
        file = CHECKOUT.parent / "shared" / "data" / "pep" / "memories.jsonl"
        if not file.exists():
            pytest.skip("the PEPs are not there")
        peps = [json.loads(line) for line in file.read_text().splitlines()]
        texts = [text for pep in peps for text in (pep["title"], *pep["narrative"].split("\n"))]
        alarms = false_alarms(texts)
        with capsys.disabled():
            print(f"\nredaction: {len(texts)} paragraphs of prose, false alarms {len(alarms) / len(texts):.5f}")
        assert len(texts) >= 1_000
        assert len(alarms) <= 0.01 * len(texts), alarms


class TestText:
    def test_a_secret_becomes_its_kind_and_the_rest_stays(self) -> None:
        key = make_key().text
        assert redact(f"  Use {key},\n\tand be quick.") == (
            "  Use [redacted: Weft key],\n\tand be quick.",
            ("Weft key",),
        )

    def test_each_kind_is_named_once_in_the_order_of_the_text(self) -> None:
        text = f"password='hunter2' {make_key().text} password='swordfish'"
        assert redact(text) == (
            "password='[redacted: password]' [redacted: Weft key] password='[redacted: password]'",
            ("password", "Weft key"),
        )

    def test_in_an_address_only_the_password_goes(self) -> None:
        assert redact("postgres://app:hunter2@db:5432/app").text == "postgres://app:[redacted: password]@db:5432/app"

    @pytest.mark.parametrize("shape", sorted(TOKENS | BLOCKS))
    def test_a_text_that_is_nothing_but_a_secret_is_its_placeholder(self, shape: str) -> None:
        sample = next(each for each in made_for() if each.shape == f"{shape}, alone")
        found = redact(sample.text)
        assert found.text == f"[redacted: {found.kinds[0]}]"

    def test_a_key_of_ours_is_known_by_its_checksum_and_a_mistyped_one_is_still_a_token(self) -> None:
        key = derive_key("pepper", UUID(int=1)).text  # always the same: one in three hundred has no digit, like a word
        assert redact(key).kinds == ("Weft key",)
        assert redact(mistyped(key)).kinds == ("token",)

    def test_what_only_begins_like_a_token_of_json_is_none(self) -> None:
        assert redact("eyJhbGciXYZ12345.abcdefgh12345.abcdefgh").kinds == ()

    def test_redacted_twice_is_redacted_once(self) -> None:
        for sample in made_for() + learned() + held_out():
            once = redact(sample.text).text
            assert redact(once).text == once, sample

    @given(st.lists(st.sampled_from([*TRICKY, *(sample.text for sample in made_for()[::9]), "\n", " ", '"', "\\n"])))
    def test_nor_does_it_change_a_text_of_which_it_names_no_kind(self, pieces: list[str]) -> None:
        text = " ".join(pieces)
        found = redact(text)
        assert (found.text == text) == (found.kinds == ())

    @given(st.text())
    def test_any_text_will_do(self, text: str) -> None:
        assert isinstance(redact(text).text, str)


class TestLimit:
    @pytest.mark.parametrize(
        ("length_max", "text"),
        [
            (100, "password='[redacted: password]' is short"),
            (35, "password='[redacted]' is short"),
            (27, "password='***' is short"),
        ],
    )
    def test_a_placeholder_gives_way_and_nothing_else(self, length_max: int, text: str) -> None:
        assert redact("password='hunter2' is short", length_max) == (text, ("password",))

    def test_no_text_outgrows_the_limit_that_it_kept(self) -> None:
        for sample in made_for() + learned() + held_out():
            assert len(redact(sample.text, len(sample.text)).text) <= len(sample.text), sample

    def test_short_placeholders_are_no_secrets(self) -> None:
        for sample in made_for():
            once = redact(sample.text, len(sample.text)).text
            assert redact(once, len(once)).text == once, sample


NEAR_MISSES = [
    *("password=", 'password = "', "the password is ", "x1 is the password ", "x is x ", "pass(a)", "secret-secret-"),
    *("key: ", "key = \n ", "token:\n\n", "AccountKey=", '\\"', "://a:", "authorization: bearer ", "auth('a','b"),
    *("ghp_", "AKIA", "xoxb-", "sk-a-", "glpat-.", "eyJ", "eyJhbGciOiJIUzI1NiJ9.", "a", "aA1", "aa_a1_"),
    *("-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----\n" + "A" * 64 + "\n", "aws " + "a/" * 20),
    *("curl -u ", "mysql a -", "identified by ", "creds a/b/"),
]


@pytest.mark.slow
class TestTime:
    @pytest.mark.parametrize("near_miss", NEAR_MISSES)
    def test_a_hostile_text_takes_time_in_proportion(self, near_miss: str) -> None:
        """The longest narrative: about 50 ms of processor time at worst, here with room for slower machines."""
        short, long = (_seconds(near_miss, length) for length in (16_384, 65_536))
        assert long < 0.2
        assert long < 12 * short + 0.01  # 16 times and more would be quadratic

    def test_a_usual_memory_takes_less_than_a_third_of_a_millisecond(self) -> None:
        line = "We changed the password policy: the token is kept in the vault, see services/auth/keys.py. "
        assert _seconds(line, 600) < 0.000_3 * 3  # a busy machine is no fault


def _seconds(piece: str, length: int) -> float:
    """Of processor time, the best of five."""
    text = (piece * (length // len(piece) + 1))[:length]
    took = []
    for _ in range(5):
        start = time.process_time()
        redact(text)
        took.append(time.process_time() - start)
    return min(took)


def test_a_key_of_ours_with_a_word_for_placeholders_in_it_by_chance_is_one() -> None:
    body = "wft_live_ifd8y3my_" + "BAyB04tfdTtLdF7bF1kQrsfxzpzpX9vI"
    key = f"{body}_{crc32(body.encode()):08x}"
    assert redact(key) == ("[redacted: Weft key]", ("Weft key",))
