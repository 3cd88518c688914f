/** What a passage says stands in a page once; here it is said again wherever a reader looks. */

/** What a passage says, by the address of its page. */
function told(): Map<string, string> {
  const glosses = new Map<string, string>();
  for (const gloss of document.querySelectorAll(".evidence .gloss")) {
    const address = gloss.parentElement?.querySelector<HTMLAnchorElement>("a.cite")?.href;
    if (address && gloss.textContent) glosses.set(address, gloss.textContent);
  }
  return glosses;
}

export function retell(): void {
  let known: Map<string, string> | undefined;
  const find = (address: string): string | undefined => {
    known ??= told();
    return known.get(address);
  };
  // The event does not bubble, but is seen on its way down.
  document.addEventListener(
    "toggle",
    (event) => {
      const opened = event.target as HTMLElement;
      if (!opened.matches("details.evidence[open]")) return;
      for (const link of opened.querySelectorAll<HTMLAnchorElement>("a.cite")) {
        const gloss = link.nextElementSibling?.matches(".gloss") ? undefined : find(link.href);
        if (!gloss) continue;
        const quote = document.createElement("q");
        quote.className = "gloss";
        quote.textContent = gloss;
        link.after(" ", quote);
      }
    },
    true,
  );
  for (const kind of ["pointerover", "focusin"]) {
    document.addEventListener(kind, (event) => {
      const link = (event.target as Element).closest<HTMLAnchorElement>(".lines a");
      if (link && !link.title) link.title = find(link.href) ?? "";
    });
  }
}
