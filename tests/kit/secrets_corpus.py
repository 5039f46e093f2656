"""Secrets to be found, in the places where people leave them. Made at run time from a seed: nothing here is, or looks
like, a key. The samples were written before the patterns that have to find them.

`made_for()` are the kinds that redaction knows. `learned()` was held out twice, in two parts: of each the patterns of
the time found 36 %, and were then taught most of it. `held_out()` came after that; no pattern was changed for it.
"""

import base64
import json
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from zlib import crc32

LOWER_DIGITS = string.ascii_lowercase + string.digits
ALNUM = string.ascii_letters + string.digits
URL_SAFE = ALNUM + "-_"
HEX = "0123456789abcdef"
BASE64 = ALNUM + "+/"
SEED = 20260320


@dataclass(frozen=True, slots=True)
class Sample:
    """A text, and the secret in it."""

    shape: str
    secret: str
    text: str


Maker = Callable[[Random], str]


def some(random: Random, alphabet: str, length: int) -> str:
    return "".join(random.choices(alphabet, k=length))


def _token(parts: str, alphabet: str, length: int) -> Maker:
    """A maker of tokens with a prefix, written in parts so that no scanner takes this file for a leak."""
    return lambda random: parts.replace("|", "") + some(random, alphabet, length)


def _aws_secret(random: Random) -> str:
    """Upper, lower and digits, as real ones always have."""
    return "a7Q" + some(random, BASE64, 37)


def _jwt(random: Random) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    claims = {"sub": some(random, string.digits, 8), "iat": random.randrange(10**9)}
    return f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}.{some(random, URL_SAFE, 43)}"


def _own_key(random: Random) -> str:
    body = "wft|_live_".replace("|", "") + f"{some(random, LOWER_DIGITS, 8)}_{some(random, ALNUM, 32)}"
    return f"{body}_{crc32(body.encode()):08x}"


def _pem(kind: str, lines: int = 8, *, cut: bool = False) -> Maker:
    def make(random: Random) -> str:
        head, tail = (f"-----{edge} {kind}-----" for edge in ("BEGIN", "END"))
        body = ["MIIE" + some(random, BASE64, 60), *(some(random, BASE64, 64) for _ in range(lines - 1))]
        return "\n".join([head, *body] if cut else [head, *body, some(random, BASE64, 22) + "==", tail])

    return make


def _slack_webhook(random: Random) -> str:
    path = f"T{some(random, string.ascii_uppercase, 8)}/B{some(random, string.ascii_uppercase, 8)}"
    return "https://hooks.|slack.com/services/".replace("|", "") + f"{path}/{some(random, ALNUM, 24)}"


TOKENS: dict[str, Maker] = {
    "aws access key id": lambda random: "AK|IA".replace("|", "") + some(random, string.ascii_uppercase + "234567", 16),
    "aws temporary key id": lambda random: (
        "AS|IA".replace("|", "") + some(random, string.ascii_uppercase + "234567", 16)
    ),
    "github personal": _token("gh|p_", ALNUM, 36),
    "github oauth": _token("gh|o_", ALNUM, 36),
    "github server": _token("gh|s_", ALNUM, 36),
    "github fine-grained": lambda random: (
        "github|_pat_".replace("|", "") + some(random, ALNUM, 22) + "_" + some(random, ALNUM, 59)
    ),
    "gitlab personal": _token("glp|at-", URL_SAFE, 20),
    "slack bot": lambda random: (
        "xo|xb-".replace("|", "") + f"{some(random, '123456789', 12)}-{some(random, string.digits, 12)}-"
        f"{some(random, ALNUM, 24)}"
    ),
    "slack webhook": _slack_webhook,
    "stripe secret": _token("sk|_live_", ALNUM, 24),
    "stripe restricted": _token("rk|_live_", ALNUM, 99),
    "google api": _token("AI|za", URL_SAFE, 35),
    "openai": _token("sk|-", ALNUM, 48),
    "openai project": _token("sk|-proj-", URL_SAFE, 120),
    "anthropic": lambda random: "sk|-ant-api03-".replace("|", "") + some(random, URL_SAFE, 93) + "AA",
    "npm": _token("np|m_", ALNUM, 36),
    "pypi": _token("py|pi-AgEIcHlwaS5vcmc", URL_SAFE, 150),
    "twilio": _token("S|K", HEX, 32),
    "sendgrid": lambda random: "S|G.".replace("|", "") + some(random, URL_SAFE, 22) + "." + some(random, URL_SAFE, 43),
    "jwt": _jwt,
    "own key": _own_key,
}
"""Secrets that are known by their form, wherever they stand."""

