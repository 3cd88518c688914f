/** Changes the colours without a new page; the links themselves do it where there are no scripts. */

const A_YEAR = 365 * 24 * 3600;

export function switchThemes(): void {
  const links = [...document.querySelectorAll<HTMLAnchorElement>(".themes a[data-choice]")];
  // Where the cookie belongs is for the server to know: it writes the path of its first page into the bar.
  const root = new URL(document.querySelector<HTMLAnchorElement>(".bar .name")?.href ?? "/", location.href);
  const path = root.pathname.replace(/(?<=.)\/$/, "");
  for (const link of links) {
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const choice = link.dataset.choice ?? "system";
      document.cookie = `theme=${choice}; Path=${path}; Max-Age=${A_YEAR}; SameSite=Lax`;
      if (choice === "system") delete document.documentElement.dataset.theme;
      else document.documentElement.dataset.theme = choice;
      document
        .querySelector('meta[name="color-scheme"]')
        ?.setAttribute("content", choice === "system" ? "light dark" : choice);
      for (const other of links) other.removeAttribute("aria-current");
      link.setAttribute("aria-current", "true");
      document.dispatchEvent(new CustomEvent("theme", { detail: choice }));
    });
  }
}
