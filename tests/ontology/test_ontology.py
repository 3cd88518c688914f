"""The ontology against itself, against the facts that use it, and against the tools that read it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import owlready2
import pyoxigraph
import pyshacl
import pytest
from rdflib import OWL, RDF, RDFS, SH, SKOS, Graph, URIRef
from rdflib import namespace as vocabularies
from rdflib.collection import Collection
from rdflib.namespace import DefinedNamespace
from rdflib.term import BNode, Literal, Node

from portsmouth.build import build
from portsmouth.iris import PREFIXES
from portsmouth.resources import facts_folder, ontology_folder

PT = "https://w3id.org/portsmouth1905/ns#"
CONCEPT = "https://w3id.org/portsmouth1905/concept/"
ENTITY = "https://w3id.org/portsmouth1905/id/"
ONTOLOGY = URIRef(PT.rstrip("#"))

OWL_FILES = ("portsmouth.ttl", "axioms.ttl", "concepts.ttl", "alignments.ttl")
FILES = (*OWL_FILES, "shapes.ttl")

CLASS, OBJECT, DATATYPE_PROPERTY, ANNOTATION, DATATYPE = (
    OWL.Class,
    OWL.ObjectProperty,
    OWL.DatatypeProperty,
    OWL.AnnotationProperty,
    RDFS.Datatype,
)
KINDS = (CLASS, OBJECT, DATATYPE_PROPERTY, ANNOTATION, DATATYPE)
PROPERTY_KINDS = (OBJECT, DATATYPE_PROPERTY, ANNOTATION)
MATCHES = (
    RDFS.subClassOf,
    RDFS.subPropertyOf,
    SKOS.closeMatch,
    SKOS.broadMatch,
    SKOS.relatedMatch,
    SKOS.exactMatch,
)
#: Vocabularies whose terms a reader of RDF or OWL knows without a declaration.
RESERVED = (str(RDF), str(RDFS), str(OWL), str(vocabularies.XSD))
#: The datatypes of OWL 2 (section 4 of its structural specification) that the project may use.
#: xsd:date is not among them.
OWL_2_DATATYPES = {
    vocabularies.XSD[name]
    for name in (
        "string",
        "integer",
        "decimal",
        "nonNegativeInteger",
        "anyURI",
        "boolean",
        "hexBinary",
        "dateTime",
    )
} | {RDF.langString, RDFS.Literal}


# --- What is read ---------------------------------------------------------------------------------


@cache
def read(name: str, folder: Path | None = None) -> Graph:
    return Graph().parse((folder or ontology_folder()) / name, format="turtle")


@cache
def ontology() -> Graph:
    """Everything but the shapes, which are SHACL and not OWL."""
    merged = Graph()
    for name in OWL_FILES:
        for triple in read(name):
            merged.add(triple)
    return merged


def shapes() -> Graph:
    return read("shapes.ttl")


def fact_files() -> list[Path]:
    return sorted(path for path in facts_folder().glob("*/*") if path.suffix in {".trig", ".ttl"})


@cache
def facts() -> Graph:
    """Every triple of every file of facts, once, whatever graph states it."""
    merged = Graph()
    for path in fact_files():
        for triple in facts_of(path):
            merged.add(triple)
    return merged


@cache
def facts_of(path: Path) -> Graph:
    """The triples of one file of facts. pyoxigraph reads TriG without rdflib's deprecated classes."""
    quads = pyoxigraph.parse(path=str(path), format=pyoxigraph.RdfFormat.TRIG)
    lines = "".join(f"{quad.subject} {quad.predicate} {quad.object} .\n" for quad in quads)
    return Graph().parse(data=lines, format="nt")


@cache
def subclasses() -> dict[Node, set[Node]]:
    """Each own class with itself and everything above it."""
    return {
        cls: {wider for wider in ontology().transitive_objects(cls, RDFS.subClassOf) if wider is not None}
        for cls in declared(CLASS)
    }


def declared(*kinds: URIRef) -> set[URIRef]:
    graph = ontology()
    return {term for kind in kinds for term in graph.subjects(RDF.type, kind) if isinstance(term, URIRef)}


def own(terms: set[URIRef]) -> set[URIRef]:
    return {term for term in terms if term.startswith(PT)}


def own_terms() -> list[URIRef]:
    return sorted(own(declared(*KINDS)))


