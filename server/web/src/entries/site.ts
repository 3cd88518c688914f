/** Every page: the style sheet and its fonts, the search as one types, and the colours. */
import "../../generated/fonts.css";
import "../../../portsmouth_server/static/styles/site.css";
import { suggest } from "../common/search.ts";
import { switchThemes } from "../common/theme.ts";

for (const form of document.querySelectorAll<HTMLFormElement>("form[data-instant]")) suggest(form);
switchThemes();
