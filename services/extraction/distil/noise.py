"""What is left out: what was not said in the session, what no person would call a sentence, chatter, and orders.

A session is untrusted. Tool results, file contents and web pages are never read as statements (`statements`); what is
left can at most look like one more statement, and a sentence that gives orders to whoever reads it is not even that.
"""

import re

_INJECTED = re.compile(r"\[Weft\s*[—–-].*?(?:\[/Weft\]|\Z)", re.DOTALL)
_FENCED = re.compile(r"^[ \t]*(```|~~~).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")

_NOT_PROSE = re.compile(
    r"""
      ^\s*(?:[$%#>]|>>>|PS>)\s+[\w./~-]+\s+(?:-|\w+$)    # a shell prompt
    | ^\s*[$]\s | ^\s*>\s                                # a prompt; what is quoted is somebody else's
    | ^\s*(?:@@\s|diff\s--git|index\s[0-9a-f]{7}|[+-]{3}\s[ab]?/)      # a diff
    | ^\s*\+ | ^\s*-\s*(?:[\w.]+\(|[{}<@\]])
    | ^\s*-\s*(?:def|class|import|from|return|const|let|var|pub|fn|func|void|if|for)\b.*(?:[;:{}(),]\s*$|\s=\s)
    | ^\s*at\s+[\w$.<>/]+\s?\(                             # stack traces
    | ^\s*File\s".*",\sline\s\d+ | ^\s*Traceback\s\( | ^\s*Caused\sby:\s[\w.]+(?:Exception|Error)
    | ^\s*[\w.$]*(?:Exception|Error)(?:\[\w+\])?:\s
    | ^\s*(?:error|warning)(?:\[\w+\])?:\s | ^\s*(?:ok|FAIL|PASS|---)\s{1,4}\S+\s+\(?[\d.]+
    | ^\s*(?:\[[\w:. -]+\]\s*|\[[\w:.-]+\s+)?(?:DEBUG|INFO|WARN(?:ING)?|ERROR|FATAL|TRACE)\b[\s:\]\[]
    | ^\s*\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d.*\b(?:DEBUG|INFO|WARN|ERROR)\b
    | ^\s*[dlrwx-]{10}\s+\d                                # ls -l
    | ^[\s│├└─|`]*[├└│|]                                   # trees, tables
    | ^\s*[{}\[\]()<>;,=*_~-]*\s*$                         # nothing but punctuation
    | ^\s*[{\[]\s*["']\w+["']\s*:                          # JSON
    | ^\s*</?[a-zA-Z!][^>]*>                               # markup
    | ;\s*$ | \{\s*$                                       # code
    | ^\s*(?:[A-Z_]{4,}|export\s+\w+)=\S
    | ^\s*[\w./-]+\.\w{1,5}(?::\d+)?:?\s*$                 # a file name alone
    | ^\s*(?:[MADRCU?]{1,2}|modified:|new\sfile:|deleted:|renamed:)\s+[\w./-]+(?:\s->\s\S+)?\s*$  # git status
    """,
    re.VERBOSE,
)