def concepts() -> list[URIRef]:
    return sorted(term for term in ontology().subjects(RDF.type, SKOS.Concept) if isinstance(term, URIRef))


def languages(graph: Graph, subject: Node, predicate: URIRef) -> set[str | None]:
    return {
        value.language
        for value in graph.objects(subject, predicate)
        if isinstance(value, Literal) and str(value).strip()
    }


def local(term: Node) -> str:
    return re.split(r"[#/]", str(term))[-1]


def is_reserved(term: Node) -> bool:
    return str(term).startswith(RESERVED)


def iris(graph: Graph) -> Iterator[URIRef]:
    for triple in graph:
        for term in triple:
            if isinstance(term, URIRef):
                yield term


each_own_term = pytest.mark.parametrize("term", own_terms(), ids=local)
each_concept = pytest.mark.parametrize("concept", concepts(), ids=local)
each_fact_file = pytest.mark.parametrize(
    "path", fact_files(), ids=lambda path: f"{path.parent.name}/{path.name}"
)


# --- The files load everywhere --------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_each_file_loads_in_rdflib_and_in_pyoxigraph_with_the_same_triples(name: str) -> None:
    path = ontology_folder() / name
    loaded = list(pyoxigraph.parse(path=str(path), format=pyoxigraph.RdfFormat.TURTLE))
    assert len(loaded) == len(read(name)) > 0


def test_owlready_loads_the_merged_ontology_and_lists_every_own_class(tmp_path: Path) -> None:
    merged = tmp_path / "portsmouth.nt"
    ontology().serialize(merged, format="nt", encoding="utf-8")
    loaded = owlready2.World().get_ontology(merged.as_uri()).load()
    assert own(declared(CLASS)) <= {URIRef(cls.iri) for cls in loaded.classes()}
    assert own(declared(OBJECT)) <= {URIRef(prop.iri) for prop in loaded.object_properties()}
    assert own(declared(DATATYPE_PROPERTY)) <= {URIRef(prop.iri) for prop in loaded.data_properties()}


def test_the_ontology_says_its_name_version_maker_and_licence() -> None:
    graph = ontology()
    assert set(graph.subjects(RDF.type, OWL.Ontology)) == {ONTOLOGY}
    assert graph.value(ONTOLOGY, OWL.versionInfo) == Literal("0.1.0")
    assert graph.value(ONTOLOGY, vocabularies.DC.creator) == Literal("Portsmouth 1905 contributors")
    assert graph.value(ONTOLOGY, vocabularies.DCTERMS.license) == URIRef(
        "https://creativecommons.org/licenses/by/4.0/"
    )
    assert languages(graph, ONTOLOGY, vocabularies.DCTERMS.title) >= {"en", "th"}


# --- Every term is explained ----------------------------------------------------------------------


@each_own_term
def test_own_term_has_label_and_definition_in_english_and_thai_and_names_its_ontology(term: URIRef) -> None:
    graph = ontology()
    assert languages(graph, term, RDFS.label) == {"en", "th"}
    assert languages(graph, term, SKOS.definition) == {"en", "th"}
    assert graph.value(term, RDFS.isDefinedBy) == ONTOLOGY


@each_own_term
def test_own_term_has_an_example_in_turtle_that_uses_it_and_only_declared_terms(term: URIRef) -> None:
    example = ontology().value(term, SKOS.example)
    assert example is not None, "no example"
    prefixes = "".join(f"@prefix {prefix}: <{namespace}> .\n" for prefix, namespace in PREFIXES.items())
    graph = Graph().parse(data=prefixes + str(example), format="turtle")
    used = set(iris(graph)) | {value.datatype for value in graph.objects() if isinstance(value, Literal)}
    assert term in used
    assert not undeclared(graph)


@each_own_term
def test_own_term_is_mentioned_by_a_shape(term: URIRef) -> None:
    graph = shapes()
    kind = next(kind for kind in KINDS if (term, RDF.type, kind) in ontology())
    by = {CLASS: (SH.targetClass, SH["class"]), DATATYPE: (SH.datatype,)}.get(kind, (SH.path,))
    assert any((None, predicate, term) in graph for predicate in by)


@each_own_term
def test_own_term_is_aligned_to_a_term_of_another_vocabulary(term: URIRef) -> None:
    outside = [value for match in MATCHES for value in read("alignments.ttl").objects(term, match)]
    assert any(not str(value).startswith(PT) for value in outside)