TOKEN_PLACES = {
    "env file": "DEBUG=1\nSERVICE_CREDENTIAL={}\nPORT=8080\n",
    "env quoted": 'export SERVICE="{}"',
    "json": '{{"name": "ci", "value": "{}", "ttl": 3600}}',
    "json in a string": '{{\\"line\\": \\"a\\n{}\\nb\\"}}',
    "yaml": "service:\n  url: https://example.org\n  value: {}\n  retries: 3\n",
    "python": "client = Client('{}', timeout=5)",
    "shell": "curl -s -H 'X-Auth: {}' https://example.org/v1/items | jq .",
    "prose": "I put {} into the settings and it worked.",
    "end of a sentence": "What worked in the end was {}.",
    "parentheses": "The old one ({}) still works, so rotate it.",
    "log line": "2026-03-20T09:00:00Z INFO [worker-3] calling upstream value={} status=200",
    "url": "GET https://example.org/v1/items?since=3&value={}&page=2 gave 200.",
    "encoded url": "redirect=https%3A%2F%2Fexample.org%2F%3Fvalue%3D{}%26page%3D2",
    "markdown": "Set it like this:\n\n```\nvalue = {}\n```\n\nThen restart.",
    "backticks": "Found `{}` in the history of `settings.py`.",
    "remote": "git clone https://oauth2:{}@git.example.org/team/project.git",
    "comment": "retries = 3  # was {} before",
    "xml": "<setting name='x'>{}</setting>",
    "alone": "{}",
}

BLOCKS: dict[str, Maker] = {
    "pem rsa": _pem("RSA PRIVATE KEY"),
    "pem": _pem("PRIVATE KEY"),
    "pem ec": _pem("EC PRIVATE KEY", 3),
    "pem encrypted": _pem("ENCRYPTED PRIVATE KEY"),
    "ssh": _pem("OPENSSH PRIVATE KEY"),
    "pem cut off": _pem("RSA PRIVATE KEY", cut=True),
}
BLOCK_PLACES = {
    "alone": "{}",
    "with prose around it": "The deploy key was:\n\n{}\n\nIt has been replaced.",
    "in a script": "cat > key.pem <<'END'\n{}\nEND\nchmod 600 key.pem",
}

KEYED: dict[str, tuple[Maker, tuple[str, ...]]] = {
    "aws secret": (
        _aws_secret,
        (
            "aws_secret_access_key = {}",
            "AWS_SECRET_ACCESS_KEY={}\n",
            '"SecretAccessKey": "{}",',
            "secretAccessKey: '{}'",
            "AKIA|Q7XW2MNB5LKJ4RTY and {} are the deploy user's keys.",
        ),
    ),
    "azure storage": (
        lambda random: some(random, BASE64, 86) + "==",
        (
            "DefaultEndpointsProtocol=https;AccountName=files;AccountKey={};EndpointSuffix=core.windows.net",
            'AZURE_STORAGE_KEY="{}"',
            'storage_account_key: "{}"',
        ),
    ),
    "azure bus": (
        lambda random: some(random, BASE64, 43) + "=",
        ("Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={}",),
    ),
    "url password": (
        lambda random: some(random, ALNUM + "!$.~", 14),
        (
            "postgres://app:{}@db.example.org:5432/app?sslmode=require",
            "DATABASE_URL=mysql+pymysql://root:{}@localhost/shop",
            "redis://:{}@cache:6379/0",
            "The queue is at amqps://worker:{}@mq.example.org/vhost, and slow.",
            'url = "mongodb+srv://svc:{}@cluster0.example.net/test"',
        ),
    ),
    "header": (
        lambda random: some(random, URL_SAFE, 40),
        (
            "Authorization: Bearer {}",
            "curl -H 'Authorization: Token {}' https://example.org/api",
            "headers = {{'Authorization': 'Bearer {}'}}",
            '"authorization": "bearer {}"',
            "Proxy-Authorization: Basic {}",
            "X-Api-Key: {}",
        ),
    ),
    "basic header": (
        lambda random: base64.b64encode(f"admin:{some(random, ALNUM, 9)}".encode()).decode(),
        ("Authorization: Basic {}", '-H "Authorization: Basic {}"'),
    ),
    "strong value": (
        lambda random: "k4" + some(random, ALNUM, 30),
        (
            'api_key = "{}"',
            "API_KEY={}",
            '"apiKey": "{}"',
            "client_secret: {}",
            "secret: {}\n",
            "SECRET_KEY = '{}'",
            "export GITHUB_TOKEN={}",
            'token: "{}"',
            "  auth_token: {}",
            "--token={}",
            "access_token={}&expires_in=3600",
            "The API key for staging is {}.",
            "use the token {} to log in",
            'const apiSecret = "{}";',
            "$config['secret'] = '{}';",
            "DJANGO_SECRET_KEY={}",
            "jwt.secret={}",
            "encryption_key: {}",
            "webhook_secret = {}",
        ),
    ),
    "hex value": (
        lambda random: "4d" + some(random, HEX, 30),
        ('api_key = "{}"', "API_KEY={}", "secret: {}", "ACCESS_TOKEN={}", '"client_secret": "{}"', "auth token is {}"),
    ),
    "password": (
        lambda random: some(random, string.ascii_letters, 6) + random.choice("!#%_") + some(random, string.digits, 3),
        (
            'password = "{}"',
            "PASSWORD={}",
            "DB_PASSWORD={}\nDB_HOST=db",
            '{{"user": "app", "password": "{}"}}',
            "password: {}",
            "db:\n  user: app\n  password: '{}'\n",
            "connect(host='db', user='app', password='{}')",
            "host=db user=app password={} dbname=app",
            "the password is {}",
            "The root password is {}.",
            "The password for the staging database is `{}`.",
            "Log in as admin with the password {} and open the settings.",
            "I changed the password to {} yesterday.",
            'The password was "{}" until March.',
            "passwd: {}",
            "spring.datasource.password={}",
            "mysql.pwd = {}",
            "passphrase: '{}'",
            "Password: {}",
            "user admin, password {}",
        ),
    ),
    "word as password": (
        lambda random: random.choice(("swordfish", "letmein", "hunter2", "dragonfly", "trustno1", "sunshine99")),
        (
            'password = "{}"',
            "DB_PASSWORD={}",
            '"password": "{}"',
            'The password is "{}".',
            "the password is '{}', by the way",
        ),
    ),
}
"""Secrets that only the words around them give away."""


