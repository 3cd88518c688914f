"""What is asked of a store to put disagreements together, in SPARQL."""

from __future__ import annotations

from typing import Final

from portsmouth.iris import ID

#: The disagreements, with the values, the passages and the other names of the subject of each.
FOUND: Final = """
SELECT ?d ?kind ?subject ?slot ?p ?o {
  ?d a pt:Disagreement ; dcterms:type ?kind ; pt:disputedSubject ?subject ; pt:disputedProperty ?slot .
  VALUES ?p { pt:disputedValue pt:rivalTelling prov:wasDerivedFrom }
  ?d ?p ?o
} ORDER BY ?d ?p ?o"""
#: What each passage says in the disputed slot.
SAID: Final = """
SELECT ?d ?passage ?telling ?said {
  ?d a pt:Disagreement ; pt:disputedProperty ?slot ; prov:wasDerivedFrom ?passage .
  { ?d pt:disputedSubject ?telling } UNION { ?d pt:rivalTelling ?telling }
  GRAPH ?passage { ?telling ?slot ?said }
} ORDER BY ?d ?passage ?telling ?said"""
#: The dates as passages print them.
PRINTED: Final = """
SELECT ?d ?passage ?telling ?said {
  ?d a pt:Disagreement ; pt:disputedProperty pt:when ; prov:wasDerivedFrom ?passage .
  { ?d pt:disputedSubject ?telling } UNION { ?d pt:rivalTelling ?telling }
  GRAPH ?passage { ?telling pt:dateAsStated ?said }
} ORDER BY ?d ?passage ?telling ?said"""
#: The spans that the build has derived from what passages print.
DATED: Final = """
SELECT ?d ?passage ?value {
  ?d a pt:Disagreement ; pt:disputedProperty pt:when .
  ?d pt:disputedValue ?value ; prov:wasDerivedFrom ?passage .
  GRAPH g:derived { ?value prov:wasDerivedFrom ?passage }
}"""
#: The values for which something stands that passages say, as a government for its state.
SIDES: Final = """
SELECT DISTINCT ?said ?value {
  ?d a pt:Disagreement ; pt:rivalTelling ?any ; pt:disputedProperty ?slot ; pt:disputedValue ?value .
  { ?d pt:disputedSubject ?telling } UNION { ?d pt:rivalTelling ?telling }
  ?telling ?slot ?said . ?said pt:side+ ?value
}"""
#: The parts of figures.
FIGURES: Final = """
SELECT ?d ?passage ?value ?amount ?bound ?unit {
  ?d a pt:Disagreement ; pt:disputedProperty pt:amount .
  ?d pt:disputedValue ?value ; prov:wasDerivedFrom ?passage .
  GRAPH ?passage {
    ?value pt:amount ?amount OPTIONAL { ?value pt:bound ?bound } OPTIONAL { ?value pt:unit ?unit }
  }
}"""
#: What tellings in dispute are tied to.
ABOUT: Final = f"""
SELECT DISTINCT ?d ?thing {{
  ?d a pt:Disagreement ; prov:wasDerivedFrom ?passage .
  {{ ?d pt:disputedSubject ?telling }} UNION {{ ?d pt:rivalTelling ?telling }}
  GRAPH ?passage {{ ?telling ?p ?thing }} FILTER(isIRI(?thing) && STRSTARTS(STR(?thing), "{ID}"))
}}"""
#: How passages spell the values.
SPELT: Final = """
SELECT ?d ?passage ?value ?spelling {
  ?d a pt:Disagreement ; pt:disputedValue ?value ; prov:wasDerivedFrom ?passage .
  GRAPH ?passage { ?value schema:alternateName ?spelling }
} ORDER BY ?d ?passage ?spelling"""
#: Labels, glosses and definitions. The properties stand in a filter: of two lists of values the engine tries
#: every pair.
NAMED: Final = """
SELECT ?thing ?p ?text {{
  VALUES ?thing {{ {things} }}
  ?thing ?p ?text
  FILTER(?p IN (skos:prefLabel, rdfs:label, rdfs:comment, skos:definition)
         && LANG(?text) IN ("en", {language}))
}}"""