def test_shapes_target_and_constrain_only_declared_terms() -> None:
    graph = shapes()
    known = declared(*KINDS) | set(concepts())
    named = {
        value
        for predicate in (
            SH.targetClass,
            SH["class"],
            SH.targetSubjectsOf,
            SH.path,
            SH.disjoint,
            SH.lessThanOrEquals,
        )
        for value in graph.objects(None, predicate)
    }
    assert not {term for term in named if term not in known and not is_reserved(term)}
    schemes = {value for value in graph.objects(None, SH.hasValue) if "scheme-" in str(value)}
    assert schemes <= set(ontology().subjects(RDF.type, SKOS.ConceptScheme))


@each_concept
def test_concept_has_labels_a_definition_a_scheme_and_its_place_in_it(concept: URIRef) -> None:
    graph = ontology()
    assert languages(graph, concept, SKOS.prefLabel) == {"en", "th"}
    assert languages(graph, concept, SKOS.definition) == {"en", "th"}
    in_schemes = set(graph.objects(concept, SKOS.inScheme))
    assert in_schemes
    assert in_schemes <= set(graph.subjects(RDF.type, SKOS.ConceptScheme))
    tops, broader = set(graph.objects(concept, SKOS.topConceptOf)), set(graph.objects(concept, SKOS.broader))
    assert tops <= in_schemes
    assert tops or broader
    assert all((wider, RDF.type, SKOS.Concept) in graph for wider in broader)


def test_each_concept_scheme_has_labels_a_definition_and_members() -> None:
    graph = ontology()
    for scheme in graph.subjects(RDF.type, SKOS.ConceptScheme):
        assert languages(graph, scheme, SKOS.prefLabel) == {"en", "th"}, scheme
        assert languages(graph, scheme, SKOS.definition) == {"en", "th"}, scheme
        assert any(graph.subjects(SKOS.inScheme, scheme)), scheme


def test_what_the_editors_decided_is_told_in_english_and_thai() -> None:
    graph = facts()
    noted = set(graph.subjects(SKOS.editorialNote))
    assert len(noted) > 400
    assert [term for term in noted if languages(graph, term, SKOS.editorialNote) != {"en", "th"}] == []


@pytest.mark.parametrize("name", FILES)
def test_whatever_is_explained_in_english_is_explained_in_thai(name: str) -> None:
    graph = read(name)
    explaining = (SKOS.definition, SKOS.scopeNote, RDFS.comment, vocabularies.DCTERMS.description)
    for property_ in explaining:
        for term in set(graph.subjects(property_)):
            assert languages(graph, term, property_) == {"en", "th"}, (term, property_)


def test_no_two_concepts_of_a_scheme_share_a_label() -> None:
    graph = ontology()
    seen: dict[tuple[Node, str], list[Node]] = defaultdict(list)
    for concept in concepts():
        for scheme in graph.objects(concept, SKOS.inScheme):
            for label in graph.objects(concept, SKOS.prefLabel):
                seen[scheme, label.n3()].append(concept)
    assert not {label: found for (_, label), found in seen.items() if len(found) > 1}


def closed_vocabularies() -> list[type[DefinedNamespace]]:
    """The vocabularies whose terms rdflib ships with as a closed list."""
    v = vocabularies
    return [
        v.SDO,
        v.PROV,
        v.ORG,
        v.TIME,
        v.GEO,
        v.FOAF,
        v.ODRL2,
        v.SKOS,
        v.DCTERMS,
        v.DC,
        v.VANN,
        v.OWL,
        v.SH,
        v.RDFS,
    ]


def test_terms_of_other_vocabularies_are_real() -> None:
    by_iri = {str(vocabulary._NS): vocabulary for vocabulary in closed_vocabularies()}
    invented = set()
    for graph in (ontology(), shapes()):
        for term in iris(graph):
            namespace = next((iri for iri in by_iri if str(term).startswith(iri)), None)
            name = str(term).removeprefix(namespace or "")
            if namespace and name and name.isidentifier() and name not in by_iri[namespace]:
                invented.add(term)
    assert not invented


# --- OWL 2 DL -------------------------------------------------------------------------------------


