"""Comments are written in plain English."""
import re

from conftest import ROOT

CLAUSE = re.compile(r"/// (?:What|How|Whether|Who|Whoever|Where|Why|When) ")
PHRASES = ["unless told", "lets go of", "let go of", "sign of life", "where nothing is"]


def lines():
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            yield f"{path.relative_to(ROOT)}:{number}", line


def test_a_doc_comment_begins_with_a_noun_or_a_verb_and_no_clause():
    assert [place for place, line in lines() if CLAUSE.search(line)] == []


def test_no_private_word_is_used():
    assert [place for place, line in lines() if any(phrase in line for phrase in PHRASES)] == []
