"""A page of seven lines in two parts, its facts, and an ontology just large enough for them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Quad

from portsmouth.build import locators_csv
from portsmouth.build.trig import read_text
from portsmouth.build.vocabulary import Vocabulary

PAGE = "Heading\n\nThe war began.\nSeventy ships were lost.\n\nAnother text on the war.\nAn unread line.\n"

PREFIXES = " ".join(
    f"@prefix {prefix}: <{namespace}> ."
    for prefix, namespace in {
        "pt": "https://w3id.org/portsmouth1905/ns#",
        "d": "https://w3id.org/portsmouth1905/id/",
        "p": "https://w3id.org/portsmouth1905/passage/",
        "c": "https://w3id.org/portsmouth1905/concept/",
        "g": "https://w3id.org/portsmouth1905/graph/",
        "t": "https://w3id.org/portsmouth1905/time/",
        "ps": "https://w3id.org/portsmouth1905/shape/",
        "dcterms": "http://purl.org/dc/terms/",
        "owl": "http://www.w3.org/2002/07/owl#",
        "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
        "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
        "schema": "https://schema.org/",
        "sh": "http://www.w3.org/ns/shacl#",
        "skos": "http://www.w3.org/2004/02/skos/core#",
        "spdx": "http://spdx.org/rdf/terms#",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    }.items()
)

#: Line 1 of every file is the prefixes, so that the lines of findings can be counted by eye.
FACTS = {
    "document.ttl": f"""{PREFIXES}
d:page a pt:Text ; spdx:checksumValue "{hashlib.sha256(PAGE.encode()).hexdigest()}" .
p:s1 a pt:Text ; dcterms:isPartOf d:page ; pt:firstLine 1 ; pt:lastLine 4 .
p:s2 a pt:Text ; dcterms:isPartOf d:page ; pt:firstLine 6 ; pt:lastLine 7 .
""",
    "1-first.trig": f"""{PREFIXES}
p:s1-003 {{
  d:war a pt:Event ; pt:dateAsStated "1904-02"^^pt:edtfGregorian ; pt:when t:1904-02-01--1904-02-29 .
  d:witte a pt:Person ; schema:alternateName "Witte" .
  d:talk a pt:Influence ; pt:from d:witte ;
    pt:to d:komura ; pt:mode c:persuaded .
  d:komura a pt:Person .
}}
p:s1-004 {{ d:ships-70 a pt:Quantity ; pt:of d:war ; pt:measure c:ships ; pt:amount 70 . }}
""",
    "1-first.labels.trig": f"""{PREFIXES}
g:editorial {{
p:s1-001 pt:silence c:silent-heading ; rdfs:comment "A heading."@en , "หัวเรื่อง"@th .
p:s1-003 rdfs:comment "The war."@en , "สงคราม"@th .
p:s1-004 rdfs:comment "The ships."@en , "เรือ"@th .
d:war skos:prefLabel "the war"@en , "สงคราม"@th .
d:witte skos:prefLabel "Witte"@en , "วิตเต"@th .
d:komura skos:prefLabel "Komura"@en , "โคมูระ"@th .
d:talk skos:prefLabel "a talk"@en , "การพูดคุย"@th .
d:ships-70 skos:prefLabel "70 ships"@en , "เรือ 70 ลำ"@th .
d:page skos:prefLabel "the page"@en , "หน้า"@th .
}}
""",
    "2-second.trig": f"""{PREFIXES}
p:s2-006 {{
  d:war a pt:Event ; pt:dateAsStated "1904"^^pt:edtfUnmarked ; pt:when t:1904-01-01--1904-12-31 .
}}
""",
    "2-second.labels.trig": f"""{PREFIXES}
g:editorial {{ p:s2-006 rdfs:comment "The war again."@en , "สงครามอีก"@th . }}
""",
}

ONTOLOGY = {
    "terms.ttl": f"""{PREFIXES}