def test_no_iri_is_declared_as_two_kinds_of_thing() -> None:
    graph = ontology()
    kinds: dict[Node, set[Node]] = defaultdict(set)
    for kind in KINDS:
        for term in graph.subjects(RDF.type, kind):
            if isinstance(term, URIRef):
                kinds[term].add(kind)
    individuals = {
        subject
        for subject, cls in graph.subject_objects(RDF.type)
        if isinstance(subject, URIRef) and cls in declared(CLASS)
    }
    for individual in individuals:
        kinds[individual].add(OWL.NamedIndividual)
    assert not {term: found for term, found in kinds.items() if len(found) > 1}


def test_no_entity_of_the_facts_is_also_a_term() -> None:
    assert not {subject for subject in facts().subjects() if subject in declared(*KINDS)}


def test_no_property_is_functional_inverse_functional_or_has_an_inverse() -> None:
    graph = ontology()
    for name in ("FunctionalProperty", "InverseFunctionalProperty"):
        assert (None, RDF.type, OWL[name]) not in graph
    assert (None, OWL.inverseOf, None) not in graph


def test_every_term_that_the_ontology_uses_is_declared() -> None:
    assert not undeclared(ontology())


def undeclared(graph: Graph) -> set[Node]:
    """The predicates, classes and datatypes that a graph uses and the ontology does not declare."""
    properties, classes, datatypes = declared(*PROPERTY_KINDS), declared(CLASS), declared(DATATYPE)
    found: set[Node] = set()
    for _, predicate, value in graph:
        if predicate == RDF.type:
            if value not in classes and not is_reserved(value):
                found.add(value)
        elif predicate not in properties and not is_reserved(predicate):
            found.add(predicate)
        if isinstance(value, Literal) and value.datatype is not None and not is_reserved(value.datatype):
            found |= {value.datatype} - datatypes
        if str(value).startswith(PT) and not isinstance(value, Literal):
            found |= {value} - declared(*KINDS)
    return found


def misused(graph: Graph) -> list[str]:
    """Object properties with literals, datatype properties without: what OWL 2 DL forbids."""
    objects, data = declared(OBJECT), declared(DATATYPE_PROPERTY)
    return [
        f"{local(predicate)} with {value.n3()} as its value"
        for _, predicate, value in graph
        if (predicate in objects and isinstance(value, Literal))
        or (predicate in data and not isinstance(value, Literal))
    ]


def test_object_and_datatype_properties_are_used_as_declared_in_the_ontology() -> None:
    assert not misused(ontology())


def test_literals_of_the_ontology_are_of_datatypes_that_owl_2_knows() -> None:
    found = {value.datatype for value in ontology().objects() if isinstance(value, Literal)} - {None}
    assert not found - OWL_2_DATATYPES


def test_blank_nodes_are_only_unions_and_disjointness_axioms() -> None:
    graph = ontology()
    lists = {node for node in graph.subjects(RDF.first) if isinstance(node, BNode)}
    for node in {subject for subject in graph.subjects() if isinstance(subject, BNode)} - lists:
        predicates = set(graph.predicates(node))
        assert predicates in ({RDF.type, OWL.unionOf}, {RDF.type, OWL.members}), predicates


def test_domains_ranges_and_superclasses_name_things_of_the_right_kind() -> None:
    graph = ontology()

    def members(node: Node) -> list[Node]:
        inner = graph.value(node, OWL.unionOf)
        return list(Collection(graph, inner)) if inner is not None else [node]

    for prop, domain in graph.subject_objects(RDFS.domain):
        assert prop in declared(OBJECT, DATATYPE_PROPERTY)
        assert set(members(domain)) <= declared(CLASS)
    for prop, target in graph.subject_objects(RDFS.range):
        allowed = declared(CLASS) if prop in declared(OBJECT) else declared(DATATYPE) | OWL_2_DATATYPES
        assert set(members(target)) <= allowed, prop
    for narrower, wider in graph.subject_objects(RDFS.subClassOf):
        assert {narrower, wider} <= declared(CLASS)


def test_no_class_is_below_two_disjoint_ones_or_below_itself() -> None:
    graph = ontology()
    for cls, above in subclasses().items():
        assert not above & {other for wider in above for other in disjoint_with(wider)}, cls
        assert all(cls not in subclasses().get(wider, set()) for wider in above - {cls}), cls
    assert (URIRef(PT + "State"), OWL.disjointWith, URIRef(PT + "Territory")) not in graph
    assert URIRef(PT + "Territory") not in disjoint_with(URIRef(PT + "State"))


