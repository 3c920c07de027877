"""Comments are written in plain English, and what is said of the sources is so."""
import re

from conftest import ROOT

CLAUSE = re.compile(r"/// (?:What|How|Whether|Who|Whoever|Where|Why|When) ")
PHRASES = [
    "unless told", "lets go of", "let go of", "Lets go of", "sign of life", "signs of life", "stands twice", "where nothing is",
    "news of",
]


def lines():
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            yield f"{path.relative_to(ROOT)}:{number}", line


def test_a_doc_comment_begins_with_a_noun_or_a_verb_and_no_clause():
    assert [place for place, line in lines() if CLAUSE.search(line)] == []


def test_no_private_word_is_used():
    assert [place for place, line in lines() if any(phrase in line for phrase in PHRASES)] == []


def test_the_files_of_a_request_are_there_and_few():
    article = (ROOT / "Sources/Kit/RPC/Documentation.docc/PathOfARequest.md").read_text()
    rows = re.findall(r"^\| `([\w/]+)`.*? \| (.+) \|$", article, re.MULTILINE)
    files = [ROOT / "Sources" / folder / f"{name}.swift" for folder, names in rows for name in names.split(", ")]
    assert [str(file) for file in files if not file.exists()] == []
    assert f"passes {len(files)} files" in article
    assert len(set(files)) == len(files) <= 60