pt:Text a owl:Class . pt:Actor a owl:Class . pt:Person a owl:Class ; rdfs:subClassOf pt:Actor .
pt:State a owl:Class ; rdfs:subClassOf pt:Actor . pt:Territory a owl:Class .
pt:Event a owl:Class . pt:Influence a owl:Class ; rdfs:subClassOf pt:Event . pt:Quantity a owl:Class .
pt:TimeSpan a owl:Class . pt:Passage a owl:Class . pt:Disagreement a owl:Class .
pt:from a owl:ObjectProperty ; rdfs:label "from"@en , "จาก"@th .
pt:when a owl:ObjectProperty ; rdfs:label "when"@en , "เมื่อ"@th .
pt:to a owl:ObjectProperty . pt:mode a owl:ObjectProperty . pt:of a owl:ObjectProperty .
pt:side a owl:ObjectProperty . pt:measure a owl:ObjectProperty . pt:unit a owl:ObjectProperty .
pt:bound a owl:ObjectProperty . pt:outcome a owl:ObjectProperty . pt:binds a owl:ObjectProperty .
pt:amount a owl:DatatypeProperty . pt:dateAsStated a owl:DatatypeProperty . pt:silence a owl:ObjectProperty .
pt:firstLine a owl:DatatypeProperty . pt:lastLine a owl:DatatypeProperty .
schema:alternateName a owl:DatatypeProperty . schema:location a owl:ObjectProperty .
schema:agent a owl:ObjectProperty .
spdx:checksumValue a owl:DatatypeProperty . dcterms:isPartOf a owl:ObjectProperty .
rdfs:comment a owl:AnnotationProperty . skos:prefLabel a owl:AnnotationProperty .
skos:editorialNote a owl:AnnotationProperty . skos:closeMatch a owl:AnnotationProperty .
pt:edtfGregorian a rdfs:Datatype . pt:edtfJulian a rdfs:Datatype . pt:edtfUnmarked a rdfs:Datatype .
pt:edtfBuddhist a rdfs:Datatype . pt:edtfMeiji a rdfs:Datatype .
c:persuaded a skos:Concept . c:ships a skos:Concept . c:silent-heading a skos:Concept .
c:silent-caption a skos:Concept . c:about a skos:Concept . c:moreThan a skos:Concept .
c:exactly a skos:Concept . c:accepted a skos:Concept . c:refused a skos:Concept .
c:partlyAccepted a skos:Concept ; skos:broader c:accepted .
""",
    "shapes.ttl": f"""{PREFIXES}
ps:when a sh:NodeShape ; sh:targetSubjectsOf pt:when ;
  sh:property [ sh:path pt:when ; sh:maxCount 1 ; sh:message "One time span."@en ] .
ps:outcome a sh:PropertyShape ; sh:targetSubjectsOf pt:outcome ; sh:path pt:outcome ; sh:maxCount 1 .
ps:amount a sh:PropertyShape ; sh:targetSubjectsOf pt:amount ; sh:path pt:amount ; sh:datatype xsd:integer ;
  sh:message "An amount is a whole number."@en .
ps:place a sh:NodeShape ; sh:targetClass pt:Event ;
  sh:property [ sh:path schema:location ; sh:maxCount 1 ] ;
  sh:property [ sh:path schema:agent ; sh:group ps:compared-as-a-set ] ;
  sh:property [ sh:path pt:binds ; sh:group ps:compared-as-a-set ; sh:class pt:Actor ] .
ps:actors a sh:NodeShape ; sh:targetSubjectsOf pt:from ;
  sh:property [ sh:path pt:from ; sh:class pt:Actor ; sh:message "Who acts is an actor."@en ] .
ps:name a sh:PropertyShape ; sh:targetSubjectsOf schema:alternateName ; sh:path schema:alternateName ;
  sh:maxLength 20 ; sh:severity sh:Warning ; sh:message "A name is short."@en .
""",
}


class Sample:
    """Folders that a test writes, breaks and reads."""

    def __init__(self, folder: Path) -> None:
        self.facts = folder / "facts"
        self.document = self.facts / "page"
        self.ontology = folder / "ontology"
        self.page = folder / "page.txt"
        self.document.mkdir(parents=True)
        self.ontology.mkdir()
        self.page.write_text(PAGE, encoding="utf-8", newline="")
        for place, files in ((self.document, FACTS), (self.ontology, ONTOLOGY)):
            for name, text in files.items():
                (place / name).write_text(text, encoding="utf-8")
        (self.document / "locators.csv").write_text(locators_csv(self.page), encoding="utf-8")

    def write(self, name: str, text: str) -> None:
        """Write a file of facts below a line of prefixes."""
        (self.document / name).write_text(f"{PREFIXES}\n{text}", encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Change one place of a file of facts."""
        path = self.document / name
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {name}"
        path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def vocabulary() -> Vocabulary:
    """What the sample's ontology declares."""
    return Vocabulary.from_quads(quad for text in ONTOLOGY.values() for quad in read_text(text))


@pytest.fixture
def quads() -> Callable[[str], list[Quad]]:
    """Read a text below the prefixes."""
    return lambda text: read_text(f"{PREFIXES}\n{text}")


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    """A sample that builds."""
    return Sample(tmp_path)


@pytest.fixture
def make_sample(tmp_path: Path) -> Callable[[str], Sample]:
    """Make as many samples as a test needs."""
    return lambda name: Sample(tmp_path / name)
