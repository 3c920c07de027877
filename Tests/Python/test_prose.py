"""Comments are written in plain English, and what is said of the sources is so."""
import re
from collections import Counter
from pathlib import Path
from statistics import median

from conftest import ROOT

CLAUSE = re.compile(r'(?:/// |""")(?:What|How|Whether|Who|Whoever|Where|Why|When) ')
PHRASES = [
    "unless told", "is told", "lets go", "let go of", "Lets go of", "sign of life", "signs of life", "stands twice",
    "where nothing is", "where there is", "Where there is", "where there are", "news of", "another one than before",
    "which there is not", "the calls of then", "as long as it is good", "has what it is asked for", "stay as they are:",
    "has not been tidied",
]
WORDS = re.compile(r"//.*\b(?:nobody|moments?|told|tells?)\b", re.IGNORECASE)
LOG = re.compile(r"\.(?:trace|debug|info|notice|warning|error|critical|warn)\(\s*\"[^\"]*\\\(")
VERB = re.compile(r"\bfunc (?:take|answer|look|tell|ask|hear|say|note)(?=[A-Z(<])")
TYPE = re.compile(r"^ *(?:@\w+ )*(?:(?:public|package|private|fileprivate|final|indirect) )*"
                  r"(?:struct|class|enum|actor|protocol|typealias) (\w+)")
PUBLIC = re.compile(r"^( *)(?:@\w+(?:\([^)]*\))? )*public (?:[a-z]+(?:\(\w+\))? )*?"
                    r"(?:func|struct|class|enum|actor|protocol|typealias|var|let|init|subscript)\b")
# Requirements of a protocol are documented there: protocols of Swift, of its packages, and of the kit.
REQUIRED = re.compile(
    r"\b(?:init\(from |encode\(to |hash\(into|func ==|init\(\w+Literal|init\(rawValue|rawValue\b|(?:testD|d)escription\b|customMirror\b"
    r"|enqueue\(|[uU]nowned(?:Serial|Task)?Executor\b|checkIsolated\(|schema\b|call\(_ call|close\(|transport\b|isConnected\b|stop\(|intercept\(|observer\(for"
    r"|didReply\(|didFinish\(|verify\(_ token|confirm\(_ perm|changes\(since|apply\(_ event|resync\(|publish\(_|postgresText\b"
    r"|run\(_ load|(?:make|destroy)(?:Counter|Meter|Recorder|Timer)\(|startSpan<|extract<|inject<|forceFlush\(|context: ServiceContext"
    r"|isRecording\b|operationName\b|attributes: SpanAttributes|setStatus\(|addEvent\(|addLink\(|recordError<|end<"
    r"|static let (?:name|version|summary|endpoints)\b)")
# The texts that people read beside the sources in Swift: tests, scripts, the pages, what runs in containers.
TEXTS = [("Tests", ""), ("compose", ""), ("Sources", ".js"), ("Sources", ".py"), (".", "env.example")]
# A type of a test that the whole target sees; a suite is named after what it tests, as others may be.
HELPER = re.compile(r"^(?:@\w+ )*(?:(?:public|package|final|indirect) )*(?:struct|class|enum|actor|protocol|typealias) "
                    r"((?!\w+Tests\b)\w+)")
# Packages of their own, which show what others write.
PACKAGES = ("Outside", "Peers", "Fuzzing", "ThreadSanitizer")
# A state belongs to its type; the others are names that protocols of Swift and of NIO require.
SHARED_TYPES = {"State", "CodingKeys", "InboundIn"}


def lines():
    for path in sorted((ROOT / "Sources").rglob("*.swift")):
        for number, line in enumerate(path.read_text().splitlines(), 1):
            yield f"{path.relative_to(ROOT)}:{number}", line


