/** Every page: the style sheet and its fonts. */
import "../../generated/fonts.css";
import "../../../portsmouth_server/static/styles/site.css";