@cache
def disjoint_with(cls: Node) -> set[Node]:
    graph = ontology()
    found = set(graph.objects(cls, OWL.disjointWith)) | set(graph.subjects(OWL.disjointWith, cls))
    for axiom in graph.subjects(RDF.type, OWL.AllDisjointClasses):
        head = graph.value(axiom, OWL.members)
        assert head is not None
        members = set(Collection(graph, head))
        if cls in members:
            found |= members - {cls}
    return found


# --- The shapes -----------------------------------------------------------------------------------


def test_the_shapes_are_valid_shacl() -> None:
    conforms, _, report = pyshacl.validate(Graph(), shacl_graph=shapes(), meta_shacl=True)
    assert conforms, report


def test_every_message_is_a_sentence() -> None:
    messages = list(shapes().objects(None, SH.message))
    assert messages
    for message in messages:
        assert isinstance(message, Literal)
        assert message.language == "en"
        assert re.fullmatch(r"(pt:|rdfs:|skos:|dcterms:|schema:|prov:)?[A-Za-z].{12,}\.", str(message)), (
            message
        )
        assert len(str(message).split()) >= 4, message


def test_every_shape_that_constrains_something_has_a_message() -> None:
    graph = shapes()
    silent = [
        shape
        for shape in set(graph.subjects(RDF.type, SH.PropertyShape)) | set(graph.objects(None, SH.property))
        if (shape, SH.path, None) in graph
        and not is_operand(shape)
        and (shape, SH.message, None) not in graph
    ]
    assert not silent


def is_operand(shape: Node) -> bool:
    """A shape inside sh:or or sh:not reports nothing itself: its outer shape does."""
    graph = shapes()
    return all(
        isinstance(parent, BNode) and (parent, SH.path, None) not in graph
        for parent in graph.subjects(SH.property, shape)
    )


SINGLE = [
    "outcome",
    "when",
    "amount",
    "unit",
    "measure",
    "bound",
    "office",
    "silence",
    "printedNumber",
    "prevailingLanguage",
    "earliest",
    "latest",
    "line",
]


@pytest.mark.parametrize("name", SINGLE)
def test_single_valued_slot_is_a_max_count_of_one(name: str) -> None:
    graph = shapes()
    assert any(
        graph.value(shape, SH.maxCount) == Literal(1) for shape in graph.subjects(SH.path, URIRef(PT + name))
    )


def context() -> Graph:
    """What the shapes ask to have beside a passage graph, but for the types."""
    return Graph() + read("portsmouth.ttl") + read("axioms.ttl") + read("concepts.ttl")


def results(turtle: str) -> set[tuple[str, str]]:
    """Validate a little graph; give each result as (severity, message)."""
    prefixes = "".join(f"@prefix {p}: <{iri}> .\n" for p, iri in PREFIXES.items())
    data = context().parse(data=prefixes + turtle, format="turtle")
    _, report, _ = pyshacl.validate(data, shacl_graph=shapes())
    assert isinstance(report, Graph)
    return {
        (local(severity), str(report.value(result, SH.resultMessage)))
        for result in report.objects(None, SH.result)
        if (severity := report.value(result, SH.resultSeverity)) is not None
    }


GOOD = """
d:war pt:dateAsStated "1904/1905"^^pt:edtfUnmarked , "2447-07"^^pt:edtfBuddhist , "0038-09-05"^^pt:edtfMeiji ,
  "XXXX-02-05/XXXX-02-24"^^pt:edtfUnmarked , "190X"^^pt:edtfUnmarked , "1905-21"^^pt:edtfGregorian ,
  "1905-05-21~/1905-05-31~"^^pt:edtfJulian , "1904/.."^^pt:edtfUnmarked .
d:war a pt:Event .
d:inf-a a pt:Influence ; pt:from d:roosevelt ; pt:to d:nicholas-ii ; pt:via d:meyer ;
  pt:mode c:persuaded ; pt:outcome c:refused ; pt:about d:south-sakhalin , c:peace ;
  pt:dateAsStated "1905-08-22"^^pt:edtfUnmarked ; pt:when t:1905-08-22--1905-09-04 .
d:roosevelt a pt:Person ; schema:alternateName "Roosevelt" , "รูสเวลต์"@th .
d:nicholas-ii a pt:Person . d:meyer a pt:Person . d:south-sakhalin a pt:Territory .
d:qty-x-dead-59000 a pt:Quantity ; pt:of d:inf-a ; pt:measure c:dead ; pt:unit c:person ;
  pt:amount 59000 ; pt:bound c:about .
t:1905-08-22--1905-09-04 a pt:TimeSpan ;
  pt:earliest "1905-08-22"^^xsd:date ; pt:latest "1905-09-04"^^xsd:date .
"""


