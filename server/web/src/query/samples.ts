/** Programs that ask the very same question. */

export type Language = "curl" | "python" | "r" | "javascript";
export const LANGUAGES: Readonly<Record<Language, string>> = {
  curl: "curl",
  python: "Python",
  r: "R",
  javascript: "JavaScript",
};

/** A string of a shell: single quotes hold everything but themselves. */
const shell = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** A string of JavaScript, of Python and of R: the escapes of JSON are theirs, too. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\u009f\u2028\u2029]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** A Python string over several lines, where that loses nothing. */
function python(text: string): string {
  const plain = !/\\|"""|"$|[^\x20-\x7e\n\u00a1-\uffff]/.test(text);
  return plain ? `"""${text}"""` : quoted(text);
}

/**
 * Writes a program that asks a question.
 *
 * @param parameters - what is asked, the query first.
 * @param endpoint - the full address of the endpoint.
 * @param graph - whether the answer is a graph.
 */
export function sample(
  language: Language,
  parameters: URLSearchParams,
  endpoint: string,
  graph: boolean,
): string {
  const type = graph ? "text/turtle" : "application/sparql-results+json";
  const pairs = [...parameters];
  switch (language) {
    case "curl":
      return [
        `curl ${shell(endpoint)}`,
        `-H ${shell(`Accept: ${graph ? type : "text/csv"}`)}`,
        ...pairs.map(([name, value]) => `--data-urlencode ${shell(`${name}=${value}`)}`),
      ].join(" \\\n  ");
    case "python":
      return `import requests

answer = requests.post(
    ${quoted(endpoint)},
    data=[
${pairs.map(([name, value]) => `        (${quoted(name)}, ${python(value)}),`).join("\n")}
    ],
    headers={"Accept": ${quoted(type)}},
    timeout=60,
)
answer.raise_for_status()
${graph ? "print(answer.text)" : 'for row in answer.json()["results"]["bindings"]:\n    print({name: term["value"] for name, term in row.items()})'}
`;
    case "r":
      return `library(httr2)

answer <- request(${quoted(endpoint)}) |>
  req_headers(Accept = ${quoted(graph ? type : "text/csv")}) |>
  req_body_form(
${pairs.map(([name, value]) => `    ${/^\w+$/.test(name) ? name : `\`${name}\``} = ${quoted(value)}`).join(",\n")}
  ) |>
  req_perform()
${graph ? "cat(resp_body_string(answer))" : "rows <- read.csv(text = resp_body_string(answer))\nprint(rows)"}
`;
    case "javascript":
      return `const answer = await fetch(${quoted(endpoint)}, {
  method: "POST",
  headers: { Accept: ${quoted(type)} },
  body: new URLSearchParams([
${pairs.map(([name, value]) => `    [${quoted(name)}, ${quoted(value)}],`).join("\n")}
  ]),
});
if (!answer.ok) throw new Error((await answer.json()).detail);
${graph ? "console.log(await answer.text());" : "const { results } = await answer.json();\nconsole.table(results.bindings.map((row) => Object.fromEntries(Object.entries(row).map(([name, term]) => [name, term.value]))));"}
`;
  }
}
