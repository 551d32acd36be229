"""Documents that are parsed once for as long as nobody writes them."""

from shared.parsed_documents import ParsedDocuments
from shared.ports.state import Document


def test_a_document_is_parsed_anew_when_its_version_is_another_one() -> None:
    """Whoever wrote it: what is remembered is never older than what was read."""
    parsed_versions: list[str] = []

    def parse(document: Document) -> int:
        parsed_versions.append(document.version)
        return int(document.data["instances"])

    documents = ParsedDocuments(parse)

    said = [
        documents.of(Document("fleet/a", {"instances": n}, version)) for n, version in ((1, "7"), (1, "7"), (2, "8"))
    ]

    assert said == [1, 1, 2]
    assert parsed_versions == ["7", "8"]


def test_paths_are_kept_apart() -> None:
    """Two documents can be at one version: those of one commit are."""
    documents = ParsedDocuments(lambda document: document.path)

    assert [documents.of(Document(path, {}, "7")) for path in ("fleet/a", "fleet/b")] == ["fleet/a", "fleet/b"]


def test_what_we_wrote_is_known_until_somebody_else_writes() -> None:
    """It is what the document says at the version of our own write, and at no other."""
    documents = ParsedDocuments(lambda document: str(document.data["said"]))

    documents.written("fleet/a", "7", "ours")

    assert documents.of(Document("fleet/a", {"said": "parsed"}, "7")) == "ours"
    assert documents.of(Document("fleet/a", {"said": "theirs"}, "8")) == "theirs"