def test_a_well_made_passage_graph_passes() -> None:
    assert results(GOOD) == set()


BROKEN = {
    "two outcomes": ("d:inf-a pt:outcome c:accepted .", "The outcome is one concept"),
    "a mode of another scheme": ("d:inf-a pt:mode c:refused .", "The mode of an influence"),
    "an undeclared concept": ("d:inf-a pt:mode c:hypnotised .", "The mode of an influence"),
    "an influence from a place": ("d:inf-a pt:from d:south-sakhalin .", "pt:from points to the actor"),
    "a literal for an actor": ('d:inf-a pt:via "Meyer" .', "pt:via points to the actor"),
    "two spans": ("d:inf-a pt:when t:1905-08-22 .", "pt:when points to one time span"),
    "a span that is no span": ("d:roosevelt pt:when d:august .", "pt:when points to one time span"),
    "a date that is no EDTF": (
        'd:inf-a pt:dateAsStated "22 August"^^pt:edtfUnmarked .',
        "The date as stated",
    ),
    "a season with a day": ('d:inf-a pt:dateAsStated "1905-21-03"^^pt:edtfUnmarked .', "The date as stated"),
    "a Buddhist year in a Julian date": (
        'd:inf-a pt:dateAsStated "2448-08"^^pt:edtfJulian .',
        "The date as stated",
    ),
    "a date without its calendar": ('d:inf-a pt:dateAsStated "1905-08-22" .', "The date as stated"),
    "half a man": ("d:qty-x-dead-59000 pt:amount 0.5 .", "A quantity has an IRI"),
    "two amounts": ("d:qty-x-dead-59000 pt:amount 80000 .", "The amount of a quantity is one number"),
    "a negative amount": ("d:qty-y a pt:Quantity ; pt:amount -1 .", "The amount of a quantity is one number"),
    "Thai without its tag": ('d:roosevelt schema:alternateName "รูสเวลต์" .', "A printed name in Thai script"),
    "a person who is a group": ("d:meyer a pt:Group .", "A person has an IRI"),
    "an aim that is an event": ("d:aim-x a pt:Aim , pt:Event .", "An aim has an IRI"),
    "an IRI in capitals": ("d:Witte a pt:Person .", "A person has an IRI"),
    "a mode of a person": ("d:meyer pt:mode c:pressed .", "pt:mode is said of"),
    "a line of an entity": ("d:meyer pt:line 3 .", "Only a passage has"),
    "a span with its days exchanged": (
        "t:1905-01-02--1905-01-01 a pt:TimeSpan ;"
        ' pt:earliest "1905-01-02"^^xsd:date ; pt:latest "1905-01-01"^^xsd:date .',
        "A time span has exactly one earliest day",
    ),
    "a span without its last day": (
        't:1905-01-01 a pt:TimeSpan ; pt:earliest "1905-01-01"^^xsd:date .',
        "A time span has exactly one latest day",
    ),
    "a passage without a checksum": (
        "p:s1-001 a pt:Passage ; pt:line 1 .",
        "A passage has exactly one checksum",
    ),
    "a type that is a class": ("d:inf-a dcterms:type pt:Battle .", "dcterms:type points to a concept"),
}


@pytest.mark.parametrize("broken", BROKEN)
def test_the_shapes_find(broken: str) -> None:
    turtle, expected = BROKEN[broken]
    found = results(GOOD + turtle)
    assert any(severity == "Violation" and message.startswith(expected) for severity, message in found), found


def test_what_is_only_worth_a_look_is_a_warning() -> None:
    found = results(GOOD + "d:qty-z a pt:Quantity ; pt:unit c:percent ; pt:amount 250 .")
    assert found == {("Warning", "A percentage above a hundred is unusual.")}


