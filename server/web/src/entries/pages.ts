/** The style sheet of the pages of things, the treaty, the map and the timeline, and what makes them lively. */
import "../../../portsmouth_server/static/styles/pages.css";
import { retell } from "../pages/glosses.ts";
import { push } from "../pages/pushing.ts";

retell();
push();
