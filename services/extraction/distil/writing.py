"""How a memory reads: a title of at most 80 characters, a narrative of one to four sentences, and quotes."""

import re
from collections.abc import Sequence

from services.extraction.distil import cues
from services.extraction.distil.joining import Finding
from services.extraction.distil.statements import SENTENCES_MAX, THIS_FILE, Statement
from services.extraction.distil.terms import terms

TITLE_MAX = 80
TITLE_MIN = 16
QUOTES_MAX = 8
QUOTE_CHARS_MAX = 500
NOVEL = 0.5
"""The part of its terms that a sentence must add to be told besides the main ones."""

_WHO = r"(?:we|i|the team)(?:'ve|'re|'m| have| are| am)?(?: (?:also|now|just|all|therefore|finally))*"
_WHO_SPACED = _WHO.replace(" ", r"\s")
_IMPERATIVES = (
    (rf"{_WHO} (?:decided|agreed|chose|opted|resolved) (?:to|on) (?=\w+ing\b|the\b|an?\b)", "Use "),
    (rf"(?:{_WHO} )?(?:decided|agreed|chose|opted|resolved) (?:that|to) ", ""),
    (rf"(?:{_WHO} )?(?:decided|agreed) against ", "No "),
    (
        rf"(?:(?:for|as for) .{{3,40}}? )?(?:{_WHO} )?(?:settled on|going with|went with|go with|"
        rf"opted for|decided (?:on|for)|using|use) ",
        "Use ",
    ),
    (rf"(?:{_WHO} )?(?:chose|chosen|picked) ", "Choose "),
    (rf"(?:{_WHO} )?(?:keeping|kept|keep) ", "Keep "),
    (rf"(?:{_WHO} )?(?:switched|switching) ", "Switch "),
    (rf"(?:{_WHO} )?fixed (?!by|it|in)", "Fix "),
    (rf"(?:{_WHO} )?resolved ", "Resolve "),
)
_LEAD_INS = re.compile(
    rf"""^(?:
      (?:and|so|but|also|then|please|by\sthe\sway|apparently|importantly|actually|unfortunately|surprisingly)\b,?\s+
    | (?:yes|no|ok(?:ay)?|nice|great|interesting(?:ly)?|agreed|remember|surprise)[,.:;!]\s+
    | it\s(?:turns|turned)\sout\s(?:that\s)? | (?:please\s)?note\sthat\s | heads[\s-]up[:,]?\s
    | (?:be\saware|keep\sin\smind|remember|beware)\sthat\s
    | (?:{_WHO_SPACED}\s)?(?:noticed|learn(?:ed|t)|discovered|found\sout|realised|realized)(?:\s(?:that|today))?\s+
    | (?:{_WHO_SPACED}\s)?found\sthat\s
    | worth\snot(?:ing|ed)[,:]?\s | (?:one|another)\s(?:more\s)?thing\s[^:]{{0,40}}:\s
    | (?:the\s)?(?:root\scause|reason|problem|issue|culprit)\s(?:is|was)\s(?:that\s)?
    | (?:this|that|it)\s(?:is|was|happens|happened)\sbecause\s
    | (?:the\s)?root\scause\sof\s[^:,]{{1,50}}:\s
    | (?:the\s)?rule\s(?:is|from\snow\son)[:,]?\s | from\snow\son,?\s | in\sfact,?\s
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_CUT = re.compile(
    r"(?:[,;:]|\s[–—-])\s|"
    r"\s(?=(?:because|since|so that|which|although|whereas|while|otherwise|rather than|instead of)\b)"
)
_AND = re.compile(r"\s(?=(?:and|or|but|by|to|when|if|as) )")
_CAUSE = re.compile(r"\b(?:because|since|due to|caused|root cause)\b", re.IGNORECASE)
_DANGLING = re.compile(
    r"[\s,;:–—-]+(?:\b(?:a|an|the|and|or|of|to|in|on|for|with|by|from|at|is|are|was|were|that|which|"
    r"as|so|not|its|their|when|if|because|since|but|be|after|before|until|into|through|inside|than|even|only|has|have|"
    r"we|it|he|she|they|this|who)\b)?$",
    re.IGNORECASE,
)
_COMES_TO = re.compile(
    r"^.{0,200}\bit turn(?:s|ed) out (?:that )?(?:the root cause (?:of [^,]{1,40} )?(?:was|is) (?:that )?)?(?=.{20})",
    re.IGNORECASE,
)
_SUBORDINATE = re.compile(
    r"^(?:because|since|when|whenever|while|as|after|before|if|due to|although|in|on|for) [^,]{5,90}, (?=.{20})",
    re.IGNORECASE,
)


def title(finding: Finding) -> str:
    """One line, no full stop; without `we decided to` and the like."""
    statement = finding.main
    text = _plain(statement.sentences[statement.core], statement)
    text = _telling_clause(text[cues.label_of(text)[1] :])
    for _ in range(4):
        text = _LEAD_INS.sub("", text)
    for pattern, instead in _IMPERATIVES:
        found = re.match(pattern, text, re.IGNORECASE)
        if found:
            text = instead + text[found.end() :]
            break
    text = re.sub(r"^(?:the|a|an) ", "", text.replace("`", ""), flags=re.IGNORECASE)
    return _capitalised(_shortened(text)) or "Untitled"


def _telling_clause(text: str) -> str:
    """Of `A; B` the one with the clearer cue, of `..., it turned out that A` and `because A, B` what they come to."""
    text = _COMES_TO.sub("", text)
    clauses = text.split("; ")
    worths = [cues.best(cues.cue_weights(it))[1] for it in clauses]
    text = clauses[worths.index(max(worths))]
    subordinate = _SUBORDINATE.match(text)
    return text[subordinate.end() :] if subordinate and len(text) > TITLE_MAX else text


def _shortened(text: str) -> str:
    text = text.rstrip(" .!;:,")
    ends = [it.start() for it in _CUT.finditer(text) if TITLE_MIN <= it.start() <= TITLE_MAX]
    if len(text) <= TITLE_MAX and not ends:
        return text
    if len(text) > TITLE_MAX:
        conjunctions = [it.start() for it in _AND.finditer(text, TITLE_MAX // 2, TITLE_MAX)]
        whole_words = text[: TITLE_MAX + 1].rpartition(" ")[0] or text[:TITLE_MAX]
        cut = text[: (ends or conjunctions)[-1]] if ends or conjunctions else whole_words
        while _DANGLING.search(cut):
            cut = _DANGLING.sub("", cut)
        return _balanced(cut)
    return text


def _balanced(cut: str) -> str:
    """Without a parenthesis that was cut before its end."""
    before = cut[: cut.rfind("(")].rstrip() if cut.count("(") > cut.count(")") else cut
    return before if len(before) >= TITLE_MIN else cut


def narrative(finding: Finding) -> str:
    """The main statement, and of the others the sentences that add something; four sentences at most."""
    main = finding.main
    told = [_plain(it, main) for it in main.sentences]
    told[0] = told[0] if main.label == "incident" else told[0][cues.label_of(told[0])[1] :]
    known = set(terms(" ".join(told)))
    for statement in finding.statements[1:]:
        for sentence in statement.sentences:
            new = terms(sentence) - known
            if len(told) >= SENTENCES_MAX:
                break
            if _CAUSE.search(sentence) and finding.kind == "incident" and not any(map(_CAUSE.search, told)):
                told.insert(0, _plain(sentence, statement))
            elif len(new) >= max(2, NOVEL * len(terms(sentence))):
                told.append(_plain(sentence, statement))
            else:
                continue
            known |= new
    return " ".join(_finished(_capitalised(_without_lead(it))) for it in told[:SENTENCES_MAX] if it.strip())


def quotes(finding: Finding) -> tuple[str, ...]:
    """Verbatim pieces of what it rests on."""
    said = [sentence[:QUOTE_CHARS_MAX] for statement in finding.statements for sentence in statement.sentences]
    return tuple(dict.fromkeys(said))[:QUOTES_MAX]


def _plain(sentence: str, statement: Statement) -> str:
    """One line without marks, `this file` by its name."""
    text = cues.one_line(sentence)
    if len(statement.files) == 1:
        name = re.split(r"[/\\]", statement.files[0])[-1]
        text = THIS_FILE.sub(lambda _: name, text, count=1)
    return text


def _without_lead(text: str) -> str:
    return re.sub(r"^(?:(?:and|so|ok(?:ay)?|great|nice|also|interesting)\b[,.!]?\s+)+", "", text, flags=re.IGNORECASE)


def _capitalised(text: str) -> str:
    """Not where the first word is a name of code (`useCursor`, `max.poll`)."""
    first = text.split(" ", 1)[0].rstrip(",.:;")
    return text if re.search(r"[a-z][A-Z]|[_.:/(\d]", first) else text[:1].upper() + text[1:]


def _finished(text: str) -> str:
    return text if text.endswith((".", "!", "?", ".)", '."')) else f"{text.rstrip(' ;:,')}."


def all_sentences(statements: Sequence[Statement]) -> str:
    return " ".join(sentence for statement in statements for sentence in statement.sentences)