def test_no_shape_demands_what_another_passage_may_state() -> None:
    graph = shapes()
    complete = {URIRef(PT + name) for name in ("TimeSpan", "Passage", "Disagreement")}
    for inner in graph.subjects(SH.minCount):
        targets = {
            target
            for shape in graph.subjects(SH.property, inner)
            for target in graph.objects(shape, SH.targetClass)
        }
        assert targets <= complete
        assert targets or is_operand(inner)


# --- The facts ------------------------------------------------------------------------------------


@each_fact_file
def test_fact_file_uses_only_declared_terms_and_concepts(path: Path) -> None:
    graph = facts_of(path)
    assert not {local(term) for term in undeclared(graph)}
    used = {term for term in iris(graph) if term.startswith(CONCEPT)}
    assert not {local(term) for term in used - set(concepts())}
    assert not misused(graph)


def types_of(entity: Node) -> set[Node]:
    """The classes of an entity, with everything above them."""
    return {wider for cls in facts().objects(entity, RDF.type) for wider in subclasses().get(cls, {cls})}


def test_no_entity_has_two_disjoint_classes() -> None:
    clashes = {
        local(entity): sorted(local(cls) for cls in facts().objects(entity, RDF.type))
        for entity in set(facts().subjects(RDF.type))
        if types_of(entity) & {other for cls in types_of(entity) for other in disjoint_with(cls)}
    }
    assert not clashes


def test_domains_and_ranges_infer_nothing_that_the_types_do_not_say() -> None:
    graph = ontology()

    def allowed(prop: Node, predicate: URIRef) -> set[Node]:
        node = graph.value(prop, predicate)
        if node is None:
            return set()
        inner = graph.value(node, OWL.unionOf)
        return set(Collection(graph, inner)) if inner is not None else {node}

    domains: dict[Node, set[Node]] = {
        prop: allowed(prop, RDFS.domain) for prop in own(declared(OBJECT, DATATYPE_PROPERTY))
    }
    ranges: dict[Node, set[Node]] = {prop: allowed(prop, RDFS.range) for prop in own(declared(OBJECT))}
    wrong = set()
    for subject, predicate, value in facts():
        domain, target = domains.get(predicate, set()), ranges.get(predicate, set())
        if domain and str(subject).startswith(ENTITY) and not types_of(subject) & domain:
            wrong.add(f"{local(subject)} has {local(predicate)}")
        if target and str(value).startswith(ENTITY) and not types_of(value) & target:
            wrong.add(f"{local(subject)} {local(predicate)} {local(value)}")
    assert not wrong


# --- The page for strangers -----------------------------------------------------------------------


def readme() -> str:
    return (ontology_folder() / "README.md").read_text(encoding="utf-8")


def worked_queries() -> list[str]:
    path = ontology_folder() / "README.md"
    return (
        re.findall(r"```sparql\n(.*?)```", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        if path.is_file()
        else []
    )


def test_the_readme_lists_every_own_class_and_property_and_every_scheme() -> None:
    text = readme()
    missing = [local(term) for term in own_terms() if f"`{local(term)}`" not in text]
    schemes = [
        scheme for scheme in ontology().subjects(RDF.type, SKOS.ConceptScheme) if local(scheme) not in text
    ]
    assert not missing
    assert not schemes


def test_the_readme_has_a_worked_query_for_each_kind_of_question() -> None:
    assert len(worked_queries()) >= 11


@cache
def dataset() -> pyoxigraph.Store:
    """The built graph, as an endpoint serves it."""
    store = pyoxigraph.Store()
    store.bulk_load(build().nquads, format=pyoxigraph.RdfFormat.N_QUADS)
    return store


@pytest.mark.parametrize("query", worked_queries(), ids=lambda query: query.splitlines()[0].strip("# "))
def test_worked_query_has_an_answer_and_uses_only_declared_terms(query: str) -> None:
    rows = dataset().query(query)
    assert isinstance(rows, pyoxigraph.QuerySolutions)
    assert next(rows, None) is not None
    names = set(re.findall(r"\bpt:([A-Za-z]+)", query))
    assert names <= {local(term) for term in own_terms()}
    used = set(re.findall(r"\bc:([A-Za-z-]+)", query))
    assert used <= {local(concept) for concept in concepts()} | {
        local(scheme) for scheme in ontology().subjects(RDF.type, SKOS.ConceptScheme)
    }