def texts():
    """The lines of the texts beside the sources in Swift, without this file, which lists the phrases."""
    for folder, ending in TEXTS:
        paths = [ROOT / ending] if folder == "." else (ROOT / folder).rglob(f"*{ending}")
        for path in sorted(path for path in paths if path.is_file() and path != Path(__file__).resolve()):
            if any(part.startswith((".", "__")) for part in path.relative_to(ROOT).parts):
                continue
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
                yield f"{path.relative_to(ROOT)}:{number}", line


def test_a_doc_comment_begins_with_a_noun_or_a_verb_and_no_clause():
    assert [place for place, line in [*lines(), *texts()] if CLAUSE.search(line)] == []


def test_no_private_word_is_used():
    assert [place for place, line in lines() if any(phrase in line for phrase in PHRASES) or WORDS.search(line)] == []


def test_the_texts_beside_the_sources_have_no_phrase_of_the_dialect():
    assert [place for place, line in texts() if any(phrase in line for phrase in PHRASES)] == []


def test_the_messages_of_the_log_are_constant():
    sources = [(path, path.read_text()) for path in sorted((ROOT / "Sources").rglob("*.swift"))]
    assert [f"{path.relative_to(ROOT)}:{text.count(chr(10), 0, found.start()) + 1}"
            for path, text in sources for found in LOG.finditer(text)] == []


def undocumented(path):
    """The places of public declarations without a comment, in Swift; the fields of payloads, which their schema describes, aside."""
    text, payload = path.read_text().splitlines(), None
    for number, line in enumerate(text):
        indent = len(line) - len(line.lstrip())
        if re.match(r" *(?:public |package )?struct \w+: .*\bPayload\b", line):
            payload = indent
        elif payload is not None and line.startswith(" " * payload + "}"):
            payload = None
        if not PUBLIC.match(line) or REQUIRED.search(line) or payload == indent - 4:
            continue
        before = number - 1
        while text[before].strip().startswith("@"):
            before -= 1
        if not text[before].strip().startswith("///"):
            yield f"{path.relative_to(ROOT)}:{number + 1}"


def test_what_is_public_in_the_products_is_documented():
    folders = [ROOT / "Sources/Kit", ROOT / "Sources/Services/AuthClient", ROOT / "Sources/Services/Contracts"]
    paths = [path for folder in folders for path in sorted(folder.rglob("*.swift"))]
    assert [place for path in paths for place in undocumented(path)] == []


def test_functions_say_what_happens():
    assert [place for place, line in [*lines(), *texts()] if VERB.search(line)] == []


def test_the_name_of_a_type_is_declared_once():
    names = Counter(found[1] for _, line in lines() if (found := TYPE.match(line)))
    assert {name for name, count in names.items() if count > 1} - SHARED_TYPES == set()


def test_the_name_of_a_helper_of_the_tests_is_declared_once():
    paths = [path for path in (ROOT / "Tests").rglob("*.swift") if not {*path.parts} & {*PACKAGES}]
    names = Counter(found[1] for path in paths for line in path.read_text().splitlines() if (found := HELPER.match(line)))
    assert {name for name, count in names.items() if count > 1} == set()


def test_the_files_of_a_request_are_there_and_few():
    article = (ROOT / "Sources/Kit/RPC/Documentation.docc/PathOfARequest.md").read_text()
    rows = re.findall(r"^\| `([\w/]+)`.*? \| ([\w+, ]+) \|$", article, re.MULTILINE)
    files = [ROOT / "Sources" / folder / f"{name}.swift" for folder, names in rows for name in names.split(", ")]
    assert [str(file) for file in files if not file.exists()] == []
    assert f"passes {len(files)} files" in article
    assert len(set(files)) == len(files) <= 60


def test_the_files_are_neither_many_small_ones_nor_few_large_ones():
    lengths = {path: len(path.read_text().splitlines()) for path in (ROOT / "Sources").rglob("*.swift")}
    assert [str(path) for path, length in lengths.items() if length > 400] == []
    assert 70 <= median(lengths.values()) <= 110