def _placed(shapes: dict[str, Maker], places: dict[str, str], random: Random) -> Iterator[Sample]:
    for shape, make in shapes.items():
        for place, text in places.items():
            secret = make(random)
            yield Sample(f"{shape}, {place}", secret, text.format(secret))


def made_for(seed: int = SEED) -> list[Sample]:
    """Every kind in every place, and two of each that words give away."""
    random = Random(seed)
    found = [*_placed(TOKENS, TOKEN_PLACES, random), *_placed(BLOCKS, BLOCK_PLACES, random)]
    for shape, (make, places) in KEYED.items():
        for place in places * 2:
            secret = make(random)
            found.append(Sample(f"{shape}, {place}", secret, place.replace("|", "").format(secret)))
    return found


UNKNOWN: dict[str, tuple[Maker, tuple[str, ...]]] = {
    "on the command line": (
        lambda random: some(random, ALNUM, 12),
        (
            "curl -u admin:{} https://example.org",
            "mysql -u root -p{} shop",
            "mysqldump --user=root --password={} shop > dump.sql",
            "sshpass -p {} ssh deploy@example.org",
            "docker login -u ci --password {} registry.example.org",
            "PGPASSWORD={} psql -h db -U app",
            "redis-cli -a {} ping",
        ),
    ),
    "in files of programs": (
        lambda random: some(random, ALNUM + "!%", 14),
        (
            "machine example.org login ci password {}",
            "db.example.org:5432:app:app_user:{}",
            "<password>{}</password>",
            '<add key="ApiPassword" value="{}" />',
            "define('DB_PASSWORD', '{}');",
            ":password => '{}',",
            "CREATE USER app IDENTIFIED BY '{}';",
            "ALTER ROLE app WITH LOGIN PASSWORD '{}';",
            "//registry.npmjs.org/:_authToken={}",
            "Server=db;Database=app;User Id=sa;Pwd={};",
            "jdbc:postgresql://db/app?user=app&password={}",
            'Password: "{}",',
        ),
    ),
    "of other makers": (
        lambda random: (
            random.choice(
                ("acme_|live_", "h|f_", "dop|_v1_", "shp|at_", "dckr|_pat_", "hv|s.", "lin|_api_", "gl|sa_", "NR|AK-")
            ).replace("|", "")
            + some(random, ALNUM, 40)
        ),
        ("ACME={}", "I use {} for that.", '"value": "{}"', "client = Client('{}')", "login with {}", "token: {}"),
    ),
    "in other words": (
        lambda random: some(random, string.ascii_letters, 7) + some(random, string.digits, 2),
        (
            "Use {} as the password.",
            "creds: admin / {}",
            "You can sign in with jane@example.org and {}.",
            "The passcode for the door is {}.",
            "Das Passwort ist {}.",
            "le mot de passe est {}",
            "pw={}",
            "The password, which nobody should know, is {}.",
            "{} is the password of the test account.",
            "My login is bob, my password {}.",
        ),
    ),
}