_LEAD = (
    r"^(?:(?:ok(?:ay)?|so|now|alright|right|great|good|perfect|first|next|then|and|hm+|well|sure|done|thanks|(?:yes|no)(?=[,.!]))"
    r"\b[,.!:]?\s+)*"
)
_CHATTER = re.compile(
    _LEAD
    + r"""(?:
      (?:i'll|i\swill|i\sam|i'm|we're|we'll)\s(?:now\s|also\s|then\s|first\s|just\s|going\sto\s|gonna\s|about\sto\s)*
        (?:(?:start|begin|look|check|read|run|search|open|try|see|update|add|write|fix|do|make|have|use|push|rename|
          move|go|
           create|continue|investigate|verify|test|commit|take|explore|examine|raise|wrap|implement|put|plot|clean|get)
           (?:n?ning|t?ting|ing)?|not\s(?:yet\s)?sure)\b
    | let(?:'s|\sme|\sus)\b
    | (?:looking|checking|running|trying|reading|searching|opening|compiling|building|waiting|moving|working|updating|
         investigating|testing|deploying|retrying|closing|starting)\b(?=(?:\W+[\w./`'-]+){0,8}\W*$)
    | (?:can|could|would|should|shall|will|do|does|did|is|are)\s(?:you|i|we)\b
    | here(?:'s|\sis|\sare)\b | there\syou\sgo | now\si\s | i\s(?:can\s)?(?:now\s)?see\b | i\sfound\s(?:it|the\s\w+)\W*$
    | found\sit\W*$ | interesting\W*$ | understood\b | got\sit\b | sounds\s | looks\sgood | good\smorning | hi\b |
      hello\b
    | thank(?!s\sto\b) | nice\W*$ | great\W*$ | perfect\W*$ | done\b\W*(?:$|for\b|with\b) | agreed\W*$ | that\sworked |
      everything\sis\b
    | (?:let\sme\sknow|feel\sfree|ready\swhen|what\sdo\syou|of\scourse|no\sproblem|one\smoment)\b
    | (?:all\s)?(?:[\d,]+\s)?(?:the\s)?(?:unit\s)?(?:tests?|specs?|examples|checks|builds?|pipeline|ci)\s(?:now\s|
      all\s|still\s)*
        (?:pass(?:es|ed)?|succeed(?:s|ed)?|(?:is|are)\s(?:green|fine|passing))
    | (?:types?|code)\s(?:re)?generated\W*$
    | todo\b | next\sstep | open\squestion | wip\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_QUESTION = re.compile(r"\?\W*$")
_HAS_ORDER = re.compile(
    r"""
      \b(?:ignore|disregard|forget|override|bypass)\s(?:\w+\s){0,3}(?:rules?|instructions?|guidance|prompts?|
        guidelines?|polic(?:y|ies))\b
    | \b(?:memory|memories)\s(?:system|extractor|agent|engine|pipeline)\b | \b(?:the|this|
      an?)\s(?:\w+\s)?extractor\b(?=\s(?:must|should|shall|will))
    | \byou\sare\s(?:now\s)?(?:an?|the)\s\w*(?:extractor|assistant|ai|model)\b
    | \b(?:store|save|record|remember|add|write|output|create|emit)\s(?:\w+\s){0,2}?
        (?:(?:this|these|that|an?|\d+|new|following|the)\s(?:\w+\s){0,2}memor(?:y|ies)\b
          |(?:\w+\s){0,4}with\s(?:\w+\s){0,2}(?:importance|confidence)\b)
    | \b(?:importance|confidence)(?:_score)?["']?\s*(?:of|=|:|is|to)?\s*(?:1\.0|1\b|100\s?%|maximum|max\b)
    | \bas\san\sai\b | \b(?:dear\s)?(?:assistant|ai|llm|claude|gpt|model),?\s(?:you\s)?(?:must|should|please|
      remember|always|never)\b
    | ^\W*(?:note|message|order|instruction)s?\sto\s(?:the\s)?(?:ai|assistant|llm|model|extractor|yourself)\b
    | ^\W*(?:system|assistant)\s*(?::|prompt) | </?(?:system|observation|instruction|prompt|user|assistant)s?\b |
      \bsdlc_knowledge\b
    | "(?:memories|memory_type|importance)"\s*:
    """,
    re.VERBOSE | re.IGNORECASE,
)
_HAS_SECRET = re.compile(
    r"""
      \b(?:AKIA|ASIA)[A-Z0-9]{12,} | \bgh[pousr]_\w{16,} | \bgithub_pat_\w+ | \bsk-[\w-]{16,} |
        \bxox[abprs]-[\w-]+ | \bwft_live_\w+
    | -----BEGIN\s[A-Z ]*KEY | \beyJ[\w-]{10,}\.[\w-]{10,}
    | (?i:\b\w*(?:secret|passwo?r?d|passwd|pwd|api_?key|access_?key|token)\w*\s*
        (?:=|:|\bis\b)\s*["']?(?=\S*[\d!@$%^&*/+])[^\s"']{6,})
    | (?i:\bpass(?:word|phrase)\sis\s["']?(?:\S*\d|\S+\W*$))
    | \b(?=[A-Za-z0-9+/_-]*[a-z])(?=[A-Za-z0-9+/_-]*[A-Z])(?=[A-Za-z0-9+/_-]*\d)[A-Za-z0-9+/]{36,}={0,2}
    """,
    re.VERBOSE,
)
_WORD = re.compile(r"[^\W\d_]{2,}")


def without_foreign(text: str) -> str:
    """`text` without what Weft injected, without fenced code, without characters that only hide something."""
    return _CONTROL.sub(" ", _FENCED.sub("\n", _INJECTED.sub("\n", text.replace("\r\n", "\n"))))


def is_prose(line: str) -> bool:
    """Whether people write such lines: no shell, diff, stack trace, log, listing, markup, code."""
    if _NOT_PROSE.search(line):
        return False
    letters = sum(character.isalpha() or character.isspace() for character in line)
    return letters >= 0.6 * len(line)


def is_chatter(sentence: str) -> bool:
    """Whether it only says what is being done, asks, greets, or reports that all is well."""
    return bool(_CHATTER.match(sentence) or _QUESTION.search(sentence)) or len(_WORD.findall(sentence)) < 2


def is_suspect(sentence: str) -> bool:
    """Whether it gives orders to whoever reads the session, or holds what looks like a secret."""
    return bool(_HAS_ORDER.search(sentence) or _HAS_SECRET.search(sentence))