UNKNOWN_AT_SECOND: dict[str, tuple[Maker, tuple[str, ...]]] = {
    "password": (
        lambda random: some(random, string.ascii_letters, 6) + random.choice("!#%_") + some(random, string.digits, 3),
        (
            "docker run -e MYSQL_ROOT_PASSWORD={} mysql:8",
            "ansible_become_pass: {}",
            'builder.setPassword("{}")',
            "auth=('bob', '{}')",
            "It's {} for the admin account.",
            "user=bob&pass={}&next=/home",
            "smtp: mailer@example.org / {}",
            "Wi-Fi password -> {}",
            "The password is:\n\n{}\n",
            "password (staging): {}",
            "new password: {}",
            "if password == '{}':",
            "echo {} | sudo -S reboot",
            "The admin's password has been {} since March.",
            "Password|{}|",
            "Contraseña: {}",
        ),
    ),
    "token": (
        lambda random: "x8" + some(random, ALNUM, 38),
        (
            "tool --api-key {} run",
            "PRIVATE-TOKEN: {}",
            "Cookie: sessionid={}; theme=dark",
            "secret_key_base: {}",
            'withToken("{}")',
            "curl 'https://example.org/hook/{}'",
            "[auth]\nbearer = {}\n",
            "The key I got for it: {}",
            "api key -> {}",
            "TOKEN := {}",
            'os.environ["SERVICE_TOKEN"] = "{}"',
            "license: {}",
        ),
    ),
}


def _of(groups: dict[str, tuple[Maker, tuple[str, ...]]], seed: int) -> list[Sample]:
    random = Random(seed)
    found = []
    for shape, (make, places) in groups.items():
        for place in places * 3:
            secret = make(random)
            found.append(Sample(f"{shape}, {place}", secret, place.format(secret)))
    return found


def learned(seed: int = SEED + 1) -> list[Sample]:
    """Shapes that the first patterns, or the second, did not know."""
    return _of(UNKNOWN, seed) + _of(UNKNOWN_AT_SECOND, seed)


NEVER_TUNED_FOR: dict[str, tuple[Maker, tuple[str, ...]]] = {
    "password": (
        lambda random: some(random, LOWER_DIGITS, 5) + random.choice("!#-.") + some(random, ALNUM, 5) + "7",
        (
            "spring:\n  datasource:\n    username: app\n    password: {}\n    url: jdbc:h2:mem\n",
            "User: deploy, PW: {}",
            "The staging box wants root/{} at the prompt.",
            "Server answered 535 to AUTH LOGIN with user mailer and password '{}'.",
            "SMTP_PASS='{}' SMTP_USER=mailer ./send.sh",
            "creating user with password={}, roles=[admin]",
            "For the demo account we agreed on the password {}, please keep it.",
            '{{"login":"bob","passwd":"{}","remember":true}}',
            "rabbitmqctl add_user worker {}",
            "net.auth.password={}",
            "ldap_bind_password {}",
            "   requirepass {}",
            "db_pass => '{}'",
            "psql 'host=db dbname=app user=app password={}'",
            "zip -P {} backup.zip dump.sql",
            "openssl enc -aes-256-cbc -k {} -in a -out b",
        ),
    ),
    "token": (
        lambda random: some(random, LOWER_DIGITS, 40) + "9z",
        (
            "SENTRY_AUTH_TOKEN: {}",
            "vault kv put secret/app key={}",
            "terraform apply -var 'api_token={}'",
            "apikey={}",
            "set the CI variable DEPLOY_TOKEN to {}",
            "headers: {{ 'X-Api-Token': '{}' }}",
            "https://example.org/api?access_token={}",
            "git -c http.extraheader='AUTHORIZATION: bearer {}' fetch",
            "gh secret set DEPLOY_KEY --body {}",
            "The bot token ({}) was in the log.",
            "client_secret:{}",
            "<Token>{}</Token>",
        ),
    ),
}


def held_out(seed: int = SEED + 2) -> list[Sample]:
    """Shapes that no pattern was made for: how good redaction is at what it has not seen."""
    return _of(NEVER_TUNED_FOR, seed)
